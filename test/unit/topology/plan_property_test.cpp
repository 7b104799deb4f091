// Carrying out plan() from any observed state reaches the desired one, and a second plan is empty.
#include "support/generator.hpp"
#include "topology/plan.hpp"
#include "unit/topology/any_world.hpp"
#include "unit/topology/world.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace keavrf;
using namespace keavrf::topology;
using model::any_desired;
using model::any_world;
using model::anything_happens;
using model::World;
using test::Generator;

using Counts = std::map<std::string, std::size_t, std::less<>>;

void count(std::string_view what, Counts& counts)
{
    const auto known = counts.find(what);
    if (known != counts.end()) {
        ++known->second;
    } else {
        counts.emplace(what, 1);
    }
}

void count_if(bool condition, std::string_view what, Counts& counts)
{
    if (condition) {
        count(what, counts);
    }
}

void count_ports(const ObservedInstance& seen, const DesiredInstance* wanted,
                 const std::set<InterfaceIndex>& wanted_all, Counts& counts)
{
    for (const auto& [index, port] : seen.ports) {
        const bool stays = wanted != nullptr && wanted->ports.contains(index);
        const bool same = stays && wanted->ports.at(index).fingerprint == port.fingerprint;
        count_if(port.failed, "failed port", counts);
        count_if(stays && !same, "port with another fingerprint", counts);
        count_if(!stays && wanted_all.contains(index), "port that moved to another VRF", counts);
    }
}

// What makes a case hard, to be sure that it occurs.
void count_ingredients_of(const ObservedInstance& seen, const DesiredInstance* wanted, Counts& counts)
{
    const bool serve = wanted != nullptr && wanted->serve;
    const bool foreign = seen.name_space == Ownership::foreign;
    const bool ours = seen.name_space == Ownership::ours;
    const auto server_is = [&](Ownership what) { return seen.server && seen.server->process == what; };
    count_if(server_is(Ownership::foreign), "stale pid", counts);
    count_if(server_is(Ownership::absent), "dead pid", counts);
    count_if(server_is(Ownership::ours) && seen.name_space == Ownership::absent, "server without namespace", counts);
    count_if(serve && foreign, "foreign namespace in the way", counts);
    count_if(!serve && foreign, "foreign namespace in nobody's way", counts);
    count_if(seen.pair == PairState::ready && seen.uplink && seen.uplink != seen.pair_index, "changed index", counts);
    count_if(seen.pair == PairState::broken, "broken pair", counts);
    count_if(seen.pair == PairState::damaged, "damaged pair", counts);
    count_if(server_is(Ownership::ours) && !seen.server->in_order, "server that hangs", counts);
    count_if(seen.pair == PairState::ready && !ours, "pair without namespace", counts);
    count_if(wanted == nullptr && ours, "leftover of an unwanted VRF", counts);
    count_if(wanted != nullptr && !serve && ours, "leftover of a waiting VRF", counts);
    count_if(seen.slot && seen.slot->value() >= slot_limit, "record of what is no slot", counts);
    count_if(ours && !seen.slot, "namespace without slot", counts);
}

void count_ingredients(const Observed& seen, const Desired& desired, Counts& counts)
{
    count_if(seen.hub == Ownership::foreign, "foreign hub", counts);
    count_if(seen.hub == Ownership::absent, "no hub", counts);
    count_if(seen.hub == Ownership::ours && !seen.hub_ready, "hub not in order", counts);
    std::set<InterfaceIndex> wanted_ports;
    for (const auto& [name, instance] : desired.instances) {
        for (const auto& [index, port] : instance.ports) {
            wanted_ports.insert(index);
        }
    }
    std::set<Slot> slots;
    bool clash = false;
    for (const auto& [name, instance] : seen.instances) {
        clash = clash || (instance.slot && !slots.insert(*instance.slot).second);
        const auto found = desired.instances.find(name);
        const auto* wanted = found != desired.instances.end() ? &found->second : nullptr;
        count_ingredients_of(instance, wanted, counts);
        count_ports(instance, wanted, wanted_ports, counts);
    }
    count_if(clash, "clashing slots", counts);
}

