// What somebody breaks behind keavrfd's back is noticed and mended without a restart, and those who are not concerned
// see nothing (DESIGN section 6).
#include "netns/namespace.hpp"
#include "pair.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

using namespace keavrf::test;

namespace {

// A program inside a namespace of keavrfd's; no `ip netns`, which mounts things.
void inside(const std::string& name_space, std::vector<std::string> command)
{
    command.insert(command.begin(), {"nsenter", "--net=/run/netns/" + name_space, "--"});
    const auto done = run(command);
    BOOST_REQUIRE_MESSAGE(done.exit_code == 0, command[3] << ": " << done.errors);
}

void remove_name(const std::string& name)
{
    const auto found = keavrf::netns::open(name);
    BOOST_REQUIRE(found.has_value());
    const auto removed = keavrf::netns::remove(name, found->inode);
    // It may have its name again already, before its file is removed.
    const bool mended = !removed && removed.error().is(EBUSY);
    BOOST_REQUIRE_MESSAGE(removed.has_value() || mended, removed.error().message());
}

bool named(const std::string& name)
{
    return keavrf::netns::open(name).has_value();
}

std::string seen_inside(const std::string& name_space, std::vector<std::string> command)
{
    command.insert(command.begin(), {"nsenter", "--net=/run/netns/" + name_space, "--"});
    return run(command).output;
}

struct Fault {
    const char* name;
    std::function<void()> happen;
    // Until it is as it was.
    std::function<bool()> mended;
    bool same_kea = true;
};

std::vector<Fault> faults()
{
    const std::string red = "keavrf-red";
    const std::string hub = "keavrf-hub";
    const auto shows = [](const std::string& where, std::vector<std::string> command, const std::string& text) {
        return [where, command, text] { return seen_inside(where, command).find(text) != std::string::npos; };
    };
    const std::vector<std::string> addresses{"ip", "-4", "addr", "show"};
    const std::vector<std::string> links{"ip", "link", "show", "up"};
    return {
        {"Kea's address is removed",
         [=] {
             inside(red, {"ip", "-4", "addr", "flush", "dev", "kea0"});
         },
         shows(red, addresses, "169.254.1.")},
        {"Kea's end is set down",
         [=] {
             inside(red, {"ip", "link", "set", "kea0", "down"});
         },
         shows(red, links, "kea0")},
        {"Kea's default route is removed",
         [=] {
             inside(red, {"ip", "route", "flush", "default"});
         },
         shows(red, {"ip", "route"}, "default via 169.254.1.")},
        {"Kea's neighbour is removed",
         [=] {
             inside(red, {"sh", "-c", "ip neigh flush nud permanent dev kea0"});
         },
         shows(red, {"ip", "neigh"}, "02:6b:76:01")},
        {"Kea's end gets an address of the clients' side",
         [=] {
             inside(red, {"ip", "addr", "add", "192.168.1.1/24", "dev", "kea0"});
         },
         [=] {
             return seen_inside(red, {"ip", "addr"}).find("192.168.1.1") == std::string::npos;
         }},
        {"Kea's end gets an MTU with which there is no IPv6",
         [=] {
             inside(red, {"ip", "link", "set", "kea0", "mtu", "300"});
         },
         shows(red, {"ip", "addr", "show", "dev", "kea0"}, "fe80::2")},
        {"Kea's loopback is set down and its address removed",
         [=] {
             inside(red, {"sh", "-c", "ip link set lo down; ip addr flush dev kea0"});
         },
         shows(red, addresses, "169.254.1.")},
        {"the relay's address is removed",
         [=] {
             inside(hub, {"ip", "-4", "addr", "flush", "dev", "red"});
         },
         [=] {
             return seen_inside(hub, {"ip", "-4", "addr", "show", "dev", "red"}).find("169.254.1.") !=
                    std::string::npos;
         }},
        {"the relay's end is set down",
         [=] {
             inside(hub, {"ip", "link", "set", "red", "down"});
         },
         shows(hub, {"ip", "link", "show", "up", "dev", "red"}, "red")},
        {"the relay's neighbours are removed",
         [=] {
             inside(hub, {"sh", "-c", "ip neigh flush nud permanent dev red"});
         },
         shows(hub, {"ip", "neigh", "show", "dev", "red"}, "02:6b:76:02")},
        {"the hub's rule for its main table is removed",
         [=] {
             inside(hub, {"ip", "rule", "del", "table", "main"});
         },
         shows(hub, {"ip", "rule"}, "lookup main")},
        {"a route of somebody's swallows in the hub what Kea answers",
         [=] {
             inside(hub, {"ip", "route", "add", "blackhole", "192.168.1.0/24"});
         },
         [=] {
             return seen_inside(hub, {"ip", "route"}).find("blackhole") == std::string::npos;
         }},
        {"a route of somebody's swallows it before the hub asks its main table",
         [=] {
             inside(hub, {"ip", "route", "add", "blackhole", "192.168.1.0/24", "table", "local"});
         },
         [=] {
             return seen_inside(hub, {"ip", "route", "show", "table", "local"}).find("blackhole") == std::string::npos;
         }},
        {"rules of somebody's swallow it, or ask another table, in the hub",
         [=] {
             inside(hub, {"sh", "-c",
                          "ip rule add pref 0 blackhole; ip rule add pref 7 goto 32766; "
                          "ip rule add pref 9 to 192.168.1.0/24 lookup 200"});
         },
         [=] {
             const auto rules = seen_inside(hub, {"ip", "rule"});
             return std::count(rules.begin(), rules.end(), '\n') == 3 && rules.find("blackhole") == std::string::npos;
         }},
        {"the hub's any-address route is removed",
         [=] {
             inside(hub, {"ip", "route", "del", "local", "default", "dev", "lo", "table", "main"});
         },
         shows(hub, {"ip", "route"}, "local default")},
        {"the hub's loopback is set down",
         [=] {
             inside(hub, {"ip", "link", "set", "lo", "down"});
         },
         shows(hub, {"ip", "route"}, "local default")},
        {"the hub filters what it cannot route back",
         [=] {
             inside(hub, {"sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter"});
         },
         shows(hub, {"cat", "/proc/sys/net/ipv4/conf/all/rp_filter"}, "0")},
        {"the hub's name is removed", [=] { remove_name(hub); }, [=] { return named(hub); }},
        {"the namespace's name is removed", [=] { remove_name(red); }, [=] { return named(red); }},
        {"the record is removed", [] { std::filesystem::remove("/run/keavrfd/red/instance.json"); },
         [] { return std::filesystem::exists("/run/keavrfd/red/instance.json"); }},
        {"the hub's record is removed", [] { std::filesystem::remove("/run/keavrfd/.hub.json"); },
         [] { return std::filesystem::exists("/run/keavrfd/.hub.json"); }},
        {"the veth pair is deleted",
         [=] {
             inside(hub, {"ip", "link", "del", "red"});
         },
         shows(hub, links, "red"), false},
        {"the relay's end is renamed",
         [=] {
             inside(hub, {"sh", "-c", "ip link set red down; ip link set red name der"});
         },
         shows(hub, links, "red"), false},
        {"Kea's control socket is removed", [] { std::filesystem::remove("/run/keavrfd/red/kea/kea-dhcp4.sock"); },
         [] { return std::filesystem::exists("/run/keavrfd/red/kea/kea-dhcp4.sock"); }, false},
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(faults_behind_its_back)

BOOST_FIXTURE_TEST_CASE(each_is_mended_and_the_other_vrf_sees_nothing, Pair)
{
    auto daemon = Daemon::with(red_and_blue);
    daemon.wait_until("red", "serving");
    const auto other = daemon.wait_until("blue", "serving").kea.value();
    const auto log_of_other = Daemon::kea_log("blue").size();
    for (const auto& fault : faults()) {
        BOOST_TEST_CONTEXT(fault.name)
        {
            const auto before = daemon.kea("red");
            const auto start = daemon.log_size();
            fault.happen();
            BOOST_TEST(eventually(fault.mended), daemon.log().substr(start));
            const auto as_wanted = [&](const auto& status) {
                return status.state == "serving" && (status.kea.value() == before) == fault.same_kea;
            };
            BOOST_TEST(daemon.becomes("red", as_wanted), daemon.log().substr(start));
            BOOST_TEST(serves(red), daemon.log().substr(start));
            BOOST_TEST(daemon.kea("blue") == other);
        }
    }
    BOOST_TEST(Daemon::kea_log("blue").find("DHCP4_CONFIG_COMPLETE", log_of_other) == std::string::npos);
    BOOST_TEST(serves(blue), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_wiped_runtime_folder_is_made_anew_with_all_that_is_in_it, Pair)
{
    auto daemon = Daemon::with(red_and_blue);
    daemon.wait_until("red", "serving");
    daemon.wait_until("blue", "serving");
    std::filesystem::remove_all("/run/keavrfd");
    BOOST_TEST(eventually([&] { return daemon.status().has_value(); }), daemon.log());
    const auto back = [](const auto& status) { return status.state == "serving" && status.restarts > 0; };
    BOOST_TEST(daemon.becomes("red", back), daemon.log());
    BOOST_TEST(daemon.becomes("blue", back), daemon.log());
    BOOST_TEST(serves(red), daemon.log());
    BOOST_TEST(serves(blue), daemon.log());
    BOOST_TEST(eventually([] { return std::filesystem::exists("/run/keavrfd/.hub.json"); }));
    BOOST_TEST(daemon.status()->instances.size() == 2U);
    const auto kea = daemon.kea("red");
    // And it can be taken over from it.
    ::kill(daemon.pid(), SIGKILL);
    BOOST_TEST((daemon.program().wait_for_exit() == 128 + SIGKILL));
    auto next = Daemon::with(red_and_blue);
    BOOST_TEST(next.wait_until("red", "serving").kea.value() == kea, next.log());
    next.stop();
}

BOOST_FIXTURE_TEST_CASE(a_vrf_whose_namespaces_name_another_takes_serves_on_and_gets_it_back, Pair)
{
    const std::string name = "keavrf-red";
    auto daemon = Daemon::with(red_and_blue);
    const auto kea = daemon.wait_until("red", "serving").kea.value();
    const auto before = daemon.log_size();
    remove_name(name);
    std::error_code failure;
    if (std::filesystem::create_directory("/run/netns/" + name, failure)) { // else it was quicker
        BOOST_TEST(daemon.logs({"red", "namespace.name-taken", "/run/netns/" + name}), daemon.log());
        BOOST_TEST(daemon.log_lines({"ip netns delete"}).empty(), daemon.log());
        BOOST_TEST(serves(red), daemon.log());
        std::filesystem::remove("/run/netns/" + name);
    }
    BOOST_TEST(eventually([&] { return named(name); }), daemon.log());
    BOOST_TEST(daemon.kea("red") == kea, daemon.log().substr(before));
    BOOST_TEST(daemon.log_lines({"kea.stopped"}).empty(), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_vrf_that_goes_leaves_its_name_to_whoever_has_taken_it, Pair)
{
    auto daemon = Daemon::with(red_and_blue);
    daemon.wait_until("red", "serving");
    remove_name("keavrf-red");
    const auto other = keavrf::netns::create("keavrf-red");
    daemon.stop();
    BOOST_TEST(daemon.log_lines({"instance.left-behind"}).empty(), daemon.log());
    if (other) {
        BOOST_TEST((keavrf::netns::open("keavrf-red").value().inode == other->inode));
        remove_name("keavrf-red");
    }
}

BOOST_FIXTURE_TEST_CASE(a_hub_that_cannot_have_its_name_back_gets_its_routes_all_the_same, Pair)
{
    const auto remount = [](unsigned long flags) {
        return ::mount(nullptr, "/run/netns", nullptr, MS_REMOUNT | MS_BIND | flags, nullptr) == 0;
    };
    auto daemon = Daemon::with(red_and_blue);
    daemon.wait_until("red", "serving");
    const auto hub = keavrf::netns::open("keavrf-hub").value();
    const auto in_hub = [&](const std::string& command) {
        const auto net = "--net=/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(hub.fd.get());
        return run({"nsenter", net, "--", "sh", "-c", command});
    };
    BOOST_REQUIRE(remount(MS_RDONLY));
    BOOST_TEST(::umount2("/run/netns/keavrf-hub", MNT_DETACH) == 0);
    BOOST_TEST(in_hub("ip route del local default dev lo table main").exit_code == 0);
    BOOST_TEST(eventually([&] { return in_hub("ip route").output.find("local default") != std::string::npos; }),
               daemon.log());
    BOOST_TEST(serves(red), daemon.log());
    BOOST_REQUIRE(remount(0));
    BOOST_TEST(eventually([] { return named("keavrf-hub"); }), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_hub_whose_name_another_takes_serves_on, Pair)
{
    auto daemon = Daemon::with(red_and_blue);
    const auto kea = daemon.wait_until("red", "serving").kea.value();
    remove_name("keavrf-hub");
    const auto other = keavrf::netns::create("keavrf-hub");
    if (other) { // else it was quicker
        BOOST_TEST(daemon.logs({"hub.name-taken"}), daemon.log());
        BOOST_TEST(serves(red), daemon.log());
        BOOST_TEST(daemon.kea("red") == kea);
    }
    daemon.program().signal(SIGTERM);
    BOOST_TEST((daemon.program().wait_for_exit() == 0), daemon.log());
    if (other) {
        BOOST_TEST((keavrf::netns::open("keavrf-hub").value().inode == other->inode), "not ours, so left alone");
        remove_name("keavrf-hub");
    }
}

BOOST_AUTO_TEST_SUITE_END()
