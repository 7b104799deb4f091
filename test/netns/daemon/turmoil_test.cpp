// What comes at the wrong moment: a client of the control channel that goes away, a signal in the middle of a reload or
// of a start, a VRF that is taken away while its Kea starts. With ten VRFs, or as many as KEAVRF_TURMOIL_VRFS says.
#include "core/unique_fd.hpp"
#include "support/lab.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <sstream>

using namespace keavrf::test;

namespace {

// Where there are many VRFs, on a machine that has other things to do.
constexpr Milliseconds many_take = 60s;

std::size_t wanted_domains()
{
    const char* wanted = std::getenv("KEAVRF_TURMOIL_VRFS"); // NOLINT(concurrency-mt-unsafe): nobody changes it
    return wanted == nullptr ? 10 : std::stoul(wanted);
}

struct Many : Lab {
    inline static const std::size_t domains = wanted_domains();
    std::vector<Tenant> tenants;

    Many()
    {
        for (std::size_t i = 0; i < domains; ++i) {
            const auto number = std::to_string(i);
            tenants.push_back(add_tenant("eth" + number, "10.1." + number + ".1/24"));
        }
    }

    static std::string name(std::size_t i) { return "vrf" + std::to_string(i); }

    static std::string yaml(const std::string& defaults = {}, std::size_t first = 0)
    {
        auto text = defaults + "vrfs:\n";
        for (auto i = first; i < domains; ++i) {
            text += "  " + name(i) + ": {device: none, interfaces: [eth" + std::to_string(i) + "]}\n";
        }
        return text;
    }

    static std::string lifetime(int seconds)
    {
        return "defaults: {dhcp4: {valid-lifetime: " + std::to_string(seconds) + "}}\n";
    }

    static void all_serve(const Daemon& daemon, std::size_t first = 0)
    {
        for (auto i = first; i < domains; ++i) {
            daemon.wait_until(name(i), "serving", many_take);
        }
    }

    void all_lease_for(const Daemon& daemon, std::uint32_t seconds) const
    {
        for (const auto& tenant : tenants) {
            const auto lease = tenant.client().acquire();
            BOOST_REQUIRE_MESSAGE(lease, daemon.log());
            BOOST_TEST((lease->ack.message.address_option(option::lease_time) == keavrf::Ipv4Address(seconds)));
        }
    }
};

// Sends a command, and is gone before there is an answer.
void tell_and_leave(const std::string& command)
{
    const keavrf::UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = "/run/keavrfd/control.sock";
    path.copy(static_cast<char*>(address.sun_path), sizeof(address.sun_path) - 1);
    BOOST_REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    BOOST_REQUIRE(::send(client.get(), command.data(), command.size(), MSG_NOSIGNAL) ==
                  static_cast<ssize_t>(command.size()));
}

std::size_t count(const std::string& text, const std::string& word)
{
    std::size_t found = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
        ++found;
    }
    return found;
}

// What the netlink sockets of a process had no room for; by the kernel's table of its network namespace.
std::uint64_t lost_events(pid_t pid)
{
    std::istringstream table(slurp("/proc/" + std::to_string(pid) + "/net/netlink"));
    std::string line;
    std::uint64_t lost = 0;
    while (std::getline(table, line)) {
        std::istringstream fields(line);
        std::array<std::string, 9> field; // sk Eth Pid Groups Rmem Wmem Dump Locks Drops
        for (auto& one : field) {
            fields >> one;
        }
        lost += field[8].find_first_not_of("0123456789") == std::string::npos && !field[8].empty()
                    ? std::stoull(field[8])
                    : 0U;
    }
    return lost;
}

} // namespace

BOOST_AUTO_TEST_SUITE(turmoil)

