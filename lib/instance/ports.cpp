#include "instance/ports.hpp"

#include "core/log.hpp"
#include "instance/descriptors.hpp"
#include "instance/rendering.hpp"
#include "topology/resolve.hpp"

#include <algorithm>
#include <cerrno>
#include <vector>

namespace keavrf::instance {

Ports::Ports(VrfName vrf, relay::Relay& relay, std::function<double()> random)
    : vrf_(std::move(vrf)), relay_(relay), random_(std::move(random))
{
}

void Ports::update(const topology::Domain& domain, const topology::DesiredInstance& desired)
{
    std::vector<InterfaceIndex> unwanted;
    for (const auto& [index, port] : open_) {
        const auto wanted = desired.ports.find(index);
        if (!desired.serve || wanted == desired.ports.end() || wanted->second.fingerprint != port.fingerprint) {
            unwanted.push_back(index);
        }
    }
    for (const auto index : unwanted) {
        close(index);
    }
    std::erase_if(failed_, [&desired](const auto& entry) { return !desired.ports.contains(entry.first); });
    std::erase_if(away_, [&desired](InterfaceIndex index) { return !desired.ports.contains(index); });
    for (auto& [index, port] : open_) {
        if (const auto* spec = topology::find_port(domain, index)) {
            port.name = spec->name;
            relay_.update_port(port_config(*spec));
        }
    }
}

void Ports::open(const topology::Domain& domain, InterfaceIndex index, const std::string& fingerprint,
                 Clock::time_point now)
{
    const auto* spec = topology::find_port(domain, index);
    if (spec == nullptr || away_.contains(index)) {
        return; // the domain changed under the plan; the next one knows
    }
    if (few_descriptors_left()) {
        const auto none_left = Error::from_errno("port " + spec->name + ": cannot be opened", EMFILE);
        note_failure(index, none_left.message(), now);
        return;
    }
    const auto opened = relay_.open_port(port_config(*spec));
    if (!opened) {
        note_failure(index, opened.error().message(), now);
        return;
    }
    failed_.erase(index);
    topology::ObservedPort port;
    port.name = spec->name;
    port.fingerprint = fingerprint;
    open_[index] = port;
    log::info("port.opened", vrf_, "listening for DHCP clients",
              {{"interface", spec->name}, {"giaddr", spec->giaddr ? spec->giaddr->str() : std::string("none")}});
}

void Ports::close(InterfaceIndex index)
{
    const auto port = open_.find(index);
    if (port == open_.end()) {
        return;
    }
    relay_.close_port(index);
    log::info("port.closed", vrf_, "no longer listening", {{"interface", port->second.name}});
    open_.erase(port);
}

bool Ports::judge(InterfaceIndex index, const std::string& departed)
{
    if (departed.empty()) {
        return away_.erase(index) != 0;
    }
    const bool news = away_.insert(index).second;
    const auto port = open_.find(index);
    if (port == open_.end()) {
        return news;
    }
    const auto dropped = relay_.abandon_port(index);
    log::info("port.departed", vrf_,
              "its interface is this VRF's no longer (" + departed + "): nothing is relayed there",
              {{"interface", port->second.name}, {"dropped", dropped}});
    open_.erase(port);
    return true;
}

void Ports::lost(InterfaceIndex index, const Error& error, Clock::time_point now)
{
    open_.erase(index);
    note_failure(index, error.message(), now);
}

void Ports::note_failure(InterfaceIndex index, const std::string& reason, Clock::time_point now)
{
    auto& failed = failed_[index];
    const bool news = failed.reason != reason;
    failed.reason = reason;
    failed.retry_at = now + failed.backoff.next(std::chrono::milliseconds::zero(), random_());
    if (news) { // once, not at each of the retries that follow
        log::warning("port.failed", vrf_, reason, {{"interface_index", index.value()}});
    }
}

std::string Ports::failure(InterfaceIndex index) const
{
    const auto failed = failed_.find(index);
    return failed != failed_.end() ? failed->second.reason : std::string();
}

std::string Ports::first_failure() const
{
    return failed_.empty() ? std::string() : failed_.begin()->second.reason;
}

void Ports::withhold(topology::DesiredInstance& desired, Clock::time_point now) const
{
    for (const auto& [index, failed] : failed_) {
        if (now < failed.retry_at) {
            desired.ports.erase(index);
        }
    }
    for (const auto index : away_) {
        desired.ports.erase(index);
    }
}

std::optional<Clock::time_point> Ports::next_retry() const
{
    std::optional<Clock::time_point> next;
    for (const auto& [index, failed] : failed_) {
        next = next ? std::min(*next, failed.retry_at) : failed.retry_at;
    }
    return next;
}

} // namespace keavrf::instance
