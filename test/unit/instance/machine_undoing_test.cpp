// What cannot be undone.
#include "machine_lab.hpp"

using namespace keavrf::instance;
using namespace keavrf::instance::machine_lab;
using keavrf::Slot;
namespace topology = keavrf::topology;

BOOST_AUTO_TEST_SUITE(instance_machine)

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

BOOST_AUTO_TEST_CASE(what_is_to_be_taken_over_is_asked_for_in_every_state_with_the_same_patience)
{
    auto waiting = at(start, {topology::TakeOver{red}});
    waiting.serve = false;
    auto leaving = at(start, {topology::TakeOver{red}});
    leaving.wanted = false;
    for (const auto& situation : {waiting, leaving, at(start, {topology::TakeOver{red}})}) {
        Machine machine(start);
        BOOST_TEST(machine.next(situation).allow == Allow::all);
        BOOST_TEST(machine.state() != State::serving);
        BOOST_TEST((machine.failed(Failure::undo, "too many open files", 0ms, 0.5, start) == 200ms));
        BOOST_TEST(machine.next(situation).allow == Allow::none);
        BOOST_TEST(machine.reason().find("too many open files") != std::string::npos);
    }
    BOOST_TEST(undoes(topology::TakeOver{red})); // also while another delay passes
}

BOOST_AUTO_TEST_SUITE_END()
