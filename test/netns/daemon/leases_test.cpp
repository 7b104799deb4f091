// What a full disk and a kill leave in Kea's lease file costs no lease: it is made whole before a Kea loads it.
#include "own_disk.hpp"
#include "pair.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

using namespace keavrf::test;

namespace {

const std::string red = "vrfs:\n  red: {device: none, interfaces: [eth1]}\n";
const std::string lease_file = "/var/lib/keavrfd/red/kea-leases4.csv";
const Mac other_mac{0x02, 0, 0, 0, 0, 0x02};

std::string leases()
{
    std::ostringstream text;
    text << std::ifstream(lease_file).rdbuf();
    return text.str();
}

// In place: owner and mode stay.
void write_leases(const std::string& text)
{
    std::ofstream(lease_file, std::ios::trunc) << text;
}

// The row of this address, and where it begins.
std::pair<std::size_t, std::string> row_of(const std::string& text, const std::string& address)
{
    const auto begin = text.find("\n" + address + ",") + 1;
    BOOST_REQUIRE(begin != std::string::npos + 1);
    return {begin, text.substr(begin, text.find('\n', begin) + 1 - begin)};
}

// As Kea 2.2 leaves it: half a row, the next glued to it; and a row, in front of all, of an address that the other
// client was never told of.
std::string damaged(std::string text, const std::string& glued, const std::string& haunted)
{
    const auto row = row_of(text, glued);
    text.insert(row.first, row.second.substr(0, row.second.size() / 2));
    const auto ghost = row_of(text, haunted).second;
    return text.insert(text.find('\n') + 1, "192.168.1.77" + ghost.substr(ghost.find(',')));
}

struct Leases : Lab {
    Tenant tenant = add_tenant("eth1", "192.168.1.1/24");
    RawClient one = tenant.client();
    RawClient two = tenant.client(other_mac);
    Daemon daemon = Daemon::with(red);
    std::optional<Lease> first;
    std::optional<Lease> second;

