// What `keavrfctl reload` says of VRFs for which nothing has changed in the file: whether the configuration is in force
// there too.
#include "netns/socket.hpp"
#include "own_disk.hpp"
#include "pair.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <string>
#include <vector>

using namespace keavrf::test;

namespace {

const std::string nonsense = R"(, dhcp4: {client-classes: [{name: x, test: "nonsense("}]})";

std::string of_red(const std::string& red)
{
    return "vrfs:\n  blue: {device: none, interfaces: [eth2]}\n  red: {device: none, interfaces: [eth1]" + red + "}\n";
}

std::string lifetime(unsigned seconds)
{
    return ", dhcp4: {valid-lifetime: " + std::to_string(seconds) + "}";
}

struct Reloading : Pair {
    // By keavrfctl, whose exit code scripts go by.
    static void is_not_in_place(Daemon& daemon, const std::vector<std::string>& says,
                                const std::string& spares = "vrf blue")
    {
        const auto reloaded = run({built("keavrfctl"), "reload"}, {}, 60s);
        const auto text = reloaded.output + reloaded.errors;
        BOOST_TEST(reloaded.exit_code == 1, text << daemon.log());
        BOOST_TEST(text.find("applied, but not in place everywhere\n") != std::string::npos, text);
        for (const auto& part : says) {
            BOOST_TEST(text.find(part) != std::string::npos, text << daemon.log());
        }
        BOOST_TEST((spares.empty() || text.find(spares) == std::string::npos), text);
    }
    static void is_in_place(Daemon& daemon)
    {
        const auto reloaded = run({built("keavrfctl"), "reload"}, {}, 60s);
        BOOST_TEST(reloaded.exit_code == 0, reloaded.output << reloaded.errors << daemon.log());
        BOOST_TEST(reloaded.output == "the new configuration is in force\n");
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(reload_reports)

BOOST_FIXTURE_TEST_CASE(a_configuration_that_kea_rejects_is_told_again, Reloading)
{
    auto daemon = Daemon::with(of_red(nonsense));
    daemon.wait_until("blue", "serving");
    daemon.wait_until("red", "rejected");
    is_not_in_place(daemon, {"vrf red: rejected: ", "nonsense"});
    daemon.write_configuration(of_red(""));
    is_in_place(daemon);
    is_in_place(daemon);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(one_that_is_refused_while_the_one_before_goes_on_is_told_again, Reloading)
{
    auto before = Daemon::with(of_red(lifetime(1000)));
    before.wait_until("red", "serving");
    before.wait_until("blue", "serving");
    ::kill(before.pid(), SIGKILL);
    BOOST_TEST(before.program().wait_for_exit().has_value());
    auto daemon = Daemon::with(of_red(nonsense));
    const auto refused = [](const auto& now) { return now.state == "serving" && !now.reason.empty(); };
    BOOST_REQUIRE_MESSAGE(daemon.becomes("red", refused), daemon.log());
    daemon.wait_until("blue", "serving");
    is_not_in_place(daemon, {"vrf red: serving: ", "the new configuration was refused"});
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_port_that_cannot_be_opened_is_told_again, Reloading)
{
    keavrf::netns::UdpBinding binding;
    binding.device = "eth1";
    binding.port = 67;
    auto other_server = keavrf::netns::open_udp_socket(binding);
    BOOST_REQUIRE(other_server.has_value());
    auto daemon = Daemon::with(of_red(lifetime(1000)));
    daemon.wait_until("blue", "serving");
    daemon.wait_until("red", "backoff");
    daemon.write_configuration(of_red(lifetime(2000)));
    is_not_in_place(daemon, {"vrf red: ", "Address already in use"});
    is_not_in_place(daemon, {"vrf red: ", "Address already in use"});
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_kea_that_cannot_be_told_its_configuration_is_told_of, Reloading)
{
    OwnDisk disk("/run/keavrfd", "size=1M");
    auto before = Daemon::with(of_red(lifetime(1000)));
    before.wait_until("red", "serving");
    before.wait_until("blue", "serving");
    ::kill(before.pid(), SIGKILL);
    BOOST_TEST(before.program().wait_for_exit().has_value());
    disk.fill();
    auto daemon = Daemon::with(of_red(lifetime(3000)));
    BOOST_REQUIRE_MESSAGE(daemon.logs({"vrf=red ", "No space left on device"}), daemon.log());
    is_not_in_place(daemon, {"vrf red: serving: ", "No space left on device"}, "");
    disk.empty();
    const auto in_order = [](const auto& now) { return now.state == "serving" && now.reason.empty(); };
    BOOST_TEST(daemon.becomes("red", in_order, 40s), daemon.log());
    is_in_place(daemon);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(one_that_ends_still_is_waited_for, Reloading)
{
    auto daemon = Daemon::with("kea: {timeouts: {stop: 3s}}\n" + of_red(""));
    daemon.wait_until("blue", "serving");
    const auto kea = daemon.wait_until("red", "serving").kea.value();
    ::kill(kea, SIGSTOP);
    daemon.write_configuration("kea: {timeouts: {stop: 3s}}\nvrfs:\n  blue: {device: none, interfaces: [eth2]}\n");
    is_in_place(daemon);
    daemon.write_configuration("kea: {timeouts: {stop: 3s}}\n" + of_red(""));
    is_in_place(daemon);
    const auto red_now = daemon.status_of("red");
    BOOST_REQUIRE(red_now.has_value());
    BOOST_TEST(red_now->state == "serving", daemon.log());
    BOOST_TEST(red_now->kea.value() != kea);
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
