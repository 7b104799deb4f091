// A Kea that still loads its leases when keavrfd is killed is gone on with (DESIGN section 7).
#include "adoption.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>

using namespace keavrf::test;

namespace {

const std::string huge = "vrfs:\n  red:\n    device: none\n    interfaces: [eth1]\n    dhcp4:\n      subnet4:\n"
                         "      - {id: 2, subnet: 10.0.0.0/8, pools: [{pool: 10.64.0.0 - 10.95.255.255}]}\n";
constexpr std::uint32_t first_address = 0x0A400000; // 10.64.0.0

// That Kea loads for two or three seconds; KEAVRF_LOADED_LEASES: others.
unsigned number_of_leases()
{
    const char* wanted = std::getenv("KEAVRF_LOADED_LEASES");
    return wanted != nullptr ? static_cast<unsigned>(std::stoul(wanted)) : 300'000U;
}

Mac mac_of(unsigned number)
{
    return {0x02,
            0x11,
            0x22,
            static_cast<std::uint8_t>(number >> 16U),
            static_cast<std::uint8_t>(number >> 8U),
            static_cast<std::uint8_t>(number)};
}

std::string row_of(unsigned number, std::time_t now)
{
    constexpr long lifetime = 86400;
    const auto address = keavrf::Ipv4Address(first_address + number).str();
    const auto mac = mac_of(number);
    std::array<char, 160> row{};
    const int size =
        std::snprintf(row.data(), row.size(), "%s,02:11:22:%02x:%02x:%02x,,%ld,%ld,2,0,0,,0,\n", address.c_str(),
                      mac[3], mac[4], mac[5], lifetime, static_cast<long>(now) + lifetime);
    return {row.data(), static_cast<std::size_t>(size)};
}

// As kea-lfc writes it.
void write_leases(unsigned count)
{
    const std::string folder = "/var/lib/keavrfd/red";
    const auto file = folder + "/kea-leases4.csv";
    std::filesystem::create_directories(folder);
    {
        std::ofstream rows(file);
        rows << "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,"
                "user_context\n";
        const auto now = std::time(nullptr);
        for (unsigned number = 0; number < count; ++number) {
            rows << row_of(number, now);
        }
        BOOST_REQUIRE(rows.flush().good());
    }
    const auto* kea = ::getpwnam("_kea");
    BOOST_REQUIRE(kea != nullptr);
    BOOST_REQUIRE(::chown(folder.c_str(), kea->pw_uid, kea->pw_gid) == 0);
    BOOST_REQUIRE(::chown(file.c_str(), kea->pw_uid, kea->pw_gid) == 0);
}

std::size_t said_by_kea(const std::string& event)
{
    const auto log = Daemon::kea_log("red");
    std::size_t count = 0;
    for (auto at = log.find(event); at != std::string::npos; at = log.find(event, at + 1)) {
        ++count;
    }
    return count;
}

} // namespace

BOOST_AUTO_TEST_SUITE(adoption)

BOOST_FIXTURE_TEST_CASE(a_kea_that_still_loads_its_leases_is_gone_on_with_and_none_is_lost, Lab)
{
    const auto tenant = add_tenant("eth1", "10.0.0.1/8");
    const auto count = number_of_leases();
    write_leases(count);
    pid_t kea = 0;
    {
        auto first = Daemon::with(huge);
        BOOST_REQUIRE_MESSAGE(eventually([&] { return (kea = first.kea("red")) != 0; }, 120s), first.log());
        Adoption::kill(first);
    }
    BOOST_REQUIRE_MESSAGE(said_by_kea("DHCP4_STARTED") == 0U, "it is ready already: not enough leases");
    const auto begin = Clock::now();
    auto daemon = Daemon::with(huge);
    BOOST_TEST(daemon.wait_until("red", "starting").kea.value() == kea, daemon.log());
    BOOST_TEST(daemon.logs({"red", "port.opened"}), daemon.log());
    BOOST_TEST(daemon.wait_until("red", "serving", 120s).kea.value() == kea, daemon.log());
    BOOST_TEST_MESSAGE(count << " leases: ready "
                             << std::chrono::duration_cast<Milliseconds>(Clock::now() - begin).count()
                             << " ms after the second keavrfd's start");
    BOOST_TEST(processes_with("kea-dhcp4 -c").size() == 1U, daemon.log());
    BOOST_TEST(said_by_kea("DHCP4_STARTED") == 1U);
    for (const auto number : {0U, count / 2, count - 1}) {
        const auto lease = tenant.client(mac_of(number)).acquire();
        BOOST_REQUIRE_MESSAGE(lease, daemon.log());
        BOOST_TEST(lease->address == keavrf::Ipv4Address(first_address + number));
    }
    const auto answer = daemon.command({{"command", "status-get"}, {"arguments", {{"leases", true}}}});
    const auto status = keavrf::control::daemon_status_from_json(answer.arguments->as_object());
    BOOST_TEST(status.value().instances.front().leases.value() == count);
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
