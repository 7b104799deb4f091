// How many leases each of many Keas holds, by its own word.
//
// What a Kea answers may take 16 MiB while it is read (reply_budget.hpp), and one that was taken over makes it so: so
// only some are asked at the same time, whoever wants to know, and all of it takes no longer than its limit. Those that
// gave no answer the last time are asked after the others, so that they keep nobody from being counted.
#pragma once

#include "core/asio.hpp"
#include "core/semaphore.hpp"
#include "core/types.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace keavrf::kea {

using LeaseCounts = std::map<VrfName, std::uint64_t>;

class LeaseCounter {
public:
    struct Limits {
        std::size_t at_once = 8;
        Clock::duration each = std::chrono::seconds(2);
        Clock::duration all = std::chrono::seconds(10);
    };
    // It outlives whoever counts.
    LeaseCounter(asio::any_io_executor executor, Limits limits);

    // By the control sockets of those that run. Who does not answer in time, is not asked in time, or gives no count is
    // not in the answer. May run side by side with another. Throws operation_aborted when cancelled.
    // `silent`, unless null: the caller's, and gets the names of those that were asked, had all their time, and said
    // nothing.
    asio::awaitable<LeaseCounts> async_count(std::map<VrfName, std::string> sockets,
                                             std::set<VrfName>* silent = nullptr);

private:
    struct Tally {
        LeaseCounts counts;
        std::set<VrfName> silent;
    };
    asio::awaitable<void> count_one(VrfName vrf, std::string socket, Clock::time_point end, Tally* tally);

    asio::any_io_executor executor_;
    Limits limits_;
    Semaphore turns_;
    std::set<VrfName> silent_; // the last time they were asked
};

} // namespace keavrf::kea
