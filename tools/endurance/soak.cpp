#include "soak.hpp"

#include "flooder.hpp"
#include "footprint.hpp"
#include "report.hpp"
#include "support/daemon.hpp"
#include "tenants.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <thread>
#include <vector>

namespace keavrf::endurance {

namespace {

namespace fs = std::filesystem;

constexpr unsigned samples = 10;
// After it nothing may grow: allocators, caches and tables have their size by then.
constexpr unsigned warm_samples = 3;
constexpr long allowed_growth = 256; // KiB
constexpr double flood_rate = 60'000;

class Watch {
public:
    explicit Watch(pid_t process) : process_(process) {}
    void sample(const std::string& when)
    {
        seen_.push_back(footprint_of(process_));
        const auto& now = seen_.back();
        std::cout << "  " << when << ": RSS " << now.rss << ", PSS " << now.pss << ", heap " << now.heap << " KiB, "
                  << now.descriptors << " descriptors" << std::endl;
    }
    void judge(const std::string& what) const
    {
        const auto& warm = seen_.at(warm_samples - 1);
        const auto& last = seen_.back();
        const auto grown = last.heap - warm.heap;
        const auto more = last.descriptors - warm.descriptors;
        report("heap after " + what, std::to_string(warm.heap) + " KiB, then " + std::to_string(last.heap) + " KiB",
               "no growth after warm-up", grown <= allowed_growth);
        report("descriptors after " + what,
               std::to_string(warm.descriptors) + ", then " + std::to_string(last.descriptors),
               "no growth after warm-up", more <= 0);
    }

private:
    pid_t process_;
    std::vector<Footprint> seen_;
};

// VRF names are never used again, as tenants' are not.
std::string yaml_of(unsigned count, std::uint64_t generation)
{
    std::string text = "vrfs:\n";
    for (unsigned i = 0; i < count; ++i) {
        const auto number = std::to_string(i);
        text += "  g" + std::to_string(generation) + "x" + number + ": {device: none, interfaces: [e" + number + "]}\n";
    }
    return text;
}

void wait_for_generation(test::Daemon& daemon, unsigned count, std::uint64_t generation)
{
    const auto prefix = "g" + std::to_string(generation) + "x";
    const auto serves = [&] {
        const auto status = daemon.status();
        return status && status->instances.size() == count &&
               std::all_of(status->instances.begin(), status->instances.end(), [&](const auto& instance) {
                   return instance.state == "serving" && instance.vrf.str().starts_with(prefix);
               });
    };
    BOOST_REQUIRE_MESSAGE(test::eventually(serves, std::chrono::seconds(60)), daemon.log());
}

// keavrfd keeps leases and logs of a VRF that is gone; here nobody will ask for them.
void forget_generation(unsigned count, std::uint64_t generation)
{
    for (unsigned i = 0; i < count; ++i) {
        const auto name = "g" + std::to_string(generation) + "x" + std::to_string(i);
        fs::remove_all("/var/lib/keavrfd/" + name);
        fs::remove_all("/var/log/keavrfd/" + name);
    }
}

void cycle(const Options& options, const Tenants& tenants)
{
    auto daemon = test::Daemon::with(yaml_of(tenants.count(), 0));
    wait_for_generation(daemon, tenants.count(), 0);
    Watch watch(daemon.pid());
    const auto generations = std::max<std::uint64_t>(options.cycles / tenants.count(), samples);
    const auto start = std::chrono::steady_clock::now();
    for (std::uint64_t generation = 1; generation <= generations; ++generation) {
        daemon.write_configuration(yaml_of(tenants.count(), generation));
        daemon.program().signal(SIGHUP);
        wait_for_generation(daemon, tenants.count(), generation);
        forget_generation(tenants.count(), generation - 1);
        if (generation % (generations / samples) == 0) {
            watch.sample(std::to_string(generation * tenants.count()) + " VRFs added and deleted");
        }
    }
    const auto took = milliseconds_of(std::chrono::steady_clock::now() - start);
    const auto cycles = static_cast<double>(generations * tenants.count());
    report("a VRF added and another deleted", text(figures_of({took / cycles}), "ms"), "", true);
    watch.judge(std::to_string(generations * tenants.count()) + " cycles");
    daemon.stop();
}

void relay_packets(const Options& options, const Tenants& tenants)
{
    auto daemon = test::Daemon::with(tenants.yaml());
    daemon.wait_until(Tenants::vrf(0), "serving");
    const auto relayed = [&] {
        const auto status = daemon.status_of(Tenants::vrf(0));
        return status ? status->messages_in + status->messages_out : 0;
    };
    Watch watch(daemon.pid());
    const Flooder flooder(tenants.clients(), Tenants::client_interface(0), flood_rate);
    for (unsigned sample = 1; sample <= samples; ++sample) {
        while (relayed() < options.packets * sample / samples) {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        watch.sample(std::to_string(relayed()) + " packets relayed");
    }
    watch.judge(std::to_string(relayed()) + " packets");
    daemon.stop();
}

} // namespace

void soak(const Options& options)
{
    const Tenants tenants(options.vrfs == 0 ? 8 : options.vrfs);
    if (options.packets > 0) {
        relay_packets(options, tenants);
    }
    if (options.cycles > 0) {
        cycle(options, tenants);
    }
}

} // namespace keavrf::endurance
