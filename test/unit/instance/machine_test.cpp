#include "machine_lab.hpp"

using namespace keavrf::instance;
using namespace keavrf::instance::machine_lab;
using keavrf::InterfaceIndex;
using keavrf::ProcessId;
namespace topology = keavrf::topology;

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

BOOST_AUTO_TEST_CASE(what_it_serves_without_is_put_off_and_told)
{
    const std::vector<topology::Action> actions{topology::NameNamespace{red}, topology::WriteRecord{red},
                                                topology::ReloadServer{red, ProcessId(77)}};
    for (const auto& action : actions) {
        BOOST_TEST_CONTEXT(topology::describe(action))
        {
            Machine machine(start);
            auto situation = at(start, {action});
            situation.server_running = true;
            BOOST_TEST(machine.next(situation).allow == Allow::all);
            BOOST_TEST((machine.failed(Failure::put_off, "the disk is full", 0ms, 0.5, start) == 200ms));
            BOOST_TEST(machine.state() == State::serving);
            BOOST_TEST(machine.reason() == "the disk is full");
            // A port that is wanted meanwhile is opened all the same.
            situation.plan.insert(situation.plan.begin(), topology::OpenPort{red, InterfaceIndex(6)});
            situation.now = start + 199ms;
            const auto early = machine.next(situation);
            BOOST_TEST(early.allow == Allow::needed);
            BOOST_TEST((early.wake == start + 200ms));
            BOOST_TEST(machine.state() == State::serving);
            BOOST_TEST(machine.reason() == "the disk is full");
            situation.now = start + 200ms;
            BOOST_TEST(machine.next(situation).allow == Allow::all);
            BOOST_TEST((machine.since() == start));
            machine.next(at(start + 201ms));
            BOOST_TEST(machine.reason().empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(what_was_put_off_comes_at_once_with_another_configuration_or_when_kea_has_ended)
{
    const topology::Plan plan{topology::ReloadServer{red, ProcessId(77)}};
    for (const bool ended : {false, true}) {
        Machine machine(start);
        auto situation = at(start, plan);
        situation.server_running = true;
        machine.next(situation);
        machine.failed(Failure::put_off, "the disk is full", 0ms, 0.5, start);
        BOOST_TEST(machine.next(situation).allow == Allow::needed);
        situation.server_running = !ended;
        situation.configuration_hash = ended ? "one" : "two";
        BOOST_TEST(machine.next(situation).allow == Allow::all);
        BOOST_TEST(machine.reason().empty());
    }
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
