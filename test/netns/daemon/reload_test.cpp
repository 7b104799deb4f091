// SIGHUP: only what changed is touched, and a file with a mistake changes nothing (DESIGN section 7).
#include "support/lab.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <array>
#include <vector>

using namespace keavrf::test;

namespace {

const std::string red_only = "vrfs:\n  red: {device: none, interfaces: [eth1]}\n";

std::size_t count(const std::string& text, const std::string& word)
{
    std::size_t found = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
        ++found;
    }
    return found;
}

// How often the Kea of a VRF has taken a configuration.
std::size_t configurations(const std::string& vrf)
{
    return count(Daemon::kea_log(vrf), "DHCP4_CONFIG_COMPLETE");
}

} // namespace

BOOST_AUTO_TEST_SUITE(reload)

BOOST_FIXTURE_TEST_CASE(a_changed_option_is_there_without_a_restart_of_kea, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(red_only);
    const auto kea = daemon.wait_until("red", "serving").kea;
    daemon.write_configuration("vrfs:\n  red: {device: none, interfaces: [eth1], dhcp4: {valid-lifetime: 777}}\n");
    BOOST_TEST(daemon.reload(), daemon.log());
    auto client = tenant.client();
    const auto lease = client.acquire();
    BOOST_REQUIRE_MESSAGE(lease, daemon.log());
    BOOST_TEST((lease->ack.message.address_option(option::lease_time) == keavrf::Ipv4Address(777)));
    BOOST_TEST(daemon.kea("red") == kea.value());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_broken_file_changes_nothing_and_every_mistake_is_named_at_its_place, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(red_only);
    const auto kea = daemon.wait_until("red", "serving").kea;
    const auto before = configurations("red");
    const auto file_before = slurp("/run/keavrfd/red/kea-dhcp4.conf");
    BOOST_TEST(!file_before.empty());
    daemon.write_configuration("vrfs:\n"
                               "  red: {device: none, interfaces: [eth1], dhcp4: {valid-lifetime: 777}}\n"
                               "  blue: {devise: none}\n"
                               "log: {level: loud}\n");
    const auto start = daemon.log_size();
    BOOST_TEST(!daemon.reload(), daemon.log());
    BOOST_TEST(daemon.logs_since(start, {"error", ".yaml:3:10:", "devise"}, 0ms), daemon.log().substr(start));
    BOOST_TEST(daemon.logs_since(start, {"error", ".yaml:4:14:", "level"}, 0ms), daemon.log().substr(start));
    BOOST_TEST(daemon.kea("red") == kea.value());
    BOOST_TEST(configurations("red") == before);
    BOOST_TEST(slurp("/run/keavrfd/red/kea-dhcp4.conf") == file_before);
    auto client = tenant.client();
    BOOST_TEST(client.acquire().has_value(), daemon.log());
    BOOST_TEST((!daemon.status_of("blue")));

    daemon.write_configuration("vrfs: [\n");
    const auto again = daemon.log_size();
    BOOST_TEST(!daemon.reload());
    BOOST_TEST(daemon.logs_since(again, {"error", ".yaml:1:8:", "not YAML"}, 0ms), daemon.log().substr(again));
    BOOST_TEST(daemon.kea("red") == kea.value());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(what_only_kea_can_refuse_is_refused_before_anything_changes, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    const std::string both = "vrfs:\n  red: {device: none, interfaces: [eth1]%}\n"
                             "  blue: {device: none, interfaces: [eth2]}\n";
    const auto with = [&](const std::string& extra) {
        auto text = both;
        return text.replace(text.find('%'), 1, extra);
    };
    auto daemon = Daemon::with(with(""));
    daemon.wait_until("red", "serving");
    daemon.wait_until("blue", "serving");
    const auto before = configurations("blue");
    daemon.write_configuration(with(", dhcp4: {no-such-kea-parameter: 1}") +
                               "defaults: {dhcp4: {valid-lifetime: 555}}\n");
    const auto start = daemon.log_size();
    BOOST_TEST(!daemon.reload(), daemon.log());
    BOOST_TEST(daemon.logs_since(start, {"error", ".yaml:2:3: vrf red: ", "no-such-kea-parameter"}, 0ms),
               daemon.log().substr(start));
    BOOST_TEST(configurations("blue") == before);
    auto client = blue.client();
    const auto lease = client.acquire();
    BOOST_REQUIRE_MESSAGE(lease, daemon.log());
    BOOST_TEST((lease->ack.message.address_option(option::lease_time) != keavrf::Ipv4Address(555)));
    daemon.stop();
}

// Kea tests a lease database without connecting to it: the test passes, and the deed fails.
const std::string unreachable_database =
    "dhcp4: {valid-lifetime: 888, lease-database: {type: postgresql, name: leases, host: 127.0.0.1, user: kea}}";

BOOST_FIXTURE_TEST_CASE(where_kea_cannot_apply_what_it_has_tested_all_vrfs_go_back, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    const auto both = [](const std::string& for_red, const std::string& for_blue) {
        return "vrfs:\n  red: {device: none, interfaces: [eth1]" + for_red + "}\n" +
               "  blue: {device: none, interfaces: [eth2]" + for_blue + "}\n";
    };
    auto daemon = Daemon::with(both("", ""));
    const auto red_kea = daemon.wait_until("red", "serving").kea;
    const auto blue_kea = daemon.wait_until("blue", "serving").kea;
    daemon.write_configuration(both(", " + unreachable_database, ", dhcp4: {valid-lifetime: 888}") +
                               "  green: {device: none, interfaces: [eth3]}\n");
    const auto start = daemon.log_size();
    BOOST_TEST(!daemon.reload(), daemon.log().substr(start));
    BOOST_TEST(daemon.logs_since(start, {"reload.error", "red"}, 0ms), daemon.log().substr(start));
    BOOST_TEST(daemon.logs_since(start, {"reload.error", "in force again on all VRFs"}, 0ms),
               daemon.log().substr(start));
    BOOST_TEST((!daemon.status_of("green")), "nothing begins before all have taken it");
    for (const auto* tenant : {&red, &blue}) {
        auto client = tenant->client();
        const auto lease = client.acquire();
        BOOST_REQUIRE_MESSAGE(lease, daemon.log().substr(start));
        BOOST_TEST((lease->ack.message.address_option(option::lease_time) != keavrf::Ipv4Address(888)));
    }
    BOOST_TEST(daemon.wait_until("red", "serving").reason.empty());
    BOOST_TEST(daemon.kea("red") == red_kea.value());
    BOOST_TEST(daemon.kea("blue") == blue_kea.value());
    BOOST_TEST(daemon.command({{"command", "config-get"}}).arguments->as_object().at("yaml").as_string().find("888") ==
               std::string::npos);
    // And a good one is taken afterwards.
    daemon.write_configuration(both("", ", dhcp4: {valid-lifetime: 777}"));
    BOOST_TEST(daemon.reload(), daemon.log().substr(start));
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_domain_that_is_taken_out_goes_and_one_that_is_added_comes, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    auto daemon = Daemon::with(red_only);
    daemon.wait_until("red", "serving");
    daemon.write_configuration("vrfs:\n  blue: {device: none, interfaces: [eth2]}\n");
    BOOST_TEST(daemon.reload(), daemon.log());
    daemon.wait_until("blue", "serving");
    BOOST_TEST(daemon.forgets("red"));
    BOOST_TEST(eventually([] { return processes_with("/red/").empty(); }));
    auto client = blue.client();
    BOOST_TEST(client.acquire().has_value(), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(with_one_of_twenty_changed_the_others_see_nothing_and_lose_nothing, Lab)
{
    constexpr std::size_t domains = 20;
    std::vector<Tenant> tenants;
    std::string yaml = "vrfs:\n";
    for (std::size_t i = 0; i < domains; ++i) {
        const auto number = std::to_string(i);
        tenants.push_back(add_tenant("eth" + number, "10.1." + number + ".1/24"));
        yaml += "  vrf" + number + ": {device: none, interfaces: [eth" + number + "]}\n";
    }
    auto daemon = Daemon::with(yaml);
    std::vector<pid_t> keas;
    std::vector<std::size_t> before;
    std::vector<RawClient> clients;
    for (std::size_t i = 0; i < domains; ++i) {
        const auto name = "vrf" + std::to_string(i);
        keas.push_back(daemon.wait_until(name, "serving", 60s).kea.value());
        before.push_back(configurations(name));
        clients.push_back(tenants[i].client());
        BOOST_REQUIRE_MESSAGE(clients.back().acquire(), name << "\n" << daemon.log());
    }
    auto changed = yaml;
    const std::string first = "interfaces: [eth0]";
    changed.replace(changed.find(first), first.size(), first + ", dhcp4: {valid-lifetime: 777}");
    daemon.write_configuration(changed);

    // Everybody asks, again and again, before, during and after; each message of the nineteen must be answered.
    struct Question {
        std::size_t domain;
        DhcpMessage message;
    };
    std::vector<Question> questions;
    const auto ask_all = [&] {
        for (std::size_t i = 1; i < domains; ++i) {
            auto discover = clients[i].message(type::discover);
            discover.broadcast = true;
            clients[i].broadcast(discover);
            questions.push_back({i, discover});
        }
    };
    ask_all();
    const auto start = daemon.log_size();
    daemon.program().signal(SIGHUP);
    const auto reloaded = [&] { return daemon.log().find("reload.done", start) != std::string::npos; };
    BOOST_TEST(eventually([&] { return (ask_all(), reloaded()); }), daemon.log().substr(start));
    ask_all();
    std::size_t lost = 0;
    for (const auto& question : questions) {
        lost += clients[question.domain].answer_to(question.message, 5s) ? 0U : 1U;
    }
    BOOST_TEST(lost == 0U, lost << " of " << questions.size() << " messages were not answered");
    BOOST_TEST(configurations("vrf0") > before[0]);
    for (std::size_t i = 1; i < domains; ++i) {
        const auto name = "vrf" + std::to_string(i);
        BOOST_TEST(daemon.kea(name) == keas[i], name);
        BOOST_TEST(configurations(name) == before[i], name);
        BOOST_TEST(!daemon.logs_since(start, {"vrf=" + name + " "}, 0ms), name << "\n" << daemon.log().substr(start));
    }
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(keavrfctl_reloads_and_says_why_not, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(red_only);
    daemon.wait_until("red", "serving");
    const auto good = run({built("keavrfctl"), "reload"});
    BOOST_TEST(good.exit_code == 0, good.output << good.errors);
    daemon.write_configuration("vrfs:\n  red: {devise: none}\n");
    const auto bad = run({built("keavrfctl"), "reload"});
    BOOST_TEST(bad.exit_code == 1, bad.output << bad.errors);
    BOOST_TEST((bad.output + bad.errors).find("devise") != std::string::npos, bad.output << bad.errors);
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
