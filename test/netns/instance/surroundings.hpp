// What an instance needs around it, in a test program without a daemon.
#pragma once

#include "core/task_group.hpp"
#include "instance/instance.hpp"
#include "process/privileges.hpp"
#include "support/await.hpp"
#include "support/network.hpp"
#include "support/wait.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

namespace keavrf::test {

using namespace std::chrono_literals;

inline asio::awaitable<void> until(std::function<bool()> is_so)
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

    // Its Kea: what stands at this path.
    explicit Surroundings(const std::string& kea = "/run/kea", Clock::duration start = 1s)
    {
        auto settings = std::make_shared<config::Settings>();
        settings->runtime_dir = "/run/keavrfd";
        settings->state_dir = "/run/state";
        settings->log_dir = "/run/log";
        settings->kea.dhcp4 = kea;
        settings->kea.timeouts.start = std::chrono::duration_cast<std::chrono::milliseconds>(start);
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
    // eth1, with its peer eth0 in that namespace; its index. The one of the test before goes with its namespace, and
    // that goes some time after it was closed.
    InterfaceIndex add_client_interface(const ClientNamespace& far, const Mac& mac)
    {
        const auto host = netlink::Client::open(context.get_executor());
        BOOST_REQUIRE(host.has_value());
        const auto deadline = Clock::now() + patience;
        while (test::await(context, host->async_link_by_name("eth1")).has_value()) {
            BOOST_REQUIRE(Clock::now() < deadline);
            test::await(context, async_sleep(5ms));
        }
        network.add_client_interface("eth1", "", "192.168.1.1/24", far, mac);
        const auto link = test::await(context, host->async_link_by_name("eth1"));
        BOOST_REQUIRE(link.has_value());
        return link->index;
    }
    // False: never.
    bool comes_to_be(const std::function<bool()>& is_so)
    {
        test::await(context, until(is_so));
        return is_so();
    }
};

inline topology::Domain waiting()
{
    topology::Domain domain;
    domain.name = VrfName("red");
    domain.settings = std::make_shared<config::VrfSettings>();
    domain.waiting_for = "no client interface";
    return domain;
}

inline topology::Domain served(InterfaceIndex index)
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

} // namespace keavrf::test
