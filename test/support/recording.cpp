#include "support/recording.hpp"

#include "netns/scoped_enter.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

namespace keavrf::test {

namespace {

constexpr int buffer_size = 16 << 20;

// IPv4 that carries UDP, fragments included.
constexpr std::array<sock_filter, 6> udp_alone{{
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_IP, 0, 3),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, 0x40000),
    BPF_STMT(BPF_RET | BPF_K, 0),
}};

template <class Value>
void set(int socket, int level, int option, const Value& value)
{
    BOOST_REQUIRE_MESSAGE(::setsockopt(socket, level, option, &value, sizeof value) == 0,
                          "socket option " << option << ": " << std::strerror(errno));
}

UniqueFd open_socket(const std::string& interface, Heard heard)
{
    // Without a protocol nothing arrives until it is bound, filter and all.
    UniqueFd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    BOOST_REQUIRE(socket.valid());
    auto code = udp_alone;
    set(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, sock_fprog{code.size(), code.data()});
    set(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, buffer_size);
    set(socket.get(), SOL_PACKET, PACKET_AUXDATA, 1);
    if (heard == Heard::incoming) {
        set(socket.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
    }
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    if (!interface.empty()) {
        address.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
        BOOST_REQUIRE_MESSAGE(address.sll_ifindex > 0, "no interface " << interface);
    }
    BOOST_REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return socket;
}

// Of Boost.Test's tree, "relay4/a_nak_is_broadcast".
std::string current_test()
{
    const auto id = boost::unit_test::framework::current_test_case_id();
    return id == boost::unit_test::INV_TEST_UNIT_ID ? std::string()
                                                    : boost::unit_test::framework::current_test_case().full_name();
}

bool checksum_left_to_device(msghdr& header)
{
    for (auto* control = CMSG_FIRSTHDR(&header); control != nullptr; control = CMSG_NXTHDR(&header, control)) {
        if (control->cmsg_level == SOL_PACKET && control->cmsg_type == PACKET_AUXDATA) {
            tpacket_auxdata auxiliary{};
            std::memcpy(&auxiliary, CMSG_DATA(control), sizeof auxiliary);
            return (auxiliary.tp_status & TP_STATUS_CSUMNOTREADY) != 0;
        }
    }
    return false;
}

// RFC 768: zero means that the sender made none. Behind an IPv4 header of any length.
void remove_udp_checksum(Bytes& frame)
{
    const std::size_t at = ETH_HLEN + std::size_t{4} * (frame.at(ETH_HLEN) & 0x0fU) + 6;
    frame.at(at) = 0;
    frame.at(at + 1) = 0;
}

} // namespace

Recording::Recording(int network_namespace, const std::string& interface, Heard heard, std::string where)
    : where_(std::move(where))
{
    auto socket = netns::run_in(network_namespace, [&] { return open_socket(interface, heard); });
    BOOST_REQUIRE(socket.has_value());
    socket_ = std::move(*socket);
}

std::vector<RecordedFrame> Recording::take()
{
    std::vector<RecordedFrame> taken;
    Bytes buffer(1U << 18U);
    alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(tpacket_auxdata))> control{};
    bool again = true; // an interface that went down, or away, says so once; what it heard before is still there
    while (true) {
        iovec part{buffer.data(), buffer.size()};
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        const auto size = ::recvmsg(socket_.get(), &header, 0);
        if (size < 0) {
            if (std::exchange(again, false) && errno != EAGAIN) {
                continue;
            }
            return taken;
        }
        RecordedFrame frame{current_test(), where_, Bytes(buffer.begin(), buffer.begin() + size)};
        if (trusted_ && checksum_left_to_device(header)) {
            remove_udp_checksum(frame.bytes);
        }
        taken.push_back(std::move(frame));
    }
}

std::uint64_t Recording::lost()
{
    tpacket_stats statistics{};
    socklen_t size = sizeof statistics;
    BOOST_REQUIRE(::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &statistics, &size) == 0);
    return statistics.tp_drops;
}

namespace recordings {

namespace {

struct State {
    bool on = false;
    bool uplinks_distrusted = false;
    std::vector<Recording> open;
    std::set<std::pair<ino_t, std::string>> known; // namespace and interface
    All all;
};

State& state()
{
    static State state;
    return state;
}

// False where it is off, or where this is recorded already.
bool wanted(int network_namespace, const std::string& interface)
{
    struct stat status {};
    return state().on && ::fstat(network_namespace, &status) == 0 &&
           state().known.emplace(status.st_ino, interface).second;
}

} // namespace

void start()
{
    state().on = true;
}

void add_client(int network_namespace, const std::string& interface, const std::string& behind)
{
    if (wanted(network_namespace, interface)) {
        state().open.emplace_back(network_namespace, interface, Heard::incoming, interface + " behind " + behind);
    }
}

void add_uplink(int network_namespace, const std::string& interface, Heard heard)
{
    if (wanted(network_namespace, interface)) {
        state().open.emplace_back(network_namespace, interface, heard, "the link to Kea");
        state().open.back().trust_offloaded_checksums();
    }
}

void distrust_uplinks()
{
    state().uplinks_distrusted = true;
}

void finish()
{
    for (auto& recording : state().open) {
        if (recording.leads_to_kea() && state().uplinks_distrusted) {
            continue;
        }
        auto taken = recording.take();
        state().all.lost += recording.lost();
        for (auto& frame : taken) {
            state().all.frames.push_back(std::move(frame));
        }
    }
    state().open.clear();
    state().known.clear();
    state().uplinks_distrusted = false;
}

All& all()
{
    return state().all;
}

} // namespace recordings

} // namespace keavrf::test
