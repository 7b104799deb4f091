#include "soak.hpp"

#include "flooder.hpp"
#include "footprint.hpp"
#include "report.hpp"
#include "support/daemon.hpp"
#include "support/raw_client.hpp"
#include "support/sandbox.hpp"
#include "tenants.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <iostream>
#include <thread>
#include <vector>

namespace keavrf::endurance {

namespace {

namespace fs = std::filesystem;

constexpr unsigned default_vrfs = 8;
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
std::string vrf_of(std::uint64_t generation, unsigned number)
{
    return "g" + std::to_string(generation) + "x" + std::to_string(number);
}

std::string yaml_of(unsigned count, std::uint64_t generation)
{
    std::string text = "vrfs:\n";
    for (unsigned i = 0; i < count; ++i) {
        text += "  " + vrf_of(generation, i) + ": {device: none, interfaces: [e" + std::to_string(i) + "]}\n";
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
        const auto name = vrf_of(generation, i);
        fs::remove_all("/var/lib/keavrfd/" + name);
        fs::remove("/var/lib/keavrfd/.locks/" + name);
        fs::remove_all("/var/log/keavrfd/" + name);
    }
}

// `next` brings the next generation about, and takes the one before away.
void go_through(test::Daemon& daemon, unsigned count, std::uint64_t cycles,
                const std::function<void(std::uint64_t)>& next)
{
    wait_for_generation(daemon, count, 0);
    Watch watch(daemon.pid());
    const auto generations = std::max<std::uint64_t>(cycles / count, samples);
    const auto start = std::chrono::steady_clock::now();
    for (std::uint64_t generation = 1; generation <= generations; ++generation) {
        next(generation);
        wait_for_generation(daemon, count, generation);
        forget_generation(count, generation - 1);
        if (generation % (generations / samples) == 0) {
            watch.sample(std::to_string(generation * count) + " VRFs added and deleted");
        }
    }
    const auto took = milliseconds_of(std::chrono::steady_clock::now() - start);
    const auto done = static_cast<double>(generations * count);
    report("a VRF added and another deleted", text(figures_of({took / done}), "ms"), "", true);
    watch.judge(std::to_string(generations * count) + " cycles");
}

void cycle(const Options& options, const Tenants& tenants)
{
    auto daemon = test::Daemon::with(yaml_of(tenants.count(), 0));
    go_through(daemon, tenants.count(), options.cycles, [&](std::uint64_t generation) {
        daemon.write_configuration(yaml_of(tenants.count(), generation));
        daemon.program().signal(SIGHUP);
    });
    daemon.stop();
}

// Names that say what there is: the hub's, and one for each VRF.
void check_namespaces(unsigned count)
{
    const auto none_more = [&] {
        const fs::directory_iterator names("/run/netns");
        return std::distance(begin(names), end(names)) == count + 1;
    };
    const bool met = test::eventually(none_more);
    const auto keas = test::processes_with("kea-dhcp4").size();
    report("names in /run/netns, and Keas", met ? std::to_string(count + 1) + ", " + std::to_string(keas) : "more",
           "the hub and one a VRF", met && keas == count);
}

// VRF devices, each with a member that has an address and a client behind it.
class Devices {
public:
    explicit Devices(unsigned count) : count_(count) { host_.up("lo"); }
    void make(std::uint64_t generation)
    {
        for (unsigned i = 0; i < count_; ++i) {
            const auto vrf = vrf_of(generation, i);
            const auto member = "m" + std::to_string(i);
            host_.add_vrf(vrf, 1000 + i);
            host_.add_veth(member, clients_, Tenants::client_interface(i), Tenants::mac(i));
            host_.set_master(member, vrf);
            host_.add_address(member, "10." + std::to_string(i + 1) + ".0.1/16");
        }
    }
    void remove(std::uint64_t generation)
    {
        for (unsigned i = 0; i < count_; ++i) {
            host_.remove("m" + std::to_string(i));
            host_.remove(vrf_of(generation, i));
        }
    }
    // Whether it serves, and not only says so.
    void check_one() const
    {
        test::RawClient client(clients_.fd(), Tenants::client_interface(0), Tenants::mac(0));
        BOOST_TEST(client.acquire().has_value());
    }

private:
    unsigned count_;
    test::Network host_;
    test::ClientNamespace clients_;
};

void cycle_devices(const Options& options)
{
    const unsigned count = options.vrfs == 0 ? default_vrfs : options.vrfs;
    Devices devices(count);
    devices.make(0);
    auto daemon = test::Daemon::with("vrfs: {\"*\": {}}\n");
    go_through(daemon, count, options.devices, [&](std::uint64_t generation) {
        devices.check_one();
        devices.remove(generation - 1);
        devices.make(generation);
    });
    devices.check_one();
    check_namespaces(count);
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
    if (options.devices > 0) {
        return cycle_devices(options);
    }
    const Tenants tenants(options.vrfs == 0 ? default_vrfs : options.vrfs);
    if (options.packets > 0) {
        relay_packets(options, tenants);
    }
    if (options.cycles > 0) {
        cycle(options, tenants);
    }
}

} // namespace keavrf::endurance