bool only_refuses(const Plan& plan)
{
    return std::all_of(plan.begin(), plan.end(), [](const Action& action) {
        return std::holds_alternative<Refuse>(action) || std::holds_alternative<RefuseHub>(action);
    });
}

bool is_refusal_due(const Observed& seen, const Desired& desired)
{
    return std::any_of(desired.instances.begin(), desired.instances.end(), [&](const auto& entry) {
        const auto instance = seen.instances.find(entry.first);
        return entry.second.serve &&
               (seen.hub == Ownership::foreign ||
                (instance != seen.instances.end() && instance->second.name_space == Ownership::foreign));
    });
}

std::string in_words(const Plan& plan)
{
    std::string text;
    for (const auto& action : plan) {
        text += "\n  " + describe(action);
    }
    return text;
}

// Carries a plan out; an action fails in `failures` of a hundred cases. What depends on one that failed is not tried.
void carry_out(World& world, const Plan& plan, const Desired& desired, unsigned failures, Generator& random,
               Counts& counts)
{
    std::set<VrfName> stopped;
    for (const auto& action : plan) {
        const auto* vrf = vrf_of(action);
        if (vrf != nullptr && stopped.contains(*vrf)) {
            continue;
        }
        // After a ClosePort that failed, its interface cannot be opened elsewhere.
        const auto* open = std::get_if<OpenPort>(&action);
        const bool in_use = failures > 0 && open != nullptr && world.port_open_elsewhere(open->vrf, open->index);
        if (!in_use && !random.chance(failures)) {
            world.carry_out(action, desired);
            count(kind_of(action), counts);
            continue;
        }
        world.fail_at(action, random);
        ++counts["failed " + std::string(kind_of(action))];
        if (vrf == nullptr) {
            return;
        }
        if (!std::holds_alternative<OpenPort>(action)) {
            stopped.insert(*vrf);
        }
    }
}

// A world that was as desired, and is so still, or something has just happened to it.
void settle(World& world, const Desired& desired, Generator& random)
{
    Counts not_counted;
    carry_out(world, plan(desired, world.observe()), desired, 0, random, not_counted);
    if (random.chance(80)) {
        anything_happens(world, random);
    }
}

// Empty, or what is wrong after `plan` was carried out in full.
std::string verdict(const World& world, const Desired& desired)
{
    std::string wrong = world.difference_from(desired);
    for (const auto& rule : world.broken_rules) {
        wrong += rule + "\n";
    }
    const auto seen = world.observe();
    const auto second = plan(desired, seen);
    if (!only_refuses(second) || second.empty() == is_refusal_due(seen, desired)) {
        wrong += "second plan:" + in_words(second) + "\n";
    }
    return wrong;
}

void require_each(const Counts& counts, const std::vector<std::string>& what)
{
    for (const auto& name : what) {
        const auto found = counts.find(name);
        BOOST_TEST((found != counts.end() && found->second >= 250), name << " occurred too seldom");
    }
}

const std::vector<std::string> kinds{"refuse-hub",    "create-hub",       "repair-hub",    "refuse",
                                     "forget-server", "close-port",       "stop-server",   "close-uplink",
                                     "remove-pair",   "remove-namespace", "forget-record", "create-namespace",
                                     "create-pair",   "name-namespace",   "write-record",  "repair-pair",
                                     "open-uplink",   "open-port",        "start-server",  "reload-server"};

