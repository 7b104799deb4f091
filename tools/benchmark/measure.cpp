#include "measure.hpp"

#include "stage.hpp"
#include "statistics.hpp"

#include <algorithm>
#include <iostream>

namespace keavrf::bench {

namespace {

constexpr double offered = 20'000;
// At 100/s each is measured so many times as often as at the other loads.
constexpr unsigned quiet_visits = 5;

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
    return round;
}

Quiet measure_quiet(Stage& stage, const Options& options)
{
    LoadOptions open;
    open.rate = 100;
    open.duration = seconds(options.seconds / 2);
    auto result = stage.run(open);
    return {percentile(result.latencies, 0.5), percentile(result.latencies, 0.99), result.lost};
}

// Each contestant that has not failed, in turn, so many times.
template <typename Visit>
void in_turn(const char* what, unsigned times, const Options& options, std::vector<Figures>& all, const Visit& visit)
{
    const auto entries = wanted(options);
    for (unsigned time = 1; time <= times; ++time) {
        for (std::size_t i = 0; i < entries.size(); ++i) {
            if (!all[i].failure.empty()) {
                continue;
            }
            std::cerr << what << ' ' << time << ": " << entries[i].name << '\n';
            Stage stage(entries[i], options.kea);
            all[i].failure = stage.failure();
            if (all[i].failure.empty()) {
                visit(stage, all[i]);
            }
        }
    }
}

} // namespace

std::vector<Figures> measure(const Options& options)
{
    prepare();
    std::vector<Figures> all;
    for (const auto& entry : wanted(options)) {
        all.push_back({std::string(entry.name), {}, {}, {}});
    }
    in_turn("round", options.rounds, options, all,
            [&](Stage& stage, Figures& figures) { figures.rounds.push_back(measure_once(stage, options)); });
    if (!options.kea) {
        in_turn("quiet", options.rounds * quiet_visits, options, all,
                [&](Stage& stage, Figures& figures) { figures.quiet.push_back(measure_quiet(stage, options)); });
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
