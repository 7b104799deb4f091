#include "measure.hpp"

#include "contestants.hpp"
#include "kea_server.hpp"
#include "load.hpp"
#include "statistics.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/prctl.h>

#include <ctime>
#include <iostream>
#include <optional>

namespace keavrf::bench {

namespace {

constexpr unsigned load_processor = 0;
constexpr unsigned relay_processor = 1;
constexpr unsigned outstanding = 128;
constexpr double offered = 20'000;
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

Clock::duration seconds(double value)
{
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(value));
}

// One contestant in its wiring, with the server behind it.
class Stage {
public:
    Stage(const Entry& entry, bool kea) : wiring_(entry.uplink)
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
    [[nodiscard]] std::string failure()
    {
        if (load_->answers(ready)) {
            return {};
        }
        return contestant_ ? "answers nobody: " + contestant_->complaint() : "answers nobody";
    }
    LoadResult run(const LoadOptions& options) { return load_->run(options); }
    [[nodiscard]] double relay_cpu() const { return contestant_ ? processor_seconds(contestant_->pid()) : 0; }

private:
    Wiring wiring_;
    std::optional<KeaServer> kea_;
    std::optional<InstantServer> instant_;
    std::unique_ptr<Contestant> contestant_;
    std::optional<Load> load_;
};

double for_100000(double cpu, std::uint64_t exchanges)
{
    return exchanges == 0 ? 0 : cpu * 1e5 / static_cast<double>(exchanges);
}

Round measure_once(Stage& stage, const Options& options)
{
    Round round;
    LoadOptions closed;
    closed.outstanding = outstanding;
    closed.duration = seconds(0.3);
    stage.run(closed);

    closed.duration = seconds(options.seconds);
    auto before = stage.relay_cpu();
    const auto saturated = stage.run(closed);
    round.saturated = saturated.per_second();
    round.saturated_cpu = for_100000(stage.relay_cpu() - before, saturated.done);
    round.lost = saturated.lost;
    if (options.kea) {
        return round;
    }

    LoadOptions open;
    open.rate = offered;
    open.duration = seconds(options.seconds);
    before = stage.relay_cpu();
    const auto steady = stage.run(open);
    round.offered_cpu = for_100000(stage.relay_cpu() - before, steady.done);
    round.offered_done =
        static_cast<double>(steady.done) / static_cast<double>(std::max<std::uint64_t>(steady.begun, 1));
    round.lost += steady.lost;

    open.rate = 100;
    auto idle = stage.run(open);
    round.idle_p50 = percentile(idle.latencies, 0.5);
    round.idle_p99 = percentile(idle.latencies, 0.99);
    round.lost += idle.lost;
    return round;
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

void prepare()
{
    pin(0, load_processor);
    // Sleeps until the next packet is due end when they should, not 50 us later.
    ::prctl(PR_SET_TIMERSLACK, 1);
}

} // namespace

std::vector<Figures> measure(const Options& options)
{
    prepare();
    const auto entries = wanted(options);
    std::vector<Figures> all;
    for (const auto& entry : entries) {
        all.push_back({std::string(entry.name), {}, {}});
    }
    for (unsigned round = 1; round <= options.rounds; ++round) {
        for (std::size_t i = 0; i < entries.size(); ++i) {
            if (!all[i].failure.empty()) {
                continue;
            }
            std::cerr << "round " << round << ": " << entries[i].name << '\n';
            Stage stage(entries[i], options.kea);
            all[i].failure = stage.failure();
            if (all[i].failure.empty()) {
                all[i].rounds.push_back(measure_once(stage, options));
            }
        }
    }
    return all;
}

std::vector<Point> measure_points(const Options& options)
{
    prepare();
    std::vector<Point> points;
    for (const auto& entry : wanted(options)) {
        std::cerr << "plot: " << entry.name << '\n';
        Stage stage(entry, options.kea);
        if (!stage.failure().empty()) {
            continue;
        }
        const std::vector<double> rates =
            options.kea ? std::vector<double>{500, 1e3, 2e3, 4e3, 6e3, 8e3, 10e3, 12e3, 14e3}
                        : std::vector<double>{1e3, 5e3, 10e3, 20e3, 30e3, 40e3, 50e3, 60e3, 80e3, 1e5};
        for (const auto rate : rates) {
            LoadOptions open;
            open.rate = rate;
            open.duration = seconds(options.seconds / 2);
            auto result = stage.run(open);
            points.push_back({std::string(entry.name), rate, result.per_second(), percentile(result.latencies, 0.5),
                              percentile(result.latencies, 0.99)});
        }
    }
    return points;
}

} // namespace keavrf::bench
