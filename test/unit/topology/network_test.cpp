#include "support/generator.hpp"
#include "topology/network.hpp"
#include "unit/topology/host.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using namespace keavrf;
using namespace keavrf::topology;
using netlink::Address;
using netlink::AddressChanged;
using netlink::AddressRemoved;
using netlink::Event;
using netlink::Link;
using netlink::LinkChanged;
using netlink::LinkRemoved;

std::string names_of(const std::vector<const Link*>& links)
{
    std::string text;
    for (const auto* one : links) {
        text += (text.empty() ? "" : " ") + one->name;
    }
    return text;
}

std::string addresses_of(const Network& network, int index)
{
    std::string text;
    for (const auto& one : network.addresses_of(InterfaceIndex{index})) {
        text += (text.empty() ? "" : " ") + one.address.str() + (one.secondary ? "s" : "");
    }
    return text;
}

Network two_vrfs()
{
    Network network;
    network.replace({loopback(), vrf_device(2, "red", 1001), vrf_device(3, "blue", 1002), a_link(4, "eth1", 2),
                     a_link(5, "br0", 3, "bridge"), a_link(6, "eth2", 5), a_link(7, "eth3")},
                    {address(4, "10.0.0.1/24"), address(5, "10.0.0.1/24"), address(7, "192.168.0.1/24")});
    return network;
}

// A host that lives: what is there, and the events of how it came about.
struct History {
    std::map<InterfaceIndex, Link> links;
    std::vector<Address> addresses;
    std::vector<Event> events;

    void change_link(test::Generator& random)
    {
        const int index = static_cast<int>(random.below(6)) + 1;
        auto changed = a_link(index, "if" + std::to_string(random.below(8)), static_cast<int>(random.below(3)));
        if (random.chance(20)) {
            changed = vrf_device(index, changed.name, 1000);
        }
        links[changed.index] = changed;
        events.emplace_back(LinkChanged{changed});
    }

    void remove_link(test::Generator& random)
    {
        const InterfaceIndex index{static_cast<int>(random.below(6)) + 1};
        links.erase(index);
        std::erase_if(addresses, [&](const Address& one) { return one.index == index; });
        events.emplace_back(LinkRemoved{index, "if"});
    }

    static Address any_address(test::Generator& random)
    {
        return address(static_cast<int>(random.below(6)) + 1, "10.0.0." + std::to_string(random.below(4)) + "/24",
                       random.chance(30) ? IFA_F_SECONDARY : 0U);
    }

    void change_address(test::Generator& random)
    {
        const auto changed = any_address(random);
        std::erase_if(addresses, [&](const Address& one) { return one.same_place(changed); });
        addresses.push_back(changed);
        events.emplace_back(AddressChanged{changed});
    }

    void remove_address(test::Generator& random)
    {
        const auto removed = any_address(random);
        std::erase_if(addresses, [&](const Address& one) { return one.same_place(removed); });
        events.emplace_back(AddressRemoved{removed});
    }

    void live(test::Generator& random)
    {
        const auto dice = random.below(10);
        if (dice < 4) {
            change_link(random);
        } else if (dice < 5) {
            remove_link(random);
        } else if (dice < 9) {
            change_address(random);
        } else {
            remove_address(random);
        }
    }

    [[nodiscard]] std::vector<Link> all_links() const
    {
        std::vector<Link> all;
        for (const auto& [index, one] : links) {
            all.push_back(one);
        }
        return all;
    }
};