const std::vector<std::string> ingredients{"stale pid",
                                           "dead pid",
                                           "foreign namespace in the way",
                                           "foreign namespace in nobody's way",
                                           "foreign hub",
                                           "no hub",
                                           "hub not in order",
                                           "changed index",
                                           "broken pair",
                                           "damaged pair",
                                           "server that hangs",
                                           "server without namespace",
                                           "leftover of an unwanted VRF",
                                           "leftover of a waiting VRF",
                                           "record of what is no slot",
                                           "namespace without slot",
                                           "clashing slots",
                                           "failed port",
                                           "port with another fingerprint",
                                           "port that moved to another VRF",
                                           "pair without namespace",
                                           "all in order"};

} // namespace

BOOST_AUTO_TEST_SUITE(plan_property)

BOOST_AUTO_TEST_CASE(carried_out_from_any_state_reaches_the_desired_one_and_is_then_empty)
{
    constexpr std::uint64_t cases = 50'000;
    Counts counts;
    for (std::uint64_t seed = 0; seed < cases; ++seed) {
        Generator random(seed);
        const auto desired = any_desired(random);
        auto world = any_world(random);
        if (random.chance(10)) {
            settle(world, desired, random);
        }
        const auto foreign = world.foreign_things();
        const auto seen = world.observe();
        count_ingredients(seen, desired, counts);
        const auto actions = plan(desired, seen);
        count_if(actions.empty(), "all in order", counts);
        carry_out(world, actions, desired, 0, random, counts);
        const auto wrong = verdict(world, desired);
        if (!wrong.empty() || world.foreign_things() != foreign) {
            BOOST_FAIL("seed " << seed << ":\n" << wrong << "plan:" << in_words(actions));
        }
    }
    require_each(counts, kinds);
    require_each(counts, ingredients);
}

BOOST_AUTO_TEST_CASE(converges_though_actions_fail_and_things_happen_meanwhile)
{
    constexpr std::uint64_t cases = 10'000;
    Counts counts;
    for (std::uint64_t seed = 0; seed < cases; ++seed) {
        Generator random(seed + 0x1'0000'0000U);
        auto desired = any_desired(random);
        auto world = any_world(random);
        for (auto rounds = random.below(4) + 1; rounds > 0; --rounds) {
            carry_out(world, plan(desired, world.observe()), desired, 20, random, counts);
            anything_happens(world, random);
            if (random.chance(30)) {
                desired = any_desired(random);
            }
        }
        const auto foreign = world.foreign_things();
        const auto actions = plan(desired, world.observe());
        carry_out(world, actions, desired, 0, random, counts);
        const auto wrong = verdict(world, desired);
        if (!wrong.empty() || world.foreign_things() != foreign) {
            BOOST_FAIL("seed " << seed << ":\n" << wrong << "plan:" << in_words(actions));
        }
    }
    for (const auto& kind : kinds) {
        if (kind.find("refuse") == std::string::npos) {
            require_each(counts, {kind, "failed " + kind});
        }
    }
}

// Says what the model is worth: a plan that leaves one action out is found out.
BOOST_AUTO_TEST_CASE(is_tested_by_a_world_that_notices_what_is_missing)
{
    std::size_t noticed = 0;
    std::size_t tried = 0;
    for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
        Generator random(seed);
        const auto desired = any_desired(random);
        auto world = any_world(random);
        auto actions = plan(desired, world.observe());
        if (only_refuses(actions)) {
            continue;
        }
        const auto victim = actions.begin() + static_cast<std::ptrdiff_t>(random.below(actions.size()));
        // A process is forgotten with the record too, and a pair can go with the last socket that holds its hub.
        const bool may_be_implied = std::holds_alternative<ForgetServer>(*victim) ||
                                    std::holds_alternative<RemovePair>(*victim) || only_refuses({*victim});
        actions.erase(victim);
        Counts counts;
        carry_out(world, actions, desired, 0, random, counts);
        if (!may_be_implied) {
            ++tried;
            noticed += verdict(world, desired).empty() ? 0U : 1U;
        }
    }
    BOOST_TEST(tried > 1'000U);
    BOOST_TEST(noticed == tried);
}

BOOST_AUTO_TEST_SUITE_END()
