#include "topology/plan.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <set>
#include <string>
#include <vector>

namespace {

using namespace keavrf;
using namespace keavrf::topology;

const VrfName red{"red"};
const VrfName blue{"blue"};
const Slot free_slot{7};

std::string in_words(const Plan& plan)
{
    std::string text;
    for (const auto& action : plan) {
        text += (text.empty() ? "" : "; ") + describe(action);
    }
    return text;
}

DesiredInstance served(std::string hash = "h1")
{
    return {true, {{InterfaceIndex{5}, {"eth1", "f1"}}, {InterfaceIndex{6}, {"eth2", "f2"}}}, std::move(hash)};
}

// Exactly what served() asks for, in slot 3, with the relay's end at index 40.
ObservedInstance in_order()
{
    ObservedInstance instance;
    instance.slot = Slot{3};
    instance.record = true;
    instance.name_space = Ownership::ours;
    instance.pair = PairState::ready;
    instance.pair_index = InterfaceIndex{40};
    instance.uplink = InterfaceIndex{40};
    instance.ports = {{InterfaceIndex{5}, {"eth1", "f1", false}}, {InterfaceIndex{6}, {"eth2", "f2", false}}};
    instance.server = ObservedServer{ProcessId{99}, Ownership::ours, "h1"};
    return instance;
}

ObservedInstance with(void (*change)(ObservedInstance&))
{
    auto instance = in_order();
    change(instance);
    return instance;
}

struct Case {
    std::string name;
    DesiredInstance desired;
    ObservedInstance observed;
    std::string plan;
};

std::ostream& operator<<(std::ostream& out, const Case& one)
{
    return out << one.name;
}

const std::string everything = "create-namespace vrf=red slot=7; create-pair vrf=red slot=7; "
                               "open-uplink vrf=red interface=0; open-port vrf=red interface=5; "
                               "open-port vrf=red interface=6; start-server vrf=red";
const std::string ports_close = "close-port vrf=red interface=5; close-port vrf=red interface=6; ";
const std::string foreign_reason =
    "reason=\"a namespace of that name exists and is not keavrfd's: it is left alone (remove it with `ip netns "
    "delete`, or set another netns-prefix)\"";

const std::vector<Case> instance_cases{
    {"builds all from nothing", served(), {}, everything},
    {"does nothing else while it is not known whose it is", served(), with([](auto& seen) {
         seen.unsettled = true;
         seen.name_space = Ownership::foreign;
     }),
     "take-over vrf=red"},
    {"undoes nothing either before that is known", DesiredInstance{}, with([](auto& seen) { seen.unsettled = true; }),
     "take-over vrf=red"},
    {"leaves alone what is in order", served(), in_order(), ""},
    {"undoes all in reverse order when not to be served", DesiredInstance{}, in_order(),
     ports_close + "stop-server vrf=red pid=99; close-uplink vrf=red; remove-pair vrf=red; remove-namespace vrf=red; "
                   "forget-record vrf=red"},
    {"does nothing where nothing is wanted and nothing is there", DesiredInstance{}, {}, ""},
    {"reloads a server that runs another configuration", served("h2"), in_order(), "reload-server vrf=red pid=99"},
    {"starts a server that has died", served(), with([](auto& seen) { seen.server->process = Ownership::absent; }),
     "forget-server vrf=red pid=99; start-server vrf=red"},
    {"never signals a process that is not ours", served(),
     with([](auto& seen) { seen.server->process = Ownership::foreign; }),
     "forget-server vrf=red pid=99; start-server vrf=red"},
    {"forgets a process that is not ours when not to be served", DesiredInstance{},
     with([](auto& seen) { seen.server->process = Ownership::foreign; }),
     "forget-server vrf=red pid=99; " + ports_close +
         "close-uplink vrf=red; remove-pair vrf=red; remove-namespace vrf=red; forget-record vrf=red"},
    {"starts a server where there is none", served(), with([](auto& seen) { seen.server.reset(); }),
     "start-server vrf=red"},
    {"rebuilds a broken pair and the server that sat on it", served(),
     with([](auto& seen) { seen.pair = PairState::broken; }),
     "stop-server vrf=red pid=99; close-uplink vrf=red; remove-pair vrf=red; create-pair vrf=red slot=3; "
     "open-uplink vrf=red interface=0; start-server vrf=red"},
    {"mends a damaged pair in place, and restarts nothing", served(),
     with([](auto& seen) { seen.pair = PairState::damaged; }), "repair-pair vrf=red slot=3"},
    {"mends before it reloads", served("h2"), with([](auto& seen) { seen.pair = PairState::damaged; }),
     "repair-pair vrf=red slot=3; reload-server vrf=red pid=99"},
    {"gives a name back that was taken away", served(), with([](auto& seen) { seen.named = false; }),
     "name-namespace vrf=red"},
    {"writes a record again that was removed", served(), with([](auto& seen) { seen.record = false; }),
     "write-record vrf=red"},
    {"replaces a server that is no good", served(), with([](auto& seen) { seen.server->in_order = false; }),
     "stop-server vrf=red pid=99; start-server vrf=red"},
    {"rebuilds a pair that is gone", served(), with([](auto& seen) { seen.pair = PairState::absent; }),
     "stop-server vrf=red pid=99; close-uplink vrf=red; create-pair vrf=red slot=3; "
     "open-uplink vrf=red interface=0; start-server vrf=red"},
    {"rebuilds a namespace that is gone, in the slot on record", served(),
     with([](auto& seen) { seen.name_space = Ownership::absent; }),
     "stop-server vrf=red pid=99; close-uplink vrf=red; remove-pair vrf=red; create-namespace vrf=red slot=3; "
     "create-pair vrf=red slot=3; open-uplink vrf=red interface=0; start-server vrf=red"},
    {"rebuilds all below the ports when nobody knows the slot", served(), with([](auto& seen) { seen.slot.reset(); }),
     "stop-server vrf=red pid=99; close-uplink vrf=red; remove-pair vrf=red; remove-namespace vrf=red; "
     "create-namespace vrf=red slot=7; create-pair vrf=red slot=7; open-uplink vrf=red interface=0; "
     "start-server vrf=red"},
    {"does not believe a slot that is none", served(), with([](auto& seen) { seen.slot = Slot{slot_limit}; }),
     "stop-server vrf=red pid=99; close-uplink vrf=red; remove-pair vrf=red; remove-namespace vrf=red; "
     "create-namespace vrf=red slot=7; create-pair vrf=red slot=7; open-uplink vrf=red interface=0; "
     "start-server vrf=red"},
    {"opens an uplink anew that sits on another index", served(),
     with([](auto& seen) { seen.uplink = InterfaceIndex{39}; }),
     "close-uplink vrf=red; open-uplink vrf=red interface=40"},
    {"opens an uplink that is not there", served(), with([](auto& seen) { seen.uplink.reset(); }),
     "open-uplink vrf=red interface=40"},
    {"opens a port anew whose fingerprint changed", served(),
     with([](auto& seen) { seen.ports.at(InterfaceIndex{5}).fingerprint = "f0"; }),
     "close-port vrf=red interface=5; open-port vrf=red interface=5"},
    {"opens a port anew that failed", served(),
     with([](auto& seen) { seen.ports.at(InterfaceIndex{6}).failed = true; }),
     "close-port vrf=red interface=6; open-port vrf=red interface=6"},
    {"keeps a port whose interface was renamed", served(),
     with([](auto& seen) { seen.ports.at(InterfaceIndex{5}).name = "lan0"; }), ""},
    {"closes a port that is not wanted and opens one that is missing", served(), with([](auto& seen) {
         seen.ports.erase(InterfaceIndex{6});
         seen.ports[InterfaceIndex{4}] = {"eth0", "f0", false};
     }),
     "close-port vrf=red interface=4; open-port vrf=red interface=6"},
    {"reloads after the ports are open", served("h2"), with([](auto& seen) { seen.ports.clear(); }),
     "open-port vrf=red interface=5; open-port vrf=red interface=6; reload-server vrf=red pid=99"},
    {"adopts what a killed daemon left: opens sockets, restarts nothing", served(), with([](auto& seen) {
         seen.ports.clear();
         seen.uplink.reset();
     }),
     "open-uplink vrf=red interface=40; open-port vrf=red interface=5; open-port vrf=red interface=6"},
    {"refuses where a foreign namespace is in the way, and touches nothing", served(),
     ObservedInstance{std::nullopt, false, Ownership::foreign, PairState::absent, {}, std::nullopt, {}, std::nullopt},
     "refuse vrf=red " + foreign_reason},
    {"undoes what is ours where a foreign namespace is in the way", served(),
     with([](auto& seen) { seen.name_space = Ownership::foreign; }),
     "refuse vrf=red " + foreign_reason + "; " + ports_close +
         "stop-server vrf=red pid=99; close-uplink vrf=red; remove-pair vrf=red; forget-record vrf=red"},
    {"says nothing of a foreign namespace that is in nobody's way", DesiredInstance{},
     ObservedInstance{std::nullopt, false, Ownership::foreign, PairState::absent, {}, std::nullopt, {}, std::nullopt},
     ""},
    {"removes a record of nothing", DesiredInstance{},
     ObservedInstance{Slot{3}, true, Ownership::absent, PairState::absent, {}, std::nullopt, {}, std::nullopt},
     "forget-record vrf=red"},
    {"writes over a record of nothing, in its slot", served(),
     ObservedInstance{
         Slot{3}, true, Ownership::absent, PairState::absent, {}, std::nullopt, in_order().ports, std::nullopt},
     "create-namespace vrf=red slot=3; create-pair vrf=red slot=3; open-uplink vrf=red interface=0; "
     "start-server vrf=red"},
};

// The pair of a VRF of the second kind, as plan() sees it.
ObservedInstance in_slot(std::uint32_t slot)
{
    auto instance = in_order();
    instance.slot = Slot{slot};
    return instance;
}

Observed with_hub(std::map<VrfName, ObservedInstance> instances)
{
    return {Ownership::ours, true, std::move(instances)};
}

DesiredInstance served_on(int index)
{
    return {true, {{InterfaceIndex{index}, {"eth", "f1"}}}, "h1"};
}

} // namespace