// Some events lost, some doubled, and the order changed.
std::vector<Event> garbled(const std::vector<Event>& events, test::Generator& random)
{
    std::vector<Event> result;
    for (const auto& event : events) {
        for (auto times = random.below(3); times > 0; --times) {
            result.push_back(event);
        }
    }
    random.shuffle(result);
    return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(network)

BOOST_AUTO_TEST_CASE(knows_members_by_their_master_and_nothing_behind_them)
{
    const auto network = two_vrfs();
    BOOST_TEST(names_of(network.vrfs()) == "red blue");
    BOOST_TEST(names_of(network.members_of(InterfaceIndex{2})) == "eth1");
    BOOST_TEST(names_of(network.members_of(InterfaceIndex{3})) == "br0");
    BOOST_TEST(names_of(network.members_of(InterfaceIndex{5})) == "eth2");
    BOOST_TEST(names_of(network.members_of(InterfaceIndex{99})).empty());
    BOOST_TEST(network.vrf_of(*network.link("eth1"))->name == "red");
    BOOST_TEST(network.vrf_of(*network.link("eth2")) == nullptr);
    BOOST_TEST(network.vrf_of(*network.link("eth3")) == nullptr);
    BOOST_TEST(network.link(InterfaceIndex{7})->name == "eth3");
    BOOST_TEST(network.link("eth9") == nullptr);
    BOOST_TEST(network.link(InterfaceIndex{}) == nullptr);
}

BOOST_AUTO_TEST_CASE(follows_renames_moves_and_removals)
{
    auto network = two_vrfs();
    network.apply(LinkChanged{a_link(4, "lan0", 3)});
    BOOST_TEST(network.link("eth1") == nullptr);
    BOOST_TEST(names_of(network.members_of(InterfaceIndex{2})).empty());
    BOOST_TEST(names_of(network.members_of(InterfaceIndex{3})) == "lan0 br0");
    BOOST_TEST(addresses_of(network, 4) == "10.0.0.1");
    network.apply(LinkRemoved{InterfaceIndex{4}, "lan0"});
    BOOST_TEST(network.link(InterfaceIndex{4}) == nullptr);
    BOOST_TEST(addresses_of(network, 4).empty());
}

BOOST_AUTO_TEST_CASE(keeps_addresses_in_the_kernels_order)
{
    Network network;
    const auto add = [&](std::string_view text, unsigned flags = 0, unsigned scope = RT_SCOPE_UNIVERSE) {
        network.apply(AddressChanged{address(4, text, flags, scope)});
    };
    add("10.0.0.1/24");
    add("10.0.0.2/24", IFA_F_SECONDARY);
    add("10.1.0.1/24");
    add("169.254.1.1/16", 0, RT_SCOPE_LINK);
    add("10.2.0.1/24");
    BOOST_TEST(addresses_of(network, 4) == "10.0.0.1 10.1.0.1 10.2.0.1 10.0.0.2s");
    BOOST_TEST(network.all_addresses_of(InterfaceIndex{4}).size() == 5U);
    network.apply(AddressRemoved{address(4, "10.0.0.1/24")});
    add("10.0.0.2/24"); // promoted
    BOOST_TEST(addresses_of(network, 4) == "10.1.0.1 10.2.0.1 10.0.0.2");
}

BOOST_AUTO_TEST_CASE(tells_addresses_apart_by_their_prefix_length)
{
    Network network;
    network.apply(AddressChanged{address(4, "10.0.0.1/24")});
    network.apply(AddressChanged{address(4, "10.0.0.1/16")});
    BOOST_TEST(addresses_of(network, 4) == "10.0.0.1 10.0.0.1");
    network.apply(AddressRemoved{address(4, "10.0.0.1/24")});
    BOOST_TEST(network.addresses_of(InterfaceIndex{4}).at(0).prefix.str() == "10.0.0.0/16");
}

BOOST_AUTO_TEST_CASE(is_not_harmed_by_events_about_what_it_does_not_know)
{
    Network network;
    network.apply(LinkRemoved{InterfaceIndex{4}, "eth1"});
    network.apply(AddressRemoved{address(4, "10.0.0.1/24")});
    network.apply(LinkChanged{a_link(0, "nothing")});
    network.apply(LinkChanged{a_link(-1, "nothing")});
    auto v6 = address(4, "10.0.0.1/24");
    v6.address = *Ipv6Address::parse("fd00::1");
    network.apply(AddressChanged{v6});
    BOOST_TEST(network.revision() == 0U);
    BOOST_TEST((network == Network{}));
    network.apply(AddressChanged{address(4, "10.0.0.1/24")}); // told before its link
    network.apply(LinkChanged{a_link(4, "eth1")});
    BOOST_TEST(addresses_of(network, 4) == "10.0.0.1");
}

BOOST_AUTO_TEST_CASE(counts_a_revision_only_for_what_matters)
{
    auto network = two_vrfs();
    const auto changes = [&](const Event& event) {
        const auto before = network.revision();
        network.apply(event);
        return network.revision() != before;
    };
    auto eth1 = *network.link("eth1");
    BOOST_TEST(!changes(LinkChanged{eth1}));
    eth1.flags = 0;
    BOOST_TEST(!changes(LinkChanged{eth1}));
    BOOST_TEST(network.link("eth1")->flags == 0U);
    eth1.name = "lan0";
    BOOST_TEST(changes(LinkChanged{eth1}));
    eth1.mtu = 9000;
    BOOST_TEST(changes(LinkChanged{eth1}));
    eth1.address = *LinkAddress::parse("02:00:00:00:00:02");
    BOOST_TEST(changes(LinkChanged{eth1}));
    eth1.master = InterfaceIndex{3};
    BOOST_TEST(changes(LinkChanged{eth1}));
    BOOST_TEST(!changes(AddressChanged{address(4, "10.0.0.1/24", IFA_F_PERMANENT)}));
    BOOST_TEST(changes(AddressChanged{address(4, "10.0.0.1/24", IFA_F_SECONDARY)}));
    BOOST_TEST(changes(AddressChanged{address(4, "10.0.0.2/24")}));
    BOOST_TEST(changes(AddressRemoved{address(4, "10.0.0.2/24")}));
    BOOST_TEST(!changes(AddressRemoved{address(4, "10.0.0.2/24")}));
    BOOST_TEST(changes(LinkRemoved{InterfaceIndex{4}, "lan0"}));
    BOOST_TEST(!changes(LinkRemoved{InterfaceIndex{4}, "lan0"}));
}

BOOST_AUTO_TEST_CASE(shows_the_old_picture_until_a_resync_has_ended)
{
    auto network = two_vrfs();
    const auto before = network.revision();
    BOOST_TEST(network.complete());
    network.begin_resync();
    network.apply(LinkChanged{a_link(9, "new0")});
    BOOST_TEST(network.link("new0") == nullptr);
    BOOST_TEST(network.link("eth1") != nullptr);
    BOOST_TEST(network.revision() == before);
    network.begin_resync(); // interrupted, and begun again
    network.apply(LinkChanged{a_link(10, "new1")});
    network.end_resync();
    BOOST_TEST(network.revision() != before);
    BOOST_TEST(network.links().size() == 1U);
    BOOST_TEST(network.link("new1") != nullptr);
    network.end_resync(); // no resync is under way
    BOOST_TEST(network.links().size() == 1U);
}

BOOST_AUTO_TEST_CASE(counts_no_revision_for_a_resync_that_brings_nothing_new)
{
    auto network = two_vrfs();
    const auto before = network.revision();
    const auto same = two_vrfs();
    network.begin_resync();
    for (const auto& [index, one] : same.links()) {
        network.apply(LinkChanged{one});
    }
    for (const auto& one : {address(4, "10.0.0.1/24"), address(5, "10.0.0.1/24"), address(7, "192.168.0.1/24")}) {
        network.apply(AddressChanged{one});
    }
    network.end_resync();
    BOOST_TEST(network.revision() == before);
}

BOOST_AUTO_TEST_CASE(is_complete_after_the_first_resync_and_that_is_a_revision)
{
    Network network;
    BOOST_TEST(!network.complete());
    network.begin_resync();
    network.end_resync();
    BOOST_TEST(network.complete());
    BOOST_TEST(network.revision() == 1U);
}

BOOST_AUTO_TEST_CASE(equals_the_truth_after_a_resync_whatever_events_came_before)
{
    for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
        test::Generator random(seed);
        History history;
        for (auto steps = random.below(40); steps > 0; --steps) {
            history.live(random);
        }
        Network truth;
        truth.replace(history.all_links(), history.addresses);
        Network network;
        for (const auto& event : garbled(history.events, random)) {
            network.apply(event);
        }
        network.replace(history.all_links(), history.addresses);
        BOOST_TEST_REQUIRE((network == truth), "seed " << seed);
        const auto settled = network.revision();
        network.replace(history.all_links(), history.addresses);
        BOOST_TEST_REQUIRE(network.revision() == settled, "seed " << seed);
    }
}

