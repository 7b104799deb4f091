// Whatever goes wrong inside of an instance in a way that nobody has thought of is its own affair: it says so, tries
// again or is taken down, and ends when it is told to. What nobody has thought of is an exception here, thrown by what
// the instance calls.
#include "core/task_group.hpp"
#include "instance/instance.hpp"
#include "process/privileges.hpp"
#include "support/await.hpp"
#include "support/network.hpp"
#include "support/raw_client.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

using namespace keavrf;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 20s;

asio::awaitable<void> until(std::function<bool()> is_so)
{
    const auto deadline = Clock::now() + patience;
    while (!is_so() && Clock::now() < deadline) {
        co_await async_sleep(5ms);
    }
}

struct Surroundings {
    asio::io_context context{1};
    Semaphore starts{context.get_executor(), 4};
    std::unique_ptr<relay::SharedIo> io;
    std::unique_ptr<instance::Hub> hub;
    instance::Environment environment;
    TaskGroup tasks{context.get_executor()};
    test::Network network;
    unsigned turns_that_throw = 0;

    Surroundings()
    {
        auto settings = std::make_shared<config::Settings>();
        settings->runtime_dir = "/run/keavrfd";
        settings->state_dir = "/run/state";
        settings->log_dir = "/run/log";
        settings->kea.dhcp4 = "/run/kea";
        settings->kea.timeouts.start = 1s;
        io = std::move(relay::SharedIo::open().value());
        instance::Hub::Recorder recorder = [](const netns::Namespace& /*made*/) { return Result<void>(); };
        auto made = test::await(context, made_hub(recorder));
        hub = std::move(made);
        environment.executor = context.get_executor();
        environment.settings = settings;
        environment.kea_version = {2, 2, 0};
        environment.kea_identity = process::find_kea_user("").value();
        environment.hub = hub.get();
        environment.relay_io = io.get();
        environment.starts = &starts;
        environment.random = [] { return 0.5; };
        environment.on_turn = [this] {
            if (turns_that_throw > 0) {
                --turns_that_throw;
                throw std::logic_error("planted in a turn");
            }
        };
        tasks.spawn("hub", hub->run());
    }
    Surroundings(const Surroundings&) = delete;
    Surroundings& operator=(const Surroundings&) = delete;
    ~Surroundings()
    {
        tasks.stop();
        try {
            test::await(context, tasks.async_join());
        } catch (const std::exception& error) {
            BOOST_TEST_MESSAGE(error.what());
        }
        const auto removed = hub->remove();
        BOOST_TEST(removed.has_value());
    }

    static asio::awaitable<std::unique_ptr<instance::Hub>> made_hub(instance::Hub::Recorder recorder)
    {
        auto made = co_await instance::Hub::async_create("keavrf-hub", std::move(recorder));
        co_return std::move(made.value());
    }
    // False: never.
    bool comes_to_be(const std::function<bool()>& is_so)
    {
        test::await(context, until(is_so));
        return is_so();
    }
};

topology::Domain waiting()
{
    topology::Domain domain;
    domain.name = VrfName("red");
    domain.settings = std::make_shared<config::VrfSettings>();
    domain.waiting_for = "no client interface";
    return domain;
}

topology::Domain served(InterfaceIndex index)
{
    auto settings = std::make_shared<config::VrfSettings>();
    settings->dhcp4 = {{"subnet4", {{{"subnet", "192.168.1.0/24"}, {"id", 1}}}}};
    topology::Domain domain;
    domain.name = VrfName("red");
    domain.settings = settings;
    topology::PortSpec port;
    port.index = index;
    port.name = "eth1";
    port.giaddr = Ipv4Address(0xc0a80101);
    domain.ports.push_back(port);
    return domain;
}

} // namespace

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
    network.add_client_interface("eth1", "", "192.168.1.1/24", far, mac);
    const auto host = netlink::Client::open(context.get_executor());
    BOOST_REQUIRE(host.has_value());
    const auto link = test::await(context, host->async_link_by_name("eth1"));
    BOOST_REQUIRE(link.has_value());
    instance::Instance red(environment, VrfName("red"), Slot(0));
    red.update(served(link->index));
    const auto task = tasks.spawn("red", red.run());
    BOOST_TEST(comes_to_be([&] { return red.relay().port_open(link->index); }));
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
