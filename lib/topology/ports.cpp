#include "topology/ports.hpp"

#include "config/names.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string_view>
#include <utility>

namespace keavrf::topology {

namespace {

using netlink::Link;

bool by_index(const Link* a, const Link* b)
{
    return a->index < b->index;
}

// Patterns in their order. Names are looked up, since both patterns and interfaces may be thousands; globs are tried
// one by one. A name may hold glob characters itself, so the same text always matches.
class Patterns {
public:
    void add(const std::string& pattern)
    {
        by_name_.try_emplace(pattern, count_);
        if (is_glob(pattern)) {
            globs_.emplace_back(count_, pattern);
        } else {
            by_name_.try_emplace(config::unescape_glob(pattern), count_);
        }
        ++count_;
    }

    // The place of the first that matches.
    [[nodiscard]] std::optional<std::size_t> first(const std::string& name) const
    {
        const auto named = by_name_.find(name);
        auto first = named != by_name_.end() ? named->second : count_;
        for (const auto& [at, glob] : globs_) {
            if (at < first && glob_match(glob, name)) {
                first = at;
            }
        }
        return first < count_ ? std::optional(first) : std::nullopt;
    }

    [[nodiscard]] bool has_globs() const noexcept { return !globs_.empty(); }
    // Every text that is a name, a glob's too.
    [[nodiscard]] const std::map<std::string, std::size_t>& by_name() const noexcept { return by_name_; }

private:
    std::size_t count_ = 0;
    std::map<std::string, std::size_t> by_name_;
    std::vector<std::pair<std::size_t, std::string>> globs_;
};

Patterns entries_of(const config::VrfSettings& settings)
{
    Patterns entries;
    for (const auto& interface : settings.interfaces) {
        entries.add(interface.pattern);
    }
    return entries;
}

Patterns exclusions_of(const config::VrfSettings& settings)
{
    Patterns exclusions;
    for (const auto& pattern : settings.excluded_interfaces) {
        exclusions.add(pattern);
    }
    return exclusions;
}

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

using Names = std::set<std::string_view>;

// Of one entry that names an interface exactly: why it chooses nothing; empty where it does, or where the operator
// wanted it so.
std::string why_missing(const config::InterfaceSettings& entry, const Patterns& exclusions, const Network& network,
                        const Link* device, const Names& chosen)
{
    const std::string name = config::unescape_glob(entry.pattern);
    if (chosen.contains(name) || chosen.contains(entry.pattern) || exclusions.first(name)) {
        return {};
    }
    const auto* link = network.link(name);
    if (link == nullptr) {
        return interface_text(name) + " does not exist";
    }
    return device != nullptr ? not_a_member(name, *device) : not_servable(network, *link);
}

void warn_of_missing(const config::VrfSettings& settings, const Network& network, const Link* device, Choices& choices)
{
    const auto exclusions = exclusions_of(settings);
    Names chosen;
    for (const auto& choice : choices.chosen) {
        chosen.insert(choice.link->name);
    }
    for (const auto& entry : settings.interfaces) {
        if (is_glob(entry.pattern)) {
            continue;
        }
        if (auto reason = why_missing(entry, exclusions, network, device, chosen); !reason.empty()) {
            choices.warnings.push_back(std::move(reason));
        }
    }
}

// All that a domain could serve. Without a device and without globs only what is named is looked at: a thousand such
// domains may share a host of thousands of interfaces.
std::vector<const Link*> candidates(const Patterns& entries, const Network& network, const Link* device)
{
    std::vector<const Link*> links;
    if (device != nullptr) {
        links = network.members_of(device->index);
    } else if (entries.has_globs()) {
        for (const auto& [index, link] : network.links()) {
            links.push_back(&link);
        }
    } else {
        for (const auto& [name, at] : entries.by_name()) {
            const auto named = network.links_named(name);
            links.insert(links.end(), named.begin(), named.end());
        }
        std::sort(links.begin(), links.end(), by_index);
    }
    std::erase_if(links, [device](const Link* link) { return !is_candidate(*link, device); });
    return links;
}

void choose_named(const config::VrfSettings& settings, const Network& network, const Link* device, Choices& choices)
{
    const auto entries = entries_of(settings);
    const auto exclusions = exclusions_of(settings);
    for (const auto* link : candidates(entries, network, device)) {
        const auto at = entries.first(link->name);
        if ((!at && !settings.automatic_interfaces) || exclusions.first(link->name)) {
            continue;
        }
        const auto* entry = at ? &settings.interfaces[*at] : nullptr;
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

bool is_candidate(const Link& link, const Link* device)
{
    const bool here = device != nullptr ? link.master == device->index : !link.master && !link.is_vrf();
    return here && !link.loopback();
}

bool chooses(const config::VrfSettings& settings, const std::string& name)
{
    const bool wanted = settings.automatic_interfaces || entries_of(settings).first(name);
    return wanted && !exclusions_of(settings).first(name);
}

Choices choose(const config::VrfSettings& settings, const Network& network, const Link* device)
{
    Choices choices;
    if (device == nullptr && settings.automatic_interfaces) {
        choices.warnings.emplace_back("`interfaces: auto` needs a VRF device: a domain with `device: none` names its "
                                      "interfaces");
        return choices;
    }
    choose_named(settings, network, device, choices);
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

std::vector<const Link*> links_around(const Network& network, const Link* device)
{
    std::vector<const Link*> links;
    if (device != nullptr) {
        links = network.members_of(device->index);
        links.push_back(device);
        std::sort(links.begin(), links.end(), by_index);
        return links;
    }
    for (const auto& [index, link] : network.links()) {
        if (in_no_vrf(network, link)) {
            links.push_back(&link);
        }
    }
    return links;
}

std::vector<Ipv4Address> own_addresses(const Network& network, const Link* device)
{
    std::vector<Ipv4Address> own;
    for (const auto* link : links_around(network, device)) {
        const auto addresses = network.all_addresses_of(link->index);
        own.insert(own.end(), addresses.begin(), addresses.end());
    }
    std::sort(own.begin(), own.end());
    own.erase(std::unique(own.begin(), own.end()), own.end());
    return own;
}

} // namespace keavrf::topology