BOOST_FIXTURE_TEST_CASE(a_reload_goes_on_to_its_end_when_whoever_asked_for_it_is_gone, Many)
{
    auto daemon = Daemon::with(yaml());
    all_serve(daemon);
    daemon.write_configuration(yaml(lifetime(777)));
    const auto start = daemon.log_size();
    tell_and_leave(R"({"command": "config-reload"})");
    BOOST_TEST(daemon.logs_since(start, {"reload.done", "changed=" + std::to_string(domains), "errors=0"}, many_take),
               daemon.log().substr(start));
    all_lease_for(daemon, 777);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(reloads_that_are_asked_for_during_one_follow_it_and_the_last_file_is_in_force, Many)
{
    auto daemon = Daemon::with(yaml());
    all_serve(daemon);
    daemon.write_configuration(yaml(lifetime(777)));
    const auto start = daemon.log_size();
    tell_and_leave(R"({"command": "config-reload"})");
    BOOST_REQUIRE(daemon.logs_since(start, {"reload.begin"}));
    daemon.program().signal(SIGHUP);
    BOOST_TEST(eventually([&] { return count(daemon.log().substr(start), "reload.begin") == 2U; }, many_take));
    daemon.write_configuration(yaml(lifetime(888)));
    daemon.program().signal(SIGHUP);
    BOOST_TEST(eventually([&] { return count(daemon.log().substr(start), "reload.done") == 3U; }, many_take),
               daemon.log().substr(start));
    all_lease_for(daemon, 888);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(it_stops_in_the_middle_of_a_reload_and_leaves_nothing, Many)
{
    for (const auto* moment : {"reload.begin", "kea.reloaded"}) {
        BOOST_TEST_CONTEXT(moment)
        {
            auto daemon = Daemon::with(yaml());
            all_serve(daemon);
            daemon.write_configuration(yaml(lifetime(777)));
            tell_and_leave(R"({"command": "config-reload"})");
            BOOST_TEST(daemon.logs({moment}), daemon.log());
            daemon.program().signal(SIGTERM);
            BOOST_TEST((daemon.program().wait_for_exit(many_take) == 0), daemon.log());
            check_nothing_left();
        }
    }
}

BOOST_FIXTURE_TEST_CASE(it_stops_in_the_middle_of_its_start_and_leaves_nothing, Many)
{
    for (const auto* moment : {"instance.new", "kea.started", "instance.serving"}) {
        BOOST_TEST_CONTEXT(moment)
        {
            auto daemon = Daemon::with(yaml());
            BOOST_TEST(daemon.logs({moment}), daemon.log());
            daemon.program().signal(SIGTERM);
            BOOST_TEST((daemon.program().wait_for_exit(many_take) == 0), daemon.log());
            check_nothing_left();
        }
    }
}

BOOST_FIXTURE_TEST_CASE(killed_in_the_middle_of_its_start_the_next_one_serves_all_and_doubles_none, Many)
{
    for (const auto* moment : {"instance.new", "kea.started", "instance.serving"}) {
        BOOST_TEST_CONTEXT(moment)
        {
            auto daemon = Daemon::with(yaml(lifetime(777)));
            BOOST_TEST(daemon.logs({moment}), daemon.log());
            ::kill(daemon.pid(), SIGKILL);
            BOOST_TEST((daemon.program().wait_for_exit() == 128 + SIGKILL));
        }
        auto daemon = Daemon::with(yaml(lifetime(777)));
        all_serve(daemon);
        BOOST_TEST(processes_with("kea-dhcp4").size() == domains);
        all_lease_for(daemon, 777);
        daemon.stop();
    }
}

BOOST_FIXTURE_TEST_CASE(killed_in_the_middle_of_a_reload_the_next_one_brings_all_to_the_same_configuration, Many)
{
    std::vector<pid_t> keas(domains);
    {
        auto daemon = Daemon::with(yaml());
        all_serve(daemon);
        for (std::size_t i = 0; i < domains; ++i) {
            keas.at(i) = daemon.kea(name(i));
        }
        daemon.write_configuration(yaml(lifetime(777)));
        daemon.program().signal(SIGHUP);
        BOOST_TEST(daemon.logs({"kea.reloaded"}), daemon.log());
        ::kill(daemon.pid(), SIGKILL);
        BOOST_TEST((daemon.program().wait_for_exit() == 128 + SIGKILL));
    }
    auto daemon = Daemon::with(yaml(lifetime(777)));
    const auto settled = [](const auto& status) { return status.state == "serving" && status.reason.empty(); };
    for (std::size_t i = 0; i < domains; ++i) {
        BOOST_TEST(daemon.becomes(name(i), settled, many_take), daemon.log());
        BOOST_TEST(daemon.kea(name(i)) == keas.at(i));
    }
    BOOST_TEST(daemon.logs({"daemon.ready"}, many_take), daemon.log());
    all_lease_for(daemon, 777);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(vrfs_that_are_taken_out_while_their_keas_start_leave_nothing_and_the_others_serve, Many)
{
    auto daemon = Daemon::with(yaml());
    BOOST_TEST(daemon.logs({"kea.started"}), daemon.log());
    daemon.write_configuration(yaml({}, domains / 2));
    daemon.program().signal(SIGHUP);
    BOOST_TEST(daemon.logs({"reload.done"}), daemon.log());
    all_serve(daemon, domains / 2);
    for (std::size_t i = 0; i < domains / 2; ++i) {
        BOOST_TEST(daemon.forgets(name(i)), name(i));
        BOOST_TEST(!std::filesystem::exists("/run/netns/keavrf-" + name(i)));
    }
    BOOST_TEST(eventually([] { return processes_with("kea-dhcp4").size() == domains - domains / 2; }), daemon.log());
    // And come again while what was theirs may still be going.
    daemon.write_configuration(yaml());
    BOOST_TEST(daemon.reload(), daemon.log());
    all_serve(daemon);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(an_interface_that_comes_again_with_another_index_while_kea_restarts_is_served, Lab)
{
    auto first = std::make_optional(add_tenant("eth1", "192.168.1.1/24"));
    auto daemon = Daemon::with("vrfs:\n  red: {device: none, interfaces: [eth1]}\n");
    auto kea = daemon.wait_until("red", "serving").kea.value();
    for (int time = 0; time < 5; ++time) {
        ::kill(kea, SIGKILL);
        network.remove("eth1");
        first.emplace(add_tenant("eth1", "192.168.1.1/24"));
        const auto again = [&](const auto& red) {
            return red.state == "serving" && red.kea.value() != 0 && red.kea.value() != kea && red.ports.size() == 1;
        };
        BOOST_REQUIRE_MESSAGE(daemon.becomes("red", again, 40s), daemon.log());
        BOOST_TEST(first->client().acquire().has_value(), daemon.log());
        kea = daemon.kea("red");
    }
    daemon.stop();
}

// While keavrfd does not read, far more happens than its socket has room for, and what matters is lost among it.
BOOST_FIXTURE_TEST_CASE(after_more_events_than_its_socket_holds_it_knows_what_the_host_has, Many)
{
    auto daemon = Daemon::with(yaml());
    all_serve(daemon);
    const auto kea = daemon.kea(name(1));
    const auto start = daemon.log_size();
    daemon.program().signal(SIGSTOP);
    for (int time = 0; time < 60'000 && lost_events(daemon.pid()) == 0; ++time) {
        network.add_address("eth9", "10.99.0.1/32");
        network.remove_address("eth9", "10.99.0.1/32");
    }
    BOOST_TEST(lost_events(daemon.pid()) > 0U);
    network.remove("eth0");
    tenants[0] = add_tenant("eth0", "10.2.0.1/24");
    network.remove_address("eth2", "10.1.2.1/24");
    network.add_address("eth2", "10.3.2.1/24");
    daemon.program().signal(SIGCONT);
    for (const auto& [tenant, server] : {std::pair(0U, "10.2.0.1"), std::pair(2U, "10.3.2.1")}) {
        const auto address = keavrf::Ipv4Address::parse(server);
        const auto renumbered = [&] {
            const auto lease = tenants[tenant].client().acquire();
            return lease && lease->ack.message.address_option(option::server_id) == address;
        };
        BOOST_TEST(eventually(renumbered), daemon.log().substr(start));
    }
    BOOST_TEST(daemon.kea(name(1)) == kea);
    BOOST_TEST(!daemon.logs_since(start, {"vrf=" + name(1) + " "}, 0ms), daemon.log().substr(start));
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
