// Whatever goes wrong inside of an instance in a way that nobody has thought of is its own affair: it says so, tries
// again or is taken down, and ends when it is told to. What nobody has thought of is an exception here, thrown by what
// the instance calls.
#include "support/raw_client.hpp"
#include "surroundings.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

using namespace keavrf;
using keavrf::test::served;
using keavrf::test::Surroundings;
using keavrf::test::waiting;

BOOST_AUTO_TEST_SUITE(unexpected)

BOOST_FIXTURE_TEST_CASE(a_turn_that_throws_is_told_and_tried_again, Surroundings)
{
    instance::Instance red(environment, VrfName("red"), Slot(0));
    turns_that_throw = 2;
    red.update(waiting());
    const auto task = tasks.spawn("red", red.run());
    const auto& machine = red.machine();
    BOOST_TEST(comes_to_be([&] { return machine.reason().find("planted in a turn") != std::string::npos; }));
    BOOST_TEST((machine.state() == instance::State::backoff));
    BOOST_TEST(comes_to_be([&] { return machine.state() == instance::State::waiting; }));
    BOOST_TEST(turns_that_throw == 0U);
    BOOST_TEST(!tasks.failed());
    red.end("the test is over");
    tasks.stop(task);
    BOOST_TEST(comes_to_be([&] { return !tasks.running(task); }));
}

BOOST_FIXTURE_TEST_CASE(one_whose_turns_throw_for_good_ends_when_it_is_told_to, Surroundings)
{
    environment.on_change = [] { throw std::logic_error("planted in a change"); };
    instance::Instance red(environment, VrfName("red"), Slot(0));
    turns_that_throw = 1'000'000;
    red.update(waiting());
    const auto task = tasks.spawn("red", red.run());
    BOOST_TEST(comes_to_be([&] { return red.machine().state() == instance::State::backoff; }));
    red.end("the test is over");
    tasks.stop(task);
    BOOST_TEST(comes_to_be([&] { return !tasks.running(task); }));
    BOOST_TEST(!tasks.failed());
}

// As one that nobody needs any more; the orchestrator makes another.
BOOST_FIXTURE_TEST_CASE(one_of_whose_tasks_throws_takes_down_what_it_made_and_ends, Surroundings)
{
    std::ofstream("/run/kea") << "#!/bin/sh\nexec sleep 1000\n"; // never ready
    std::filesystem::permissions("/run/kea", std::filesystem::perms(0755));
    const test::ClientNamespace far;
    const test::Mac mac{0x02, 0, 0, 0, 0, 0x01};
    const auto index = add_client_interface(far, mac);
    instance::Instance red(environment, VrfName("red"), Slot(0));
    red.update(served(index));
    const auto task = tasks.spawn("red", red.run());
    BOOST_TEST(comes_to_be([&] { return red.relay().port_open(index); }));
    BOOST_TEST(std::filesystem::exists("/run/netns/keavrf-red"));
    // Nobody else hands one to an instance's relay.
    auto& relay = const_cast<relay::Relay&>(red.relay());
    relay.set_observer([](const relay::ExchangeEvent& /*event*/) { throw std::logic_error("planted in a task"); });
    test::RawClient client(far.fd(), "eth0", mac);
    client.broadcast(client.message(test::type::discover));
    BOOST_TEST(comes_to_be([&] { return !tasks.running(task); }));
    BOOST_TEST(!tasks.failed());
    BOOST_TEST(!std::filesystem::exists("/run/netns/keavrf-red"));
}

BOOST_AUTO_TEST_SUITE_END()
