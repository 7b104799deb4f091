// A Kea that is asked what it thinks of a configuration answers nobody else until it has said so: a `check`, and the
// first part of a reload.
#include "support/lab.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <fstream>
#include <string>
#include <thread>

using namespace keavrf::test;

namespace {

// So many take Kea some time, be it for the processor alone.
std::string configuration(unsigned subnets)
{
    std::string text = "vrfs:\n  red:\n    device: none\n    interfaces: [eth1]\n    dhcp4:\n      subnet4:\n"
                       "        - {subnet: 192.168.1.0/24, pools: [{pool: 192.168.1.100-192.168.1.200}]}\n";
    for (unsigned number = 0; number < subnets; ++number) {
        text +=
            "        - {subnet: 10." + std::to_string(number / 256) + "." + std::to_string(number % 256) + ".0/24}\n";
    }
    return text;
}

struct Asked : Lab {
    Tenant tenant = add_tenant("eth1", "192.168.1.1/24");
    Daemon daemon = Daemon::with(configuration(0));
    pid_t kea = daemon.wait_until("red", "serving").kea.value();

    // With Kea stopped before it is asked.
    [[nodiscard]] Program ask(unsigned subnets) const
    {
        std::ofstream("/run/new.yaml") << configuration(subnets);
        ::kill(kea, SIGSTOP);
        return Program({built("keavrfctl"), "check", "/run/new.yaml"});
    }
    // Until it has been at it for so long. Nobody may say that it does nothing at all.
    void let_it_crawl(std::chrono::seconds time) const
    {
        for (const auto end = Clock::now() + time; Clock::now() < end;) {
            ::kill(kea, SIGCONT);
            std::this_thread::sleep_for(200us);
            ::kill(kea, SIGSTOP);
            std::this_thread::sleep_for(1s);
        }
    }
    [[nodiscard]] bool is_told() const
    {
        const auto says = [](const auto& now) {
            return now.reason.find("its Kea was asked to test a configuration") != std::string::npos;
        };
        return daemon.becomes("red", says, 30s);
    }
    [[nodiscard]] bool serves()
    {
        auto client = tenant.client();
        return client.acquire().has_value();
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(asked)

BOOST_FIXTURE_TEST_CASE(a_kea_that_takes_its_time_over_a_test_is_left_alone, Asked)
{
    auto answer = ask(6000);
    BOOST_TEST(is_told(), daemon.log());
    let_it_crawl(13s);
    BOOST_TEST(answer.running(), "Kea was to be at it still");
    ::kill(kea, SIGCONT);
    BOOST_TEST((answer.wait_for_exit(60s) == 0), answer.errors());
    BOOST_TEST(daemon.kea("red") == kea, daemon.log());
    BOOST_TEST(daemon.log_lines({"kea.hung"}).empty(), daemon.log());
    BOOST_TEST(daemon.status_of("red")->reason == "");
    BOOST_TEST(serves(), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_kea_that_does_nothing_over_a_test_is_replaced_and_another_is_asked, Asked)
{
    auto answer = ask(1);
    BOOST_TEST(daemon.logs({"kea.hung", "red", "does nothing over a configuration to test"}, 20s), daemon.log());
    BOOST_TEST((answer.wait_for_exit(60s) == 0), answer.errors());
    BOOST_TEST(daemon.logs({"reload.unanswered", "red"}), daemon.log());
    BOOST_TEST(eventually([&] { return daemon.kea("red") != kea && daemon.kea("red") != 0; }), daemon.log());
    daemon.wait_until("red", "serving");
    BOOST_TEST(serves(), daemon.log());
    daemon.stop();
}

// Its VRF ends, or keavrfd does, while somebody waits for its answer.
BOOST_FIXTURE_TEST_CASE(who_waits_for_its_answer_keeps_nobody_from_ending_it, Asked)
{
    auto answer = ask(1);
    BOOST_TEST(is_told(), daemon.log());
    daemon.stop();
    BOOST_TEST((answer.wait_for_exit() == 1), answer.errors());
}

BOOST_AUTO_TEST_SUITE_END()
