// What the host's links and addresses tell, and what of it cannot wait for the next reconcile.
#include "orchestrator/orchestrator.hpp"

#include <optional>
#include <variant>

namespace keavrf::orchestrator {

namespace {

std::optional<InterfaceIndex> link_of(const netlink::Event& event)
{
    if (const auto* changed = std::get_if<netlink::LinkChanged>(&event)) {
        return changed->link.index;
    }
    const auto* removed = std::get_if<netlink::LinkRemoved>(&event);
    return removed != nullptr ? std::optional(removed->index) : std::nullopt;
}

} // namespace

void Orchestrator::begin_resync()
{
    network_.begin_resync();
}

void Orchestrator::event(const netlink::Event& event)
{
    const auto before = network_.revision();
    network_.apply(event);
    const auto link = link_of(event);
    if (link && network_.revision() != before) {
        judge(port_owners_.judge(network_, wanted_, *link));
    }
    if (network_.revision() != seen_revision_) {
        changed_.notify();
    }
}

void Orchestrator::end_resync()
{
    network_.end_resync();
    for (const auto& [vrf, domain] : wanted_) {
        judge(topology::judge_ports(network_, domain));
    }
    changed_.notify();
}

void Orchestrator::judge(const std::vector<topology::PortVerdict>& verdicts)
{
    for (const auto& verdict : verdicts) {
        auto* instance = find(verdict.vrf);
        if (instance != nullptr && !instance->ending()) {
            instance->judge_port(verdict);
        }
    }
}

} // namespace keavrf::orchestrator
