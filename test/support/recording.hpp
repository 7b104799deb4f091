// What keavrfd, and Kea behind it, put on the wire while the tests run, kept for the judge (judge.hpp). What a test's
// client or server sent itself is not kept.
//
// Nothing is read while a test runs: the kernel keeps the frames in the sockets' buffers until the sandbox ends. Of a
// flood the buffers take the beginning.
#pragma once

#include "core/unique_fd.hpp"
#include "support/dhcp_packet.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace keavrf::test {

struct RecordedFrame {
    std::string test;  // the test case it was seen in
    std::string where; // "eth0 behind eth1"
    Bytes bytes;       // from the Ethernet header on
};

// Which of an interface's frames are kept.
enum class Heard {
    incoming, // the other end's alone
    both
};

// UDP in IPv4 on one interface, or on all of a namespace.
class Recording {
public:
    // The namespace is borrowed for the call. An empty interface: all of them, those still to come too.
    Recording(int network_namespace, const std::string& interface, Heard heard, std::string where);

    // What came since. A checksum that the sender leaves to its device (TP_STATUS_CSUMNOTREADY) is none here where the
    // interface leads to Kea; on the way to a client it stands as it is, since a client that reads raw frames would
    // find it wrong.
    [[nodiscard]] std::vector<RecordedFrame> take();
    // Frames that found no room in the buffer.
    [[nodiscard]] std::uint64_t lost();
    void trust_offloaded_checksums() { trusted_ = true; }
    [[nodiscard]] const std::string& where() const noexcept { return where_; }
    [[nodiscard]] bool leads_to_kea() const noexcept { return trusted_; }

private:
    UniqueFd socket_;
    std::string where_;
    bool trusted_ = false;
};

// The recordings of this test program; all of it does nothing until start().
namespace recordings {

void start();
// One of a client's interface, or of an interface (empty: all of a namespace) between the relay and Kea.
void add_client(int network_namespace, const std::string& interface, const std::string& behind);
void add_uplink(int network_namespace, const std::string& interface, Heard heard);
// In this test something else speaks on Kea's side of the links to Kea: what is there is not kept.
void distrust_uplinks();
// At the end of a test: reads and closes them. What has been read before is kept.
void finish();

struct All {
    std::vector<RecordedFrame> frames;
    std::uint64_t lost = 0;
};
All& all();

} // namespace recordings

} // namespace keavrf::test
