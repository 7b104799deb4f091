// After Kea has refused a configuration.
#include "machine_lab.hpp"

using namespace keavrf::instance;
using namespace keavrf::instance::machine_lab;
using keavrf::ProcessId;
namespace topology = keavrf::topology;

BOOST_AUTO_TEST_SUITE(instance_machine)

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

BOOST_AUTO_TEST_CASE(a_disk_that_is_back_ends_a_delay_and_no_rejection)
{
    Machine rejected(start);
    rejected.next(at(start, restart()));
    rejected.failed(Failure::rejected, "pool outside subnet", 0ms, 0.5, start);
    rejected.retry_what_lacked();
    BOOST_TEST(rejected.next(at(start + 1s, restart())).allow == Allow::undo);
    BOOST_TEST(rejected.state() == State::rejected);

    Machine waiting(start);
    waiting.next(at(start, restart()));
    waiting.failed(Failure::transient, "the disk does not answer", 0ms, 0.5, start);
    BOOST_TEST(waiting.next(at(start, restart())).allow == Allow::undo);
    waiting.retry_what_lacked();
    BOOST_TEST(waiting.next(at(start, restart())).allow == Allow::all);
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

BOOST_AUTO_TEST_SUITE_END()
