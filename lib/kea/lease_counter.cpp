#include "kea/lease_counter.hpp"

#include "core/task_group.hpp"
#include "kea/control_channel.hpp"
#include "kea/statistics.hpp"

#include <algorithm>
#include <cerrno>

namespace keavrf::kea {

LeaseCounter::LeaseCounter(asio::any_io_executor executor, Limits limits)
    : executor_(std::move(executor)), limits_(limits), turns_(executor_, limits.at_once)
{
}

// `tally` is the caller's, who joins this task.
asio::awaitable<void> LeaseCounter::count_one(VrfName vrf, std::string socket, Clock::time_point end, Tally* tally)
{
    const auto turn = co_await turns_.async_acquire();
    const auto left = end - Clock::now();
    if (left <= Clock::duration::zero()) {
        co_return;
    }
    silent_.insert(vrf);
    const ControlChannel channel(std::move(socket));
    boost::json::object no_arguments;
    const auto reply =
        co_await channel.async_command("statistic-get-all", std::move(no_arguments), std::min(limits_.each, left));
    const auto leases = reply ? assigned_addresses(*reply) : std::nullopt;
    if (leases) {
        tally->counts[vrf] = *leases;
        silent_.erase(vrf);
    } else if (!reply && reply.error().is(ETIMEDOUT) && left >= limits_.each) {
        tally->silent.insert(vrf);
    }
}

// Turns are taken in the order in which they were asked for.
asio::awaitable<LeaseCounts> LeaseCounter::async_count(std::map<VrfName, std::string> sockets,
                                                       std::set<VrfName>* silent)
{
    std::erase_if(silent_, [&sockets](const VrfName& vrf) { return !sockets.contains(vrf); });
    const auto end = Clock::now() + limits_.all;
    Tally tally;
    const auto last = silent_; // changes while they are asked
    TaskGroup tasks(executor_);
    for (const bool behind : {false, true}) {
        for (const auto& [vrf, socket] : sockets) {
            if (last.contains(vrf) == behind) {
                tasks.spawn("leases of " + vrf.str(), count_one(vrf, socket, end, &tally));
            }
        }
    }
    co_await tasks.async_join();
    if (silent != nullptr) {
        *silent = std::move(tally.silent);
    }
    co_return std::move(tally.counts);
}

} // namespace keavrf::kea