BOOST_AUTO_TEST_CASE(equals_the_truth_after_all_events_in_their_order_with_some_doubled)
{
    for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
        test::Generator random(seed);
        History history;
        Network network;
        for (auto steps = random.below(40); steps > 0; --steps) {
            history.live(random);
            for (auto times = random.below(3) + 1; times > 0; --times) {
                network.apply(history.events.back());
            }
        }
        for (int index = 1; index <= 6; ++index) {
            const auto found = history.links.find(InterfaceIndex{index});
            const auto* seen = network.link(InterfaceIndex{index});
            BOOST_TEST_REQUIRE((seen != nullptr) == (found != history.links.end()), "seed " << seed);
            BOOST_TEST_REQUIRE((seen == nullptr || *seen == found->second), "seed " << seed);
            const auto own = network.all_addresses_of(InterfaceIndex{index});
            const auto expected = std::count_if(history.addresses.begin(), history.addresses.end(),
                                                [&](const auto& one) { return one.index == InterfaceIndex{index}; });
            BOOST_TEST_REQUIRE(own.size() == static_cast<std::size_t>(expected), "seed " << seed);
        }
    }
}

BOOST_AUTO_TEST_CASE(finds_links_by_name_also_where_two_seem_to_bear_it)
{
    auto network = two_vrfs();
    const auto named = [&network](const char* name) { return names_of(network.links_named(name)); };
    network.apply(LinkChanged{a_link(20, "eth1", 2)}); // the removal of the first was lost
    BOOST_TEST(named("eth1") == "eth1 eth1");
    BOOST_TEST(network.link("eth1")->index.value() == 4);
    network.apply(LinkRemoved{InterfaceIndex{4}, "eth1"});
    BOOST_TEST(network.link("eth1")->index.value() == 20);
    BOOST_TEST(names_of(network.members_of(InterfaceIndex{2})) == "eth1");
    network.apply(LinkChanged{a_link(20, "lan1", 3)});
    BOOST_TEST(named("eth1").empty());
    BOOST_TEST(named("lan1") == "lan1");
    BOOST_TEST(names_of(network.members_of(InterfaceIndex{2})).empty());
}

BOOST_AUTO_TEST_CASE(a_vrf_device_that_becomes_another_kind_of_link_is_none_any_more)
{
    auto network = two_vrfs();
    network.apply(LinkChanged{a_link(2, "red")});
    BOOST_TEST(names_of(network.vrfs()) == "blue");
    network.apply(LinkChanged{vrf_device(2, "red", 1001)});
    BOOST_TEST(names_of(network.vrfs()) == "red blue");
}

BOOST_AUTO_TEST_SUITE_END()
