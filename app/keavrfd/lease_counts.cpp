#include "lease_counts.hpp"

#include "core/task_group.hpp"
#include "instance/rendering.hpp"
#include "kea/control_channel.hpp"
#include "kea/statistics.hpp"

#include <string>

namespace keavrf {

namespace {

constexpr std::chrono::seconds limit{2};

// `counts` is the caller's, who joins this task.
asio::awaitable<void> count_leases(VrfName vrf, std::string socket, LeaseCounts& counts)
{
    const kea::ControlChannel channel(std::move(socket));
    boost::json::object no_arguments;
    const auto reply = co_await channel.async_command("statistic-get-all", std::move(no_arguments), limit);
    if (!reply) {
        co_return;
    }
    if (const auto leases = kea::assigned_addresses(*reply)) {
        counts[vrf] = *leases;
    }
}

} // namespace

asio::awaitable<LeaseCounts> async_count_leases(const orchestrator::Orchestrator& orchestrator)
{
    LeaseCounts counts;
    const auto executor = co_await asio::this_coro::executor;
    TaskGroup tasks(executor);
    for (const auto& [vrf, instance] : orchestrator.instances()) {
        if (instance->server_pid().value() > 0) {
            auto socket = instance::server_paths(vrf, *orchestrator.settings()).control_socket;
            tasks.spawn("leases of " + vrf.str(), count_leases(vrf, std::move(socket), counts));
        }
    }
    co_await tasks.async_join();
    co_return counts;
}

} // namespace keavrf
