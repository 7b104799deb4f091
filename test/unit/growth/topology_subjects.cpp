#include "topology/network.hpp"
#include "topology/resolve.hpp"
#include "unit/growth/subject.hpp"
#include "unit/topology/resolve_lab.hpp"

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace keavrf::growth {

namespace {

using namespace topology;
using namespace topology::resolve_lab;

std::string subnet(int at)
{
    return "10." + std::to_string(at / 250) + '.' + std::to_string(at % 250) + ".1/24";
}

std::string giaddr(int at)
{
    const auto text = subnet(at);
    return text.substr(0, text.find('/'));
}

// m0, m1, ... with an address each; `master` gives each its master's index, 0 for none.
struct Host {
    std::vector<netlink::Link> links{loopback()};
    std::vector<netlink::Address> addresses;

    void add_members(int count, int (*master)(int at))
    {
        for (int at = 0; at < count; ++at) {
            links.push_back(a_link(100'000 + at, "m" + std::to_string(at), master(at)));
            addresses.push_back(address(100'000 + at, subnet(at)));
        }
    }
    void add_vrfs(int count)
    {
        for (int at = 0; at < count; ++at) {
            links.push_back(vrf_device(10 + at, "red" + std::to_string(at), 1000U + static_cast<unsigned>(at)));
        }
    }
    [[nodiscard]] Network network() const
    {
        Network made;
        made.replace(links, addresses);
        return made;
    }
};

int in_no_vrf(int /*at*/)
{
    return 0;
}

int in_one_vrf(int /*at*/)
{
    return 10;
}

int in_their_own(int at)
{
    return 10 + at;
}

// Resolved as it is while keavrfd runs: with what was remembered before.
Work resolving(config::Settings settings, const Host& host, std::size_t ports)
{
    const auto kept = std::make_shared<config::Settings>(std::move(settings));
    const auto network = std::make_shared<Network>(host.network());
    const auto memory = std::make_shared<Memory>(resolve(*kept, *network, {}, start).memory);
    return [kept, network, memory, ports] {
        const auto resolution = resolve(*kept, *network, *memory, start);
        std::size_t found = 0;
        for (const auto& [name, domain] : resolution.domains) {
            found += domain.ports.size();
        }
        if (found != ports) {
            std::abort();
        }
    };
}

Host host_of_one_vrf(int count)
{
    Host host;
    host.add_vrfs(1);
    host.add_members(count, in_one_vrf);
    return host;
}

Work members_of_one_vrf(int count)
{
    return resolving(settings({entry("red*")}), host_of_one_vrf(count), static_cast<std::size_t>(count));
}

Work members_with_exclusions(int count)
{
    std::vector<std::string> all{"m*"};
    for (int at = 0; at < count; ++at) {
        all.push_back("!m" + std::to_string(at));
    }
    return resolving(settings({entry_with("red*", all)}), host_of_one_vrf(count), 0);
}

Work interfaces_by_name(int count)
{
    std::vector<std::string> names;
    for (int at = 0; at < count; ++at) {
        names.push_back("m" + std::to_string(at));
    }
    Host host;
    host.add_members(count, in_no_vrf);
    return resolving(settings({without_device(entry_with("red", names))}), host, static_cast<std::size_t>(count));
}

// All configured giaddrs vanish at once: each is looked for among what was there.
Work vanished_giaddrs(int count)
{
    std::vector<std::string> names;
    for (int at = 0; at < count; ++at) {
        names.push_back("m" + std::to_string(at) + '=' + giaddr(at));
    }
    auto host = host_of_one_vrf(count);
    const auto kept = std::make_shared<config::Settings>(settings({entry_with("red0", names)}));
    const auto memory = std::make_shared<Memory>(resolve(*kept, host.network(), {}, start).memory);
    host.addresses.clear();
    const auto network = std::make_shared<Network>(host.network());
    return [=] {
        if (resolve(*kept, *network, *memory, start).domains.at(VrfName("red0")).ports.size() !=
            memory->begin()->second.size()) {
            std::abort();
        }
    };
}

Work vrfs_by_name(int count)
{
    std::vector<Entry> entries;
    for (int at = 0; at < count; ++at) {
        entries.push_back(entry("red" + std::to_string(at)));
    }
    Host host;
    host.add_vrfs(count);
    host.add_members(count, in_their_own);
    return resolving(settings(entries), host, static_cast<std::size_t>(count));
}

Work vrfs_that_name_members(int count)
{
    std::vector<Entry> entries;
    for (int at = 0; at < count; ++at) {
        entries.push_back(entry_with("red" + std::to_string(at), {"m" + std::to_string(at), "missing"}));
    }
    Host host;
    host.add_vrfs(count);
    host.add_members(count, in_their_own);
    return resolving(settings(entries), host, static_cast<std::size_t>(count));
}

Work network_of_vrfs(int count)
{
    const auto host = std::make_shared<Host>();
    host->add_vrfs(count);
    host->add_members(count, in_their_own);
    return [host] {
        auto network = host->network();
        for (const auto& link : host->links) {
            network.apply(netlink::LinkRemoved{link.index, link.name});
        }
        if (!network.links().empty()) {
            std::abort();
        }
    };
}

Work warnings(int count)
{
    const auto before = std::make_shared<std::vector<std::string>>();
    for (int at = 0; at < count; ++at) {
        before->push_back("interface m" + std::to_string(at) + " does not exist");
    }
    return [before] {
        if (!news_among(*before, *before).empty()) {
            std::abort();
        }
    };
}

} // namespace

std::vector<Subject> topology_subjects()
{
    return {{"the members of one VRF", members_of_one_vrf},
            {"members of which each is excluded by name", members_with_exclusions},
            {"interfaces that a domain without a device names", interfaces_by_name},
            {"giaddrs that vanish together", vanished_giaddrs},
            {"VRFs of one member each", vrfs_by_name},
            {"VRFs that name their member", vrfs_that_name_members},
            {"links that appear and go", network_of_vrfs},
            {"warnings that have been told", warnings}};
}

} // namespace keavrf::growth
