// tools/bench relay --judge: the packets that the bench measures with, each where it arrives, judged by tshark as those
// of the tests are (support/judge.hpp). Where they leave they cannot all be seen: who sends past the queues
// (PACKET_QDISC_BYPASS) sends past all who listen there too. Nothing is timed here: recording takes time itself.
#pragma once

#include "options.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace keavrf::bench {

// One contestant's packets.
struct Judged {
    std::string name;
    std::uint64_t exchanges = 0; // done
    std::uint64_t lost = 0;      // of them, by the relay or the machine
    std::size_t from_clients = 0;
    std::size_t to_server = 0;
    std::size_t from_server = 0;
    std::size_t to_clients = 0;
    std::size_t warnings = 0;

    [[nodiscard]] std::size_t packets() const noexcept { return from_clients + to_server + from_server + to_clients; }
};

// A thousand exchanges a second for --seconds, then batches. Each finding, a packet that the recording lost, an
// interface on which none was seen, and a contestant that answers nobody is an error of the run.
std::vector<Judged> judge_contestants(const Options& options);
// Ends with "judged: N packets, M warnings".
std::string judged_table(const std::vector<Judged>& all);

} // namespace keavrf::bench
