#include "topology/ports.hpp"

#include "config/names.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <string_view>

namespace keavrf::topology {

namespace {

using netlink::Link;

// A name may hold glob characters itself, so the same text always matches.
bool matches(const std::string& pattern, const std::string& name)
{
    return pattern == name || glob_match(pattern, name);
}

bool excluded(const config::VrfSettings& settings, const std::string& name)
{
    return std::any_of(settings.excluded_interfaces.begin(), settings.excluded_interfaces.end(),
                       [&](const std::string& pattern) { return matches(pattern, name); });
}

// Finds the entry of an interface: the first that matches its name. Names are looked up, since both entries and
// interfaces may be thousands; globs are tried one by one.
class Entries {
public:
    explicit Entries(const std::vector<config::InterfaceSettings>& entries) : entries_(entries)
    {
        for (std::size_t at = 0; at < entries.size(); ++at) {
            by_name_.try_emplace(entries[at].pattern, at);
            if (is_glob(entries[at].pattern)) {
                globs_.push_back(at);
            } else {
                by_name_.try_emplace(config::unescape_glob(entries[at].pattern), at);
            }
        }
    }

    [[nodiscard]] const config::InterfaceSettings* find(const std::string& name) const
    {
        const auto named = by_name_.find(name);
        auto first = named != by_name_.end() ? named->second : entries_.size();
        for (const auto at : globs_) {
            if (at < first && glob_match(entries_[at].pattern, name)) {
                first = at;
            }
        }
        return first < entries_.size() ? &entries_[first] : nullptr;
    }

private:
    const std::vector<config::InterfaceSettings>& entries_;
    std::map<std::string, std::size_t> by_name_;
    std::vector<std::size_t> globs_;
};

bool names_exactly(const config::InterfaceSettings& settings, const std::string& name)
{
    return settings.pattern == name || !is_glob(settings.pattern);
}

// Neither a VRF device nor in a VRF: its packets are routed by the host's own tables.
bool in_no_vrf(const Network& network, const Link& link)
{
    return !link.is_vrf() && network.vrf_of(link) == nullptr;
}

std::string not_a_member(const std::string& name, const Link& device)
{
    return interface_text(name) + " is not a member of VRF " + device.name + " (ip link set " + name + " master " +
           device.name + ")";
}

// Why an interface that exists is none that a `device: none` domain can serve.
std::string not_servable(const Network& network, const Link& link)
{
    const std::string interface = interface_text(link.name);
    if (link.is_vrf()) {
        return interface + " is a VRF device, and the domain is one with `device: none`";
    }
    if (const auto* vrf = network.vrf_of(link)) {
        return interface + " is a member of VRF " + vrf->name + ", and the domain is one with `device: none`";
    }
    if (link.loopback()) {
        return interface + " is the loopback interface, where no client can be";
    }
    const auto* master = link.master ? network.link(*link.master) : nullptr;
    return interface + " is enslaved to " + (master != nullptr ? master->name : "another interface") +
           ", which hears its packets (name that one instead)";
}

using Names = std::map<std::string_view, const Link*>;

// Of one entry that names an interface exactly: why it chooses nothing; empty where it does, or where the operator
// wanted it so.
std::string why_missing(const config::InterfaceSettings& entry, const config::VrfSettings& settings,
                        const Network& network, const Link* device, const Names& chosen, const Names& all)
{
    const std::string name = config::unescape_glob(entry.pattern);
    if (chosen.contains(name) || chosen.contains(entry.pattern) || excluded(settings, name)) {
        return {};
    }
    const auto found = all.find(name);
    if (found == all.end()) {
        return interface_text(name) + " does not exist";
    }
    const auto* link = found->second;
    return device != nullptr ? not_a_member(name, *device) : not_servable(network, *link);
}

void warn_of_missing(const config::VrfSettings& settings, const Network& network, const Link* device, Choices& choices)
{
    if (settings.interfaces.empty()) {
        return;
    }
    Names chosen;
    for (const auto& choice : choices.chosen) {
        chosen.emplace(choice.link->name, choice.link);
    }
    Names all;
    for (const auto& [index, link] : network.links()) {
        all.try_emplace(link.name, &link);
    }
    for (const auto& entry : settings.interfaces) {
        if (is_glob(entry.pattern)) {
            continue;
        }
        if (auto reason = why_missing(entry, settings, network, device, chosen, all); !reason.empty()) {
            choices.warnings.push_back(std::move(reason));
        }
    }
}

void choose_named(const config::VrfSettings& settings, const std::vector<const Link*>& links, Choices& choices)
{
    const Entries entries(settings.interfaces);
    for (const auto* link : links) {
        const auto* entry = entries.find(link->name);
        if ((entry == nullptr && !settings.automatic_interfaces) || excluded(settings, link->name)) {
            continue;
        }
        choices.chosen.push_back({link, entry, entry != nullptr && names_exactly(*entry, link->name)});
    }
}

struct Owner {
    std::size_t domain = 0; // its place in the configuration's order
    bool by_name = false;
};

// Which of the domains keeps each interface.
std::map<InterfaceIndex, Owner> owners_of(const std::vector<std::pair<VrfName, Choices*>>& in_order)
{
    std::map<InterfaceIndex, Owner> owners;
    for (std::size_t domain = 0; domain < in_order.size(); ++domain) {
        for (const auto& choice : in_order[domain].second->chosen) {
            const auto [owner, is_new] = owners.try_emplace(choice.link->index, Owner{domain, choice.by_name});
            if (!is_new && choice.by_name && !owner->second.by_name) {
                owner->second = {domain, true};
            }
        }
    }
    return owners;
}

} // namespace

std::string interface_text(const std::string& name)
{
    return "interface " + name;
}

std::vector<const Link*> candidates(const Network& network, const Link* device)
{
    std::vector<const Link*> links;
    if (device != nullptr) {
        links = network.members_of(device->index);
    } else {
        for (const auto& [index, link] : network.links()) {
            if (!link.master && !link.is_vrf()) {
                links.push_back(&link);
            }
        }
    }
    std::erase_if(links, [](const Link* link) { return link->loopback(); });
    return links;
}

Choices choose(const config::VrfSettings& settings, const Network& network, const Link* device)
{
    Choices choices;
    if (device == nullptr && settings.automatic_interfaces) {
        choices.warnings.emplace_back("`interfaces: auto` needs a VRF device: a domain with `device: none` names its "
                                      "interfaces");
        return choices;
    }
    choose_named(settings, candidates(network, device), choices);
    warn_of_missing(settings, network, device, choices);
    return choices;
}

void settle_contests(const std::vector<std::pair<VrfName, Choices*>>& in_order)
{
    const auto owners = owners_of(in_order);
    for (std::size_t domain = 0; domain < in_order.size(); ++domain) {
        auto& choices = *in_order[domain].second;
        for (const auto& choice : choices.chosen) {
            if (const auto& owner = owners.at(choice.link->index); owner.domain != domain) {
                choices.warnings.push_back(
                    interface_text(choice.link->name) + " is served by " + in_order[owner.domain].first.str() +
                    ", which " +
                    (owner.by_name && !choice.by_name ? "names it exactly" : "comes first in the configuration"));
            }
        }
        std::erase_if(choices.chosen,
                      [&](const Choice& choice) { return owners.at(choice.link->index).domain != domain; });
    }
}

std::vector<Ipv4Address> own_addresses(const Network& network, const Link* device)
{
    std::vector<Ipv4Address> own;
    for (const auto& [index, link] : network.links()) {
        const bool here =
            device != nullptr ? index == device->index || link.master == device->index : in_no_vrf(network, link);
        if (here) {
            const auto addresses = network.all_addresses_of(index);
            own.insert(own.end(), addresses.begin(), addresses.end());
        }
    }
    std::sort(own.begin(), own.end());
    own.erase(std::unique(own.begin(), own.end()), own.end());
    return own;
}

} // namespace keavrf::topology
