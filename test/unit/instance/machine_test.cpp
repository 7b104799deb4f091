#include "instance/machine.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace std::chrono_literals;
using keavrf::InterfaceIndex;
using keavrf::ProcessId;
using keavrf::Slot;
using keavrf::VrfName;
using keavrf::instance::Allow;
using keavrf::instance::Failure;
using keavrf::instance::Machine;
using keavrf::instance::name_of;
using keavrf::instance::Situation;
using keavrf::instance::State;
namespace topology = keavrf::topology;

const VrfName red("red");
const Machine::TimePoint start{1h};

Situation at(Machine::TimePoint now, topology::Plan plan = {})
{
    Situation situation;
    situation.now = now;
    situation.serve = true;
    situation.configuration_hash = "one";
    situation.plan = std::move(plan);
    situation.open_ports = 1;
    return situation;
}

topology::Plan wiring()
{
    return {topology::CreateNamespace{red, Slot(0)}, topology::CreatePair{red, Slot(0)}, topology::StartServer{red}};
}

topology::Plan restart()
{
    return {topology::StartServer{red}};
}

} // namespace

namespace keavrf::instance {
std::ostream& operator<<(std::ostream& out, State state)
{
    return out << name_of(state);
}
std::ostream& operator<<(std::ostream& out, Allow allow)
{
    return out << (allow == Allow::all ? "all" : allow == Allow::undo ? "undo" : "none");
}
} // namespace keavrf::instance

BOOST_AUTO_TEST_SUITE(instance_machine)

BOOST_AUTO_TEST_CASE(walks_from_waiting_to_serving_by_what_the_plan_still_holds)
{
    Machine machine(start);
    auto waiting = at(start);
    waiting.serve = false;
    waiting.waiting_for = "no such device";
    BOOST_TEST(machine.next(waiting).allow == Allow::all);
    BOOST_TEST(machine.state() == State::waiting);
    BOOST_TEST(machine.reason() == "no such device");
    machine.next(at(start + 1s, wiring()));
    BOOST_TEST(machine.state() == State::preparing);
    machine.next(at(start + 2s, restart()));
    BOOST_TEST(machine.state() == State::starting);
    machine.next(at(start + 3s));
    BOOST_TEST(machine.state() == State::serving);
    BOOST_TEST((machine.since() == start + 3s));
    machine.next(at(start + 9s));
    BOOST_TEST((machine.since() == start + 3s));
}

BOOST_AUTO_TEST_CASE(stays_serving_while_ports_and_configuration_change)
{
    Machine machine(start);
    machine.next(at(start));
    machine.next(
        at(start + 1s, {topology::ClosePort{red, InterfaceIndex(5)}, topology::OpenPort{red, InterfaceIndex(6)},
                        topology::ReloadServer{red, ProcessId(77)}}));
    BOOST_TEST(machine.state() == State::serving);
}

BOOST_AUTO_TEST_CASE(after_a_failure_only_undoes_until_the_delay_has_passed)
{
    Machine machine(start);
    machine.next(at(start, wiring()));
    const auto delay = machine.failed(Failure::transient, "no memory", 0ms, 0.5, start);
    BOOST_TEST((delay == 200ms));
    const auto early = machine.next(at(start + 199ms, wiring()));
    BOOST_TEST(early.allow == Allow::undo);
    BOOST_TEST((early.wake == start + 200ms));
    BOOST_TEST(machine.state() == State::backoff);
    BOOST_TEST(machine.reason() == "no memory");
    BOOST_TEST(machine.next(at(start + 200ms, wiring())).allow == Allow::all);
    BOOST_TEST(machine.state() == State::preparing);
    BOOST_TEST((machine.failed(Failure::transient, "no memory", 0ms, 0.5, start + 1s) == 400ms));
}

BOOST_AUTO_TEST_CASE(a_long_run_is_restarted_at_once)
{
    Machine machine(start);
    machine.next(at(start));
    BOOST_TEST((machine.failed(Failure::transient, "killed", 61s, 0.5, start) == 0ms));
    BOOST_TEST(machine.next(at(start, restart())).allow == Allow::all);
    BOOST_TEST(machine.state() == State::starting);
}

