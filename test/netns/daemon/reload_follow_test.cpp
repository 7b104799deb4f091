// While a reload is on its way, the host goes on changing, and whoever is not concerned is served on by what it is
// then: a VRF and an interface that come, an address that goes, a Kea that dies.
#include "held_reload.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

using namespace keavrf::test;

namespace {

std::string configuration(unsigned lifetime, const std::string& more = {}, const std::string& patience = "20s")
{
    return "kea: {timeouts: {start: " + patience +
           "}}\nvrfs:\n"
           "  red: {device: none, interfaces: [eth1, eth5], dhcp4: {valid-lifetime: " +
           std::to_string(lifetime) +
           "}}\n"
           "  blue: {device: none, interfaces: [eth2, eth3]}\n"
           "  green: {device: none, interfaces: [eth4]}\n" +
           more;
}

struct Following : HeldReload {
    explicit Following(const std::string& patience = "20s") : HeldReload(configuration(1111, "", patience)) {}

    void begin(const std::string& new_configuration)
    {
        HeldReload::begin(new_configuration);
        let_it_crawl();
    }
    [[nodiscard]] bool serves(const Tenant& tenant) const
    {
        return eventually([&] { return tenant.client().acquire().has_value(); }, 10s);
    }
    [[nodiscard]] std::string lifetime_of_red() const
    {
        const auto lease = red.client().acquire();
        const auto time = lease ? lease->ack.message.address_option(option::lease_time) : std::nullopt;
        return time ? std::to_string(time->value()) : "none";
    }
};

struct Impatient : Following {
    Impatient() : Following("5s") {}
    void begin(const std::string& new_configuration) { HeldReload::begin(new_configuration); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(reload)

BOOST_FIXTURE_TEST_CASE(what_comes_goes_and_dies_meanwhile_is_noticed_by_those_who_are_not_concerned, Following)
{
    begin(configuration(2222, "  late: {device: none, interfaces: [eth6]}\n"));
    const auto member = add_tenant("eth3", "10.3.0.1/24");
    const auto green = add_tenant("eth4", "10.4.0.1/24");
    const auto late = add_tenant("eth6", "10.6.0.1/24");
    BOOST_TEST(serves(green), since());
    BOOST_TEST(serves(member), since());
    ::kill(blue_kea, SIGKILL);
    BOOST_TEST(serves(blue), since());
    network.remove("eth4");
    daemon.wait_until("green", "waiting");
    BOOST_TEST(!daemon.status_of("late"), "what the new file alone names begins when all have taken it");
    BOOST_REQUIRE_MESSAGE(!ended(), since());
    go_on();
    BOOST_TEST(daemon.logs_since(start, {"reload.done"}), since());
    BOOST_TEST(serves(late), since());
    BOOST_TEST(serves(red), since());
    BOOST_TEST(lifetime_of_red() == "2222", since());
    BOOST_TEST(daemon.kea("red") == red_kea, since());
    daemon.stop();
}

// It takes the interface with what it runs in the end, and is not told twice.
BOOST_FIXTURE_TEST_CASE(an_interface_of_the_one_that_is_waited_for_is_served_too_and_the_reload_stays_one, Following)
{
    begin(configuration(2222));
    const auto member = add_tenant("eth5", "10.5.0.1/24");
    const bool seen = eventually([&] { return daemon.status_of("red")->ports.size() == 2; }, 10s);
    BOOST_TEST(seen, since());
    const auto says = [](const auto& now) {
        return now.reason.find("was told a new configuration") != std::string::npos;
    };
    BOOST_TEST(daemon.becomes("red", says), since());
    BOOST_REQUIRE_MESSAGE(!ended(), since());
    go_on();
    BOOST_TEST(daemon.logs_since(start, {"reload.done"}), since());
    BOOST_TEST(serves(member), since());
    BOOST_TEST(lifetime_of_red() == "2222", since());
    BOOST_TEST(daemon.kea("red") == red_kea, since());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(one_that_is_taken_back_takes_back_nothing_of_what_the_host_did, Following)
{
    begin(configuration(2222, "  late: {device: none, interfaces: [eth6]}\n"));
    const auto green = add_tenant("eth4", "10.4.0.1/24");
    const auto member = add_tenant("eth5", "10.5.0.1/24");
    BOOST_TEST(serves(green), since());
    const auto kea_of_green = daemon.kea("green");
    ::kill(red_kea, SIGKILL);
    BOOST_TEST(daemon.logs_since(start, {"reload.refused"}), since());
    BOOST_TEST(serves(red), since());
    BOOST_TEST(serves(member), since());
    BOOST_TEST(lifetime_of_red() == "1111", since());
    BOOST_TEST(daemon.kea("green") == kea_of_green, since());
    BOOST_TEST(daemon.kea("blue") == blue_kea, since());
    BOOST_TEST(!daemon.status_of("late"));
    daemon.stop();
}

// Nobody waits for it any more, and what becomes of its Kea is nobody's mistake.
BOOST_FIXTURE_TEST_CASE(the_last_one_that_is_waited_for_may_lose_its_interface, Impatient)
{
    begin(configuration(2222, "", "5s"));
    network.remove("eth1");
    BOOST_TEST(daemon.logs_since(start, {"reload.done"}, 60s), since());
    daemon.wait_until("red", "waiting");
    BOOST_TEST(daemon.log_lines({"reload.refused"}).empty(), since());
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