BOOST_AUTO_TEST_SUITE(plan_of_one_instance)

BOOST_DATA_TEST_CASE(is_as_the_table_says, boost::unit_test::data::make(instance_cases))
{
    BOOST_TEST(in_words(plan_instance(red, &sample.desired, sample.observed, free_slot)) == sample.plan);
}

BOOST_AUTO_TEST_CASE(treats_a_vrf_nobody_wants_like_one_that_waits)
{
    const DesiredInstance waits;
    for (const auto& one : instance_cases) {
        BOOST_TEST(in_words(plan_instance(red, nullptr, one.observed, free_slot)) ==
                       in_words(plan_instance(red, &waits, one.observed, free_slot)),
                   one.name);
    }
}

BOOST_AUTO_TEST_CASE(refuses_when_there_is_no_slot_left)
{
    const auto desired = served();
    const auto words = in_words(plan_instance(red, &desired, {}, Slot{slot_limit}));
    BOOST_TEST(words == "refuse vrf=red reason=\"all link addresses are in use: no more VRFs can be served at once\"");
    BOOST_TEST(in_words(plan_instance(red, &desired, in_order(), Slot{slot_limit})).empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(plan_of_everything)

BOOST_AUTO_TEST_CASE(makes_the_hub_first_and_hands_out_the_lowest_free_slots)
{
    const Desired desired{{{red, served_on(5)}, {blue, served_on(6)}}};
    BOOST_TEST(in_words(plan(desired, {})) ==
               "create-hub; "
               "create-namespace vrf=blue slot=0; create-pair vrf=blue slot=0; open-uplink vrf=blue interface=0; "
               "open-port vrf=blue interface=6; start-server vrf=blue; "
               "create-namespace vrf=red slot=1; create-pair vrf=red slot=1; open-uplink vrf=red interface=0; "
               "open-port vrf=red interface=5; start-server vrf=red");
}

BOOST_AUTO_TEST_CASE(needs_no_hub_while_nobody_is_to_be_served)
{
    const Desired waiting{{{red, DesiredInstance{}}}};
    BOOST_TEST(plan({}, {}).empty());
    BOOST_TEST(plan(waiting, {}).empty());
    BOOST_TEST(plan(waiting, {Ownership::foreign, false, {}}).empty());
    BOOST_TEST(plan(waiting, {Ownership::ours, false, {}}).empty());
}

BOOST_AUTO_TEST_CASE(repairs_a_hub_without_disturbing_what_is_in_it)
{
    const Desired desired{{{red, served()}}};
    BOOST_TEST(in_words(plan(desired, {Ownership::ours, false, {{red, in_order()}}})) == "repair-hub");
    BOOST_TEST(plan(desired, with_hub({{red, in_order()}})).empty());
}

BOOST_AUTO_TEST_CASE(builds_pairs_anew_when_the_hub_is_gone)
{
    const Desired desired{{{red, served()}}};
    BOOST_TEST(in_words(plan(desired, {Ownership::absent, false, {{red, in_order()}}})) ==
               "create-hub; stop-server vrf=red pid=99; close-uplink vrf=red; remove-pair vrf=red; "
               "create-pair vrf=red slot=3; open-uplink vrf=red interface=0; start-server vrf=red");
}

BOOST_AUTO_TEST_CASE(refuses_a_foreign_hub_and_undoes_what_is_ours)
{
    const Desired desired{{{red, served()}, {blue, served_on(9)}}};
    auto actions = plan(desired, {Ownership::foreign, false, {{red, in_order()}}});
    BOOST_TEST_REQUIRE(!actions.empty());
    BOOST_TEST(kind_of(actions.front()) == "refuse-hub");
    actions.erase(actions.begin());
    BOOST_TEST(in_words(actions) == ports_close +
                                        "stop-server vrf=red pid=99; close-uplink vrf=red; remove-pair vrf=red; "
                                        "remove-namespace vrf=red; forget-record vrf=red");
}

BOOST_AUTO_TEST_CASE(refuses_only_the_vrf_whose_namespace_is_foreign)
{
    ObservedInstance blocked;
    blocked.name_space = Ownership::foreign;
    const Desired desired{{{red, served()}, {blue, served_on(9)}}};
    const auto actions = plan(desired, with_hub({{red, in_order()}, {blue, blocked}}));
    BOOST_TEST(in_words(actions) == "refuse vrf=blue " + foreign_reason);
    const Desired only_blue{{{blue, served_on(9)}}};
    BOOST_TEST(in_words(plan(only_blue, {Ownership::absent, false, {{blue, blocked}}})) ==
               "refuse vrf=blue " + foreign_reason);
}

BOOST_AUTO_TEST_CASE(closes_a_port_that_moved_before_its_new_vrf_opens_it)
{
    auto seen_red = in_slot(0);
    auto seen_blue = in_slot(1);
    seen_red.ports = {{InterfaceIndex{5}, {"eth", "f1", false}}, {InterfaceIndex{6}, {"eth", "f1", false}}};
    seen_blue.ports.clear();
    const Desired desired{{{red, served_on(5)}, {blue, served_on(6)}}};
    BOOST_TEST(in_words(plan(desired, with_hub({{red, seen_red}, {blue, seen_blue}}))) ==
               "close-port vrf=red interface=6; open-port vrf=blue interface=6");
}

BOOST_AUTO_TEST_CASE(gives_no_slot_that_an_instance_on_its_way_out_still_holds)
{
    const Desired desired{{{red, served_on(5)}}};
    const auto actions = plan(desired, with_hub({{blue, in_slot(0)}, {VrfName("old"), in_slot(2)}}));
    BOOST_TEST(in_words(actions).find("create-namespace vrf=red slot=1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(leaves_a_slot_that_two_claim_to_the_one_whose_pair_is_ready)
{
    auto broken = in_slot(0);
    broken.pair = PairState::broken;
    const Desired desired{{{red, served()}, {blue, served()}}};
    const auto actions = plan(desired, with_hub({{red, in_slot(0)}, {blue, broken}}));
    BOOST_TEST(in_words(actions) ==
               "stop-server vrf=blue pid=99; close-uplink vrf=blue; remove-pair vrf=blue; remove-namespace vrf=blue; "
               "create-namespace vrf=blue slot=1; create-pair vrf=blue slot=1; open-uplink vrf=blue interface=0; "
               "start-server vrf=blue");
}

BOOST_AUTO_TEST_CASE(takes_the_lowest_number_that_nobody_uses)
{
    struct Case {
        std::set<Slot> used;
        std::vector<std::uint32_t> expected;
    };
    const std::vector<Case> cases{{{}, {0, 1, 2}},
                                  {{Slot{0}, Slot{1}, Slot{3}}, {2, 4, 5}},
                                  {{Slot{1}, Slot{2}}, {0, 3, 4}},
                                  {{Slot{slot_limit}}, {0, 1, 2}}};
    for (const auto& [used, expected] : cases) {
        FreeSlots free_slots(used);
        for (const auto number : expected) {
            BOOST_TEST(free_slots.take().value() == number);
        }
    }
}

BOOST_AUTO_TEST_CASE(escapes_names_when_it_describes)
{
    BOOST_TEST(describe(ClosePort{VrfName("a \"b\""), InterfaceIndex{3}}) ==
               "close-port vrf=\"a \\\"b\\\"\" interface=3");
    BOOST_TEST(vrf_of(CreateHub{}) == nullptr);
    BOOST_TEST(vrf_of(StartServer{red})->str() == "red");
}

BOOST_AUTO_TEST_SUITE_END()