BOOST_AUTO_TEST_CASE(a_rejected_configuration_is_not_tried_again_but_another_is)
{
    Machine machine(start);
    machine.next(at(start, restart()));
    machine.failed(Failure::rejected, "pool outside subnet", 0ms, 0.5, start);
    for (const auto later : {1s, 60s, 3600s}) {
        const auto step = machine.next(at(start + later, restart()));
        BOOST_TEST(step.allow == Allow::undo);
        BOOST_TEST(!step.wake.has_value());
        BOOST_TEST(machine.state() == State::rejected);
    }
    auto changed = at(start + 2h, restart());
    changed.configuration_hash = "two";
    BOOST_TEST(machine.next(changed).allow == Allow::all);
    BOOST_TEST(machine.state() == State::starting);
}

BOOST_AUTO_TEST_CASE(another_configuration_ends_a_backoff_and_its_doubling)
{
    Machine machine(start);
    machine.next(at(start, restart()));
    machine.failed(Failure::transient, "died", 0ms, 0.5, start);
    machine.failed(Failure::transient, "died", 0ms, 0.5, start);
    auto changed = at(start + 1ms, restart());
    changed.configuration_hash = "two";
    BOOST_TEST(machine.next(changed).allow == Allow::all);
    BOOST_TEST((machine.failed(Failure::transient, "died", 0ms, 0.5, start + 1ms) == 200ms));
}

BOOST_AUTO_TEST_CASE(what_is_not_ours_refuses_the_vrf_without_a_delay)
{
    Machine machine(start);
    const auto step = machine.next(at(start, {topology::Refuse{red, "a namespace of that name is not ours"}}));
    BOOST_TEST(!step.finished);
    BOOST_TEST(machine.state() == State::refused);
    BOOST_TEST(machine.reason() == "a namespace of that name is not ours");
    machine.next(at(start + 5s, wiring()));
    BOOST_TEST(machine.state() == State::preparing);
}

BOOST_AUTO_TEST_CASE(is_finished_when_unwanted_and_nothing_is_left)
{
    Machine machine(start);
    machine.failed(Failure::transient, "died", 0ms, 0.5, start);
    auto leaving = at(start, {topology::RemoveNamespace{red}});
    leaving.wanted = false;
    const auto step = machine.next(leaving);
    BOOST_TEST(step.allow == Allow::all);
    BOOST_TEST(!step.finished);
    leaving.plan.clear();
    BOOST_TEST(machine.next(leaving).finished);
    BOOST_TEST(machine.state() == State::stopping);
}

// Everything that a VRF may be in while something of it has to be undone.
std::vector<std::pair<std::string, Situation>> undoing(Machine::TimePoint now)
{
    const topology::Action stays = topology::RemoveNamespace{red};
    auto waiting = at(now, {stays});
    waiting.serve = false;
    waiting.waiting_for = "no such device";
    auto leaving = at(now, {stays});
    leaving.wanted = false;
    return {{"waiting", waiting},
            {"leaving", leaving},
            {"refused", at(now, {topology::Refuse{red, "not ours"}, stays})},
            {"to be served", at(now, {stays, topology::CreateNamespace{red, Slot(0)}})}};
}

