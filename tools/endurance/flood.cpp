#include "flood.hpp"

#include "flooder.hpp"
#include "others.hpp"
#include "report.hpp"
#include "support/daemon.hpp"
#include "tenants.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <thread>

namespace keavrf::endurance {

namespace {

// What the first VRF's port has read: relayed or dropped for a reason of its own, but not what the kernel dropped.
struct Reached {
    std::uint64_t read = 0;
    std::uint64_t relayed = 0;
    std::uint64_t overflowed = 0;
};
Reached reached(const test::Daemon& daemon)
{
    const auto status = daemon.status_of(Tenants::vrf(0));
    BOOST_REQUIRE(status.has_value());
    Reached seen;
    seen.relayed = status->messages_in;
    seen.read = status->messages_in;
    for (const auto& [reason, count] : status->drops) {
        (reason == "socket-full" ? seen.overflowed : seen.read) += count;
    }
    return seen;
}

struct Phases {
    bench::LoadResult quiet;
    bench::LoadResult flooded;
    std::uint64_t sent = 0;
    Reached reached;
    double seconds = 0;
};

void flood_once(const Options& options, const Tenants& tenants, const test::Daemon& daemon, Others& others,
                Phases& phases)
{
    const auto before = reached(daemon);
    Flooder flooder(tenants.clients(), Tenants::client_interface(0), options.offered);
    const auto start = std::chrono::steady_clock::now();
    others.run(options.seconds, phases.flooded);
    phases.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    phases.sent += flooder.sent();
    const auto after = reached(daemon);
    phases.reached.read += after.read - before.read;
    phases.reached.relayed += after.relayed - before.relayed;
    phases.reached.overflowed += after.overflowed - before.overflowed;
}

std::string a_second(std::uint64_t count, double seconds)
{
    return std::to_string(static_cast<std::uint64_t>(static_cast<double>(count) / seconds)) + "/s";
}

void tell(const Phases& phases)
{
    const auto quiet = in_milliseconds(phases.quiet);
    const auto flooded = in_milliseconds(phases.flooded);
    const auto read = static_cast<double>(phases.reached.read) / phases.seconds;
    report("offered in the flooded VRF", a_second(phases.sent, phases.seconds), "", true);
    report("  read by its port", a_second(phases.reached.read, phases.seconds), "20000/s", read >= 20'000);
    report("  relayed to its Kea", a_second(phases.reached.relayed, phases.seconds), "", true);
    report("  dropped by the kernel: socket full", a_second(phases.reached.overflowed, phases.seconds), "", true);
    report("others' leases not got, quiet", lost_text(phases.quiet), "none", phases.quiet.lost == 0);
    report("others' leases not got, flooded", lost_text(phases.flooded), "none", phases.flooded.lost == 0);
    report("others' four messages, quiet", text(quiet, "ms"), "", true);
    report("others' four messages, flooded", text(flooded, "ms"), "p99 at most twice the quiet one",
           flooded.p99 <= 2 * quiet.p99);
}

} // namespace

void flood(const Options& options)
{
    const Tenants tenants(options.vrfs == 0 ? 5 : options.vrfs);
    BOOST_REQUIRE_MESSAGE(tenants.count() > 1, "a flood needs a VRF and another one");
    auto daemon = test::Daemon::with(tenants.yaml(options.limit));
    for (unsigned tenant = 0; tenant < tenants.count(); ++tenant) {
        daemon.wait_until(Tenants::vrf(tenant), "serving");
    }
    Others others(tenants, options.rate);
    bench::LoadResult warm_up;
    others.run(1, warm_up);
    Phases phases;
    for (unsigned round = 0; round < (options.rounds == 0 ? 3 : options.rounds); ++round) {
        others.run(options.seconds, phases.quiet);
        flood_once(options, tenants, daemon, others, phases);
        std::this_thread::sleep_for(std::chrono::milliseconds(500)); // what is still queued
    }
    tell(phases);
    daemon.stop();
}

} // namespace keavrf::endurance
