#include "heavy.hpp"

#include "others.hpp"
#include "report.hpp"
#include "support/daemon.hpp"
#include "tenants.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>

namespace keavrf::endurance {

namespace {

using Clock = std::chrono::steady_clock;

constexpr double slice = 0.1; // seconds
constexpr auto patience = std::chrono::seconds(120);
constexpr std::time_t lifetime = 86'400;
const std::string lease_file = "/var/lib/keavrfd/t0/kea-leases4.csv";
constexpr std::uint32_t first_address = 0xac100000; // of 172.16.0.0/12

// The first VRF has a second subnet, with room for a million.
std::string yaml_of(const Tenants& tenants)
{
    auto text = tenants.yaml();
    const std::string entry = "t0: {device: none, interfaces: [e0]";
    return text.insert(text.find(entry) + entry.size(),
                       ", dhcp4: {subnet4: [{id: 1, subnet: 10.1.0.0/16, pools: [{pool: 10.1.0.10 - 10.1.255.250}]}, "
                       "{id: 2, subnet: 172.16.0.0/12}]}");
}

std::string row_of(std::uint64_t number, std::time_t now)
{
    const auto address = first_address + static_cast<std::uint32_t>(number);
    std::array<char, 160> row{};
    const int size = std::snprintf(row.data(), row.size(), "%u.%u.%u.%u,02:11:22:%02x:%02x:%02x,,%ld,%ld,2,0,0,,0,\n",
                                   address >> 24U, address >> 16U & 255U, address >> 8U & 255U, address & 255U,
                                   static_cast<unsigned>(number >> 16U & 255U),
                                   static_cast<unsigned>(number >> 8U & 255U), static_cast<unsigned>(number & 255U),
                                   static_cast<long>(lifetime), static_cast<long>(now + lifetime));
    return {row.data(), static_cast<std::size_t>(size)};
}

// In place of the file that Kea has open: for the next one. Damaged: with a part of a row in the middle, as a full disk
// leaves it, so that the whole file is written anew.
void put_leases(std::uint64_t count, bool damaged)
{
    struct stat status {};
    BOOST_REQUIRE(::stat(lease_file.c_str(), &status) == 0);
    const auto beside = lease_file + ".heavy";
    {
        std::ofstream file(beside);
        file << "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,"
                "user_context\n";
        const auto now = std::time(nullptr);
        for (std::uint64_t number = 0; number < count; ++number) {
            const auto row = row_of(number, now);
            file << (damaged && number == count / 2 ? row.substr(0, row.size() / 2) : "") << row;
        }
        BOOST_REQUIRE(file.flush().good());
    }
    BOOST_REQUIRE(::chown(beside.c_str(), status.st_uid, status.st_gid) == 0);
    BOOST_REQUIRE(::chmod(beside.c_str(), status.st_mode & 0777U) == 0);
    BOOST_REQUIRE(::rename(beside.c_str(), lease_file.c_str()) == 0);
}

struct Start {
    bench::LoadResult mending; // no Kea yet
    bench::LoadResult loading; // by Kea, which does not serve yet
    Clock::duration without_kea{};
    Clock::duration until_serving{};
};

Start start_again(const test::Daemon& daemon, Others& others)
{
    const auto vrf = Tenants::vrf(0);
    const auto before = daemon.kea(vrf);
    BOOST_REQUIRE(before > 0);
    Start seen;
    const auto begin = Clock::now();
    ::kill(before, SIGKILL);
    for (bool serves = false; !serves;) {
        BOOST_REQUIRE_MESSAGE(Clock::now() < begin + patience, daemon.log());
        const auto status = daemon.status_of(vrf);
        const auto kea = status ? status->kea.value() : 0;
        const bool none = kea == 0 || kea == before;
        serves = status && !none && status->state == "serving";
        if (!serves) {
            others.run(slice, none ? seen.mending : seen.loading);
            seen.without_kea = none ? Clock::now() - begin : seen.without_kea;
        }
    }
    seen.until_serving = Clock::now() - begin;
    return seen;
}

void tell(const std::string& which, const Start& seen, const Figures& quiet)
{
    report(which + ": without a Kea, then serving",
           text(figures_of({milliseconds_of(seen.without_kea)}), "ms") + "; " +
               text(figures_of({milliseconds_of(seen.until_serving)}), "ms"),
           "", true);
    const auto lost = seen.mending.lost + seen.loading.lost;
    report("  others' leases not got", lost_text(seen.mending) + " and " + lost_text(seen.loading), "none", lost == 0);
    const auto mending = in_milliseconds(seen.mending);
    report("  others' four messages, file looked at", text(mending, "ms"), "p99 at most twice the quiet one",
           mending.p99 <= 2 * quiet.p99);
    report("  others' four messages, Kea loads it", text(in_milliseconds(seen.loading), "ms"), "", true);
}

} // namespace

void heavy(const Options& options)
{
    const Tenants tenants(options.vrfs == 0 ? 5 : options.vrfs);
    BOOST_REQUIRE_MESSAGE(tenants.count() > 1, "this needs a VRF and another one");
    auto daemon = test::Daemon::with(yaml_of(tenants));
    for (unsigned tenant = 0; tenant < tenants.count(); ++tenant) {
        daemon.wait_until(Tenants::vrf(tenant), "serving");
    }
    Others others(tenants, options.rate);
    bench::LoadResult quiet;
    others.run(1, quiet); // to warm up
    quiet = {};
    others.run(options.seconds, quiet);
    const auto figures = in_milliseconds(quiet);
    report("others' four messages, quiet", text(figures, "ms"), "", true);
    for (const bool damaged : {false, true}) {
        put_leases(options.leases, damaged);
        const auto seen = start_again(daemon, others);
        tell(std::to_string(options.leases) + " leases" + (damaged ? ", not whole" : ", whole"), seen, figures);
    }
    BOOST_TEST(daemon.logs({"leases.mended", "rows-separated=1"}), daemon.log());
    daemon.stop();
}

} // namespace keavrf::endurance