BOOST_AUTO_TEST_CASE(what_cannot_be_undone_waits_for_its_delay_in_every_state_and_says_why)
{
    for (const auto& [name, situation] : undoing(start)) {
        BOOST_TEST_CONTEXT(name)
        {
            Machine machine(start);
            BOOST_TEST(machine.next(situation).allow == Allow::all);
            BOOST_TEST((machine.failed(Failure::undo, "cannot remove it", 0ms, 0.5, start) == 200ms));
            auto again = situation;
            again.now = start + 199ms;
            const auto early = machine.next(again);
            BOOST_TEST(early.allow == Allow::none);
            BOOST_TEST((early.wake == start + 200ms));
            BOOST_TEST(!early.finished);
            BOOST_TEST(machine.reason().find("cannot remove it") != std::string::npos);
            again.now = start + 200ms;
            BOOST_TEST(machine.next(again).allow == Allow::all);
            BOOST_TEST((machine.failed(Failure::undo, "cannot remove it", 0ms, 0.5, again.now) == 400ms));
            BOOST_TEST(machine.next(again).allow == Allow::none);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_delay_of_undoing_holds_also_in_a_backoff_and_after_a_rejection)
{
    for (const auto failure : {Failure::transient, Failure::rejected}) {
        Machine machine(start);
        machine.next(at(start, restart()));
        machine.failed(failure, "no", 0ms, 0.5, start);
        const auto plan = topology::Plan{topology::RemovePair{red}, topology::StartServer{red}};
        BOOST_TEST(machine.next(at(start, plan)).allow == Allow::undo);
        machine.failed(Failure::undo, "cannot remove it", 0ms, 0.5, start);
        BOOST_TEST(machine.next(at(start + 1ms, plan)).allow == Allow::none);
    }
}

BOOST_AUTO_TEST_CASE(once_all_is_undone_the_next_failure_of_it_has_a_short_delay_again)
{
    Machine machine(start);
    machine.failed(Failure::undo, "cannot remove it", 0ms, 0.5, start);
    machine.failed(Failure::undo, "cannot remove it", 0ms, 0.5, start);
    machine.next(at(start));
    BOOST_TEST(machine.state() == State::serving);
    BOOST_TEST(machine.reason().empty());
    BOOST_TEST((machine.failed(Failure::undo, "cannot remove it", 0ms, 0.5, start) == 200ms));
}

BOOST_AUTO_TEST_CASE(whoever_goes_does_so_after_a_while_whatever_cannot_be_undone)
{
    Machine machine(start);
    auto leaving = at(start, {topology::ForgetRecord{red}});
    leaving.wanted = false;
    // The delays of what failed before do not count here.
    for (int before = 0; before < 8; ++before) {
        machine.failed(Failure::undo, "cannot remove it", 0ms, 0.5, start);
    }
    BOOST_TEST(machine.next(leaving).allow == Allow::all);
    unsigned attempts = 0;
    auto step = machine.next(leaving);
    while (!step.finished && attempts < 1000) {
        if (step.allow == Allow::all) {
            ++attempts;
            machine.failed(Failure::undo, "cannot remove it", 0ms, 0.5, leaving.now);
        }
        BOOST_REQUIRE((step.allow == Allow::all || step.wake > leaving.now));
        leaving.now = step.wake.value_or(leaving.now);
        step = machine.next(leaving);
    }
    BOOST_TEST((leaving.now - start == keavrf::instance::leave_limit));
    BOOST_TEST(attempts > 2U);
    BOOST_TEST(attempts < 10U);
    BOOST_TEST(machine.reason() == "cannot remove it");
}

BOOST_AUTO_TEST_CASE(without_any_open_port_it_is_in_backoff_and_with_one_it_serves_and_says_what_is_amiss)
{
    Machine machine(start);
    auto situation = at(start);
    situation.failed_ports = 1;
    situation.port_failure = "port eth1: address in use";
    machine.next(situation);
    BOOST_TEST(machine.state() == State::serving);
    BOOST_TEST(machine.reason() == "port eth1: address in use");
    situation.open_ports = 0;
    machine.next(situation);
    BOOST_TEST(machine.state() == State::backoff);
}

BOOST_AUTO_TEST_CASE(a_reload_that_kea_refuses_leaves_it_serving_and_says_why)
{
    Machine machine(start);
    machine.next(at(start));
    machine.failed(Failure::rejected, "bad pool", 0ms, 0.5, start);
    auto situation = at(start, {topology::ReloadServer{red, ProcessId(77)}});
    situation.server_running = true;
    BOOST_TEST(machine.next(situation).allow == Allow::undo);
    BOOST_TEST(machine.state() == State::serving);
    BOOST_TEST(machine.reason() == "bad pool");
}

BOOST_AUTO_TEST_CASE(what_fails_while_undoing_does_not_end_a_rejection_but_the_death_of_a_kea_does)
{
    Machine machine(start);
    machine.next(at(start, restart()));
    machine.failed(Failure::rejected, "bad", 0ms, 0.5, start);
    machine.next(at(start + 1s, restart()));
    machine.failed(Failure::transient, "cannot remove a link", 0ms, 0.5, start + 1s);
    BOOST_TEST(machine.next(at(start + 1h, restart())).allow == Allow::undo);
    BOOST_TEST(machine.state() == State::rejected);
    BOOST_TEST(machine.reason() == "bad");
    machine.failed(Failure::transient, "killed", 5s, 0.5, start + 2h);
    BOOST_TEST(machine.next(at(start + 3h, restart())).allow == Allow::all);
}

// What Instance sees where Kea refused "one" and had taken another before: the plan is for that.
Situation falling_back(Machine::TimePoint now, topology::Plan plan = {})
{
    auto situation = at(now, std::move(plan));
    situation.falls_back = true;
    return situation;
}

BOOST_AUTO_TEST_CASE(a_kea_that_refused_a_reload_and_then_dies_is_started_with_what_it_took_before)
{
    Machine machine(start);
    machine.next(at(start));
    machine.failed(Failure::rejected, "bad pool", 0ms, 0.5, start);
    BOOST_TEST(machine.refused("one"));
    BOOST_TEST(machine.next(falling_back(start)).allow == Allow::all);
    BOOST_TEST(machine.state() == State::serving);
    BOOST_TEST(machine.reason() == "bad pool");
    BOOST_TEST((machine.failed(Failure::transient, "killed", 61s, 0.5, start + 61s) == 0ms));
    BOOST_TEST(machine.next(falling_back(start + 61s, restart())).allow == Allow::all);
    BOOST_TEST(machine.state() == State::starting);
    machine.next(falling_back(start + 62s));
    BOOST_TEST(machine.state() == State::serving);
    BOOST_TEST(machine.reason() == "bad pool");
}

BOOST_AUTO_TEST_CASE(also_where_it_dies_before_anybody_has_looked_again)
{
    Machine machine(start);
    machine.next(at(start));
    machine.failed(Failure::rejected, "bad pool", 0ms, 0.5, start);
    machine.failed(Failure::transient, "killed", 61s, 0.5, start);
    machine.next(falling_back(start, restart()));
    BOOST_TEST(machine.state() == State::starting);
    BOOST_TEST(machine.refused("one"));
}

BOOST_AUTO_TEST_CASE(what_fails_on_the_way_back_has_its_delay_and_the_refusal_stands)
{
    Machine machine(start);
    machine.next(at(start, restart()));
    machine.failed(Failure::rejected, "bad pool", 0ms, 0.5, start);
    machine.next(falling_back(start, restart()));
    BOOST_TEST((machine.failed(Failure::transient, "no memory", 0ms, 0.5, start) == 200ms));
    const auto early = machine.next(falling_back(start + 1ms, restart()));
    BOOST_TEST(early.allow == Allow::undo);
    BOOST_TEST(machine.state() == State::backoff);
    BOOST_TEST(machine.reason() == "no memory");
    machine.next(falling_back(start + 1s));
    BOOST_TEST(machine.state() == State::serving);
    BOOST_TEST(machine.reason() == "bad pool");
}

BOOST_AUTO_TEST_CASE(where_what_it_took_before_is_refused_too_it_is_rejected)
{
    Machine machine(start);
    machine.next(at(start, restart()));
    machine.failed(Failure::rejected, "bad pool", 0ms, 0.5, start);
    machine.next(falling_back(start, restart()));
    machine.failed(Failure::rejected, "bad option", 0ms, 0.5, start);
    BOOST_TEST(machine.next(at(start + 1h, restart())).allow == Allow::undo);
    BOOST_TEST(machine.state() == State::rejected);
    BOOST_TEST(machine.reason() == "bad option");
}

BOOST_AUTO_TEST_CASE(another_configuration_ends_the_falling_back)
{
    Machine machine(start);
    machine.next(at(start));
    machine.failed(Failure::rejected, "bad pool", 0ms, 0.5, start);
    machine.next(falling_back(start));
    auto changed = at(start + 1s, {topology::ReloadServer{red, ProcessId(77)}});
    changed.configuration_hash = "two";
    BOOST_TEST(machine.next(changed).allow == Allow::all);
    BOOST_TEST(machine.state() == State::serving);
    BOOST_TEST(machine.reason().empty());
    BOOST_TEST(!machine.refused_configuration());
}

BOOST_AUTO_TEST_CASE(the_operator_can_end_a_rejection)
{
    Machine machine(start);
    machine.next(at(start, restart()));
    machine.failed(Failure::rejected, "bad", 0ms, 0.5, start);
    machine.retry_now();
    BOOST_TEST(machine.next(at(start, restart())).allow == Allow::all);
}

BOOST_AUTO_TEST_CASE(with_a_kea_of_an_earlier_keavrfd_that_still_loads_it_is_starting)
{
    Machine machine(start);
    auto situation = at(start);
    situation.server_running = true;
    situation.server_loading = true;
    machine.next(situation);
    BOOST_TEST(machine.state() == State::starting);
    situation.server_loading = false;
    machine.next(situation);
    BOOST_TEST(machine.state() == State::serving);
    BOOST_TEST(machine.reason().empty());
}

BOOST_AUTO_TEST_SUITE_END()
