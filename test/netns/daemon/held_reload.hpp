// A reload that stands still in its middle: red's Kea is stopped while it takes its new configuration.
#pragma once

#include "support/lab.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <fstream>
#include <string>
#include <thread>

namespace keavrf::test {

// Of a daemon that serves red on eth1 and blue on eth2, whatever else.
struct HeldReload : Lab {
    Tenant red = add_tenant("eth1", "192.168.1.1/24");
    Tenant blue = add_tenant("eth2", "10.0.0.1/24");
    Daemon daemon;
    pid_t red_kea;
    pid_t blue_kea;
    std::size_t start = 0; // of the log since the reload was asked for

    explicit HeldReload(const std::string& configuration)
        : daemon(Daemon::with(configuration)), red_kea(daemon.wait_until("red", "serving").kea.value()),
          blue_kea(daemon.wait_until("blue", "serving").kea.value())
    {
        let_red_be_slow();
    }

    // Returns with red's Kea stopped over its part of it.
    void begin(const std::string& configuration)
    {
        daemon.write_configuration(configuration);
        start = daemon.log_size();
        const auto told = Daemon::kea_log("red").size();
        daemon.program().signal(SIGHUP);
        while (Daemon::kea_log("red").find("'config-set'", told) == std::string::npos) {
            BOOST_REQUIRE_MESSAGE(!ended(), since());
            std::this_thread::yield();
        }
        ::kill(red_kea, SIGSTOP);
        BOOST_REQUIRE_MESSAGE(!ended(), since() << Daemon::kea_log("red").substr(told));
    }
    // For as long as the test takes, and yet nobody may say that it does nothing at all.
    void let_it_crawl()
    {
        crawl_ = std::jthread([kea = red_kea](const std::stop_token& stop) {
            while (!stop.stop_requested() && ::kill(kea, SIGCONT) == 0) {
                std::this_thread::sleep_for(1ms);
                ::kill(kea, SIGSTOP);
                std::this_thread::sleep_for(500ms);
            }
        });
    }
    void go_on()
    {
        crawl_ = {};
        ::kill(red_kea, SIGCONT);
    }
    [[nodiscard]] std::string since() const { return daemon.log().substr(start); }
    [[nodiscard]] bool ended() const
    {
        return !daemon.log_lines({"reload.done"}).empty() || !daemon.log_lines({"reload.refused"}).empty();
    }

private:
    // By a lease file that takes it a second or so to read, as a large VRF's does.
    void let_red_be_slow()
    {
        constexpr int rows = 60'000;
        auto client = red.client();
        BOOST_REQUIRE_MESSAGE(client.acquire(), daemon.log());
        const auto text = Daemon::lease_file("red");
        const auto row = text.substr(text.find('\n') + 1);
        std::ofstream file("/var/lib/keavrfd/red/kea-leases4.csv", std::ios::app);
        for (int count = 0; count < rows; ++count) {
            file << row;
        }
    }

    std::jthread crawl_;
};

} // namespace keavrf::test