    Leases()
    {
        daemon.wait_until("red", "serving");
        first = one.acquire();
        second = two.acquire();
        BOOST_REQUIRE_MESSAGE(first && second, daemon.log());
    }
    void check_that_both_are_known()
    {
        for (auto* client : {&one, &two}) {
            const auto& lease = client == &one ? first : second;
            const auto answer = client->rebind(*lease);
            BOOST_REQUIRE_MESSAGE(answer, daemon.log());
            BOOST_TEST(answer->message.type() == type::ack, describe(answer));
            BOOST_TEST(answer->message.yiaddr == lease->address);
        }
    }
    [[nodiscard]] std::string damage() const { return damaged(leases(), first->address.str(), second->address.str()); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(leases_survive)

BOOST_FIXTURE_TEST_CASE(a_file_that_is_not_whole_is_mended_before_kea_loads_it, Leases)
{
    struct stat before {};
    BOOST_REQUIRE(::stat(lease_file.c_str(), &before) == 0);
    daemon.program().signal(SIGKILL);
    daemon.program().wait_for_exit();
    const auto kea = processes_with("/red/kea-dhcp4.conf");
    BOOST_REQUIRE(!kea.empty());
    ::kill(kea.front().pid, SIGKILL);
    write_leases(damage());
    daemon = Daemon::with(red);
    daemon.wait_until("red", "serving");
    check_that_both_are_known();
    BOOST_TEST(daemon.logs({"red", "leases.mended", "rows-separated=1", "never-acknowledged=1"}), daemon.log());
    struct stat after {};
    BOOST_REQUIRE(::stat(lease_file.c_str(), &after) == 0);
    BOOST_TEST(after.st_uid == before.st_uid);
    BOOST_TEST(after.st_gid == before.st_gid);
    BOOST_TEST(after.st_mode == before.st_mode);
    BOOST_TEST(Daemon::kea_log("red").find("LEASE_LOAD_ROW_ERROR") == std::string::npos);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(what_a_power_cut_leaves_is_removed_and_told_once, Leases)
{
    daemon.stop();
    std::ofstream(lease_file, std::ios::app) << std::string(4096, '\0');
    daemon = Daemon::with(red);
    daemon.wait_until("red", "serving");
    check_that_both_are_known();
    BOOST_TEST(daemon.logs({"red", "leases.mended", "NUL", "may be lost", "nul-blocks=1"}), daemon.log());
    BOOST_TEST(daemon.log().find("no lease that Kea had acknowledged is lost") == std::string::npos, daemon.log());
    BOOST_TEST(daemon.log().find("leases.unreadable") == std::string::npos, daemon.log());
    BOOST_TEST(daemon.log().find("x00") == std::string::npos, daemon.log());
    daemon.stop();
    daemon = Daemon::with(red);
    daemon.wait_until("red", "serving");
    check_that_both_are_known();
    BOOST_TEST(daemon.log().find("leases.") == std::string::npos, daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(what_a_killed_keavrfd_had_begun_to_write_is_removed, Leases)
{
    const auto begun = lease_file + ".keavrfd-new";
    std::ofstream(begun) << "address,hw";
    const auto kea = daemon.kea("red");
    ::kill(kea, SIGKILL);
    BOOST_TEST(eventually([&] { return daemon.kea("red") != kea && daemon.kea("red") != 0; }), daemon.log());
    daemon.wait_until("red", "serving");
    BOOST_TEST(!std::ifstream(begun).is_open());
    check_that_both_are_known();
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_reload_that_would_lose_leases_replaces_kea, Leases)
{
    const auto kea = daemon.kea("red");
    write_leases(damage());
    daemon.write_configuration("vrfs:\n  red: {device: none, interfaces: [eth1], dhcp4: {valid-lifetime: 777}}\n");
    BOOST_TEST(daemon.reload(), daemon.log());
    BOOST_TEST(eventually([&] { return daemon.kea("red") != kea && daemon.kea("red") != 0; }), daemon.log());
    daemon.wait_until("red", "serving");
    check_that_both_are_known();
    BOOST_TEST(daemon.logs({"red", "kea.distrusted", "a reload would lose leases"}), daemon.log());
    BOOST_TEST(daemon.log().find("instance.backoff") == std::string::npos, daemon.log());
    daemon.stop();
}

// Without room to mend the file the Kea that serves is better than none.
BOOST_FIXTURE_TEST_CASE(a_reload_that_would_lose_leases_on_a_full_disk_fails_and_leaves_kea_alone, Pair)
{
    const OwnDisk disk("/var/lib/keavrfd/red", "size=64k");
    auto daemon = Daemon::with(red_and_blue);
    const auto kea = daemon.wait_until("red", "serving").kea.value();
    const auto others = daemon.wait_until("blue", "serving").kea.value();
    auto one = red.client();
    auto two = red.client(other_mac);
    const auto first = one.acquire();
    const auto second = two.acquire();
    BOOST_REQUIRE_MESSAGE(first && second, daemon.log());
    write_leases(damaged(leases(), first->address.str(), second->address.str()));
    disk.fill();
    daemon.write_configuration(red_and_blue + "defaults: {dhcp4: {valid-lifetime: 777}}\n");
    BOOST_TEST(!daemon.reload());
    BOOST_TEST(daemon.logs({"vrf red: ", "told to Kea: the lease file", "cannot be mended", "No space left on device",
                            "make room"}),
               daemon.log());
    BOOST_TEST(daemon.logs({"reload.rollback"}), daemon.log());
    daemon.wait_until("red", "serving");
    BOOST_TEST(daemon.kea("red") == kea, daemon.log());
    BOOST_TEST(daemon.kea("blue") == others, daemon.log());
    BOOST_TEST(red.client({0x02, 0, 0, 0, 0, 0x03}).discover().has_value(), daemon.log());
    const auto lease = blue.client().acquire();
    BOOST_REQUIRE_MESSAGE(lease, daemon.log());
    BOOST_TEST((lease->ack.message.address_option(option::lease_time) != keavrf::Ipv4Address(777)));
    disk.empty();
    BOOST_TEST(daemon.reload(), daemon.log());
    BOOST_TEST(eventually([&] { return daemon.kea("red") != kea && daemon.kea("red") != 0; }), daemon.log());
    daemon.wait_until("red", "serving");
    for (auto* client : {&one, &two}) {
        const auto& known = client == &one ? first : second;
        const auto answer = client->rebind(*known);
        BOOST_REQUIRE_MESSAGE(answer, daemon.log());
        BOOST_TEST(answer->message.type() == type::ack, describe(answer));
        BOOST_TEST(answer->message.yiaddr == known->address);
        BOOST_TEST((answer->message.address_option(option::lease_time) == keavrf::Ipv4Address(777)));
    }
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(with_a_whole_file_and_a_row_begun_kea_is_reloaded, Leases)
{
    const auto kea = daemon.kea("red");
    write_leases(leases() + "192.168.1.1");
    daemon.write_configuration("vrfs:\n  red: {device: none, interfaces: [eth1], dhcp4: {valid-lifetime: 777}}\n");
    BOOST_TEST(daemon.reload(), daemon.log());
    check_that_both_are_known();
    BOOST_TEST(daemon.kea("red") == kea, daemon.log());
    daemon.stop();
}

BOOST_AUTO_TEST_CASE(kea_starts_with_what_is_left_of_a_header)
{
    Lab lab;
    const auto tenant = lab.add_tenant("eth1", "192.168.1.1/24");
    {
        auto daemon = Daemon::with(red);
        daemon.wait_until("red", "serving");
        daemon.stop();
    }
    write_leases(leases().substr(0, 30));
    auto daemon = Daemon::with(red);
    daemon.wait_until("red", "serving");
    BOOST_TEST(tenant.client().acquire().has_value(), daemon.log());
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
