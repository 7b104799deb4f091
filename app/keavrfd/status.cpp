#include "status.hpp"

#include "relay/drop_reason.hpp"

#include <numeric>

namespace keavrf {

namespace {

void count(const relay::RelayCounters& counters, control::InstanceStatus& status)
{
    for (const auto& [index, port] : counters.ports) {
        status.messages_in += std::accumulate(port.v4.to_server.begin(), port.v4.to_server.end(), std::uint64_t{0});
        status.messages_out += std::accumulate(port.v4.to_client.begin(), port.v4.to_client.end(), std::uint64_t{0});
        status.option82_overflow += port.v4.option82_overflow;
    }
    for (std::size_t at = 0; at < relay::drop_reason_count; ++at) {
        auto drops = counters.uplink_drops.at(at);
        for (const auto& [index, port] : counters.ports) {
            drops += port.v4.drops.at(at);
        }
        if (drops > 0) {
            status.drops[std::string(relay::name(static_cast<relay::DropReason>(at)))] = drops;
        }
    }
}

// A Kea takes its configuration in milliseconds, unless it has many leases, or hangs.
constexpr std::chrono::seconds worth_telling{1};

} // namespace

control::InstanceStatus status_of(const instance::Instance& instance)
{
    control::InstanceStatus status;
    status.vrf = instance.vrf();
    status.state = instance::name_of(instance.machine().state());
    status.since = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - instance.machine().since());
    status.reason = instance.machine().reason();
    const auto& engagement = instance.engagement();
    if (status.reason.empty() && engagement.since() && Clock::now() - *engagement.since() >= worth_telling) {
        const bool tests = engagement.work() == instance::Engagement::Work::test;
        status.reason =
            "its Kea " + std::string(tests ? "tests a" : "takes a new") + " configuration, and requests wait for it";
    }
    status.slot = instance.slot();
    status.network_namespace = instance.namespace_name();
    status.kea = instance.server_pid();
    status.restarts = instance.restarts();
    for (const auto& spec : instance.domain().ports) {
        control::PortStatus port;
        port.interface = spec.name;
        port.index = spec.index;
        port.giaddr = spec.giaddr;
        port.trusted = spec.relay.trusted;
        port.reason = instance.ports().failure(spec.index);
        status.ports.push_back(std::move(port));
    }
    for (const auto& subnet : instance.subnets()) {
        status.subnets.push_back(subnet.str());
    }
    status.warnings = instance.domain().warnings;
    if (!instance.lease_trouble().empty()) {
        status.warnings.push_back(instance.lease_trouble());
    }
    count(instance.relay().counters(), status);
    return status;
}

control::InstanceStatus status_without_slot(const VrfName& vrf)
{
    control::InstanceStatus status;
    status.vrf = vrf;
    status.state = instance::name_of(instance::State::refused);
    status.reason = orchestrator::no_slot;
    return status;
}

std::string summary(const orchestrator::Orchestrator& orchestrator)
{
    std::size_t serving = 0;
    std::size_t wanted = orchestrator.without_slot().size();
    for (const auto& [vrf, instance] : orchestrator.instances()) {
        serving += instance->machine().state() == instance::State::serving ? 1U : 0U;
        wanted += instance->ending() ? 0U : 1U;
    }
    return "serving " + std::to_string(serving) + " of " + std::to_string(wanted) + " VRFs";
}

} // namespace keavrf
