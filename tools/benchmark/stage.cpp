#include "stage.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/prctl.h>

#include <algorithm>
#include <ctime>

namespace keavrf::bench {

namespace {

constexpr unsigned load_processor = 0;
constexpr unsigned relay_processor = 1;
constexpr auto ready = std::chrono::seconds(5);

double processor_seconds(pid_t process)
{
    clockid_t clock = 0;
    timespec used{};
    if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &used) != 0) {
        return 0;
    }
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

} // namespace

Clock::duration seconds(double value)
{
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(value));
}

void prepare()
{
    pin(0, load_processor);
    // Sleeps until the next packet is due end when they should, not 50 us later.
    ::prctl(PR_SET_TIMERSLACK, 1);
}

std::vector<Entry> wanted(const Options& options)
{
    std::vector<Entry> all = contestants();
    if (options.kea) {
        all.push_back({"kea alone", Uplink::alone, {}});
    }
    if (!options.only.empty()) {
        std::erase_if(all, [&](const Entry& entry) {
            return std::none_of(options.only.begin(), options.only.end(), [&](const std::string& name) {
                return entry.name == name || entry.name.starts_with(name + " ");
            });
        });
    }
    BOOST_REQUIRE_MESSAGE(!all.empty(), "--only: there is no such contestant");
    return all;
}

Stage::Stage(const Entry& entry, bool kea) : wiring_(entry.uplink)
{
    if (kea) {
        kea_.emplace(wiring_);
        pin(kea_->pid(), relay_processor);
    } else {
        instant_.emplace(wiring_.server());
    }
    if (entry.start) {
        contestant_ = entry.start(wiring_);
        pin(contestant_->pid(), relay_processor);
    }
    auto* instant = instant_ ? &*instant_ : nullptr;
    if (entry.uplink == Uplink::alone) {
        Road road;
        road.source = Wiring::relay_mac;
        road.destination = Wiring::server_mac;
        road.giaddr = gateway;
        road.relay_address = relay_address;
        road.server = server_address;
        load_.emplace(-1, "up", road, kea, instant);
    } else {
        load_.emplace(wiring_.clients(), "gen0", Road(), kea, instant);
    }
}

std::string Stage::failure()
{
    if (load_->answers(ready)) {
        return {};
    }
    return contestant_ ? "answers nobody: " + contestant_->complaint() : "answers nobody";
}

double Stage::relay_cpu() const
{
    return contestant_ ? processor_seconds(contestant_->pid()) : 0;
}

} // namespace keavrf::bench
