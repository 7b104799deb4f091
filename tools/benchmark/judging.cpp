#include "judging.hpp"

#include "stage.hpp"
#include "support/judge.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <sstream>
#include <utility>

namespace keavrf::bench {

namespace {

using test::Heard;
using test::RecordedFrame;
using test::Recording;

constexpr double steady_rate = 1000;
// As much as the recordings' buffers hold at any rate.
constexpr double steady_slice = 1;
constexpr double batch_slice = 0.01;
constexpr unsigned batch_slices = 5;

class Captures {
public:
    Captures(const Wiring& wiring, const Entry& entry) : of_(" of " + std::string(entry.name))
    {
        if (entry.uplink != Uplink::alone) {
            add(wiring.host(), "cli", &Judged::from_clients);
            add(wiring.clients(), "gen0", &Judged::to_clients);
        }
        add(wiring.server(), "kea0", &Judged::to_server);
        places_.back().recording.trust_offloaded_checksums();
        add(wiring.uplink_namespace(), "up", &Judged::from_server);
        places_.back().recording.trust_offloaded_checksums();
    }
    // What came since, before the kernel has no more room for it.
    void collect(Judged& judged)
    {
        for (auto& place : places_) {
            auto taken = place.recording.take();
            judged.*place.seen += taken.size();
            std::move(taken.begin(), taken.end(), std::back_inserter(frames_));
        }
    }
    // After the last collect(): whether all was seen that was there to be seen.
    void check(const Judged& judged)
    {
        for (auto& place : places_) {
            const auto lost = place.recording.lost();
            BOOST_TEST(lost == 0U, judged.name << ": " << lost << " packets found no room in the recording of "
                                               << place.recording.where());
            const auto seen = judged.*place.seen;
            BOOST_TEST(seen > 0U, judged.name << ": no packet at all on " << place.recording.where());
        }
    }
    [[nodiscard]] const std::vector<RecordedFrame>& frames() const noexcept { return frames_; }

private:
    struct Place {
        Recording recording;
        std::size_t Judged::*seen;
    };
    void add(int network_namespace, const std::string& interface, std::size_t Judged::*seen)
    {
        places_.push_back({Recording(network_namespace, interface, Heard::incoming, interface + of_), seen});
    }

    std::string of_;
    std::vector<Place> places_;
    std::vector<RecordedFrame> frames_;
};

void run_and_collect(Stage& stage, const LoadOptions& options, Captures& captures, Judged& judged)
{
    const auto result = stage.run(options);
    judged.exchanges += result.done;
    judged.lost += result.lost;
    captures.collect(judged);
}

Judged judge_one(const Entry& entry, const Options& options)
{
    Judged judged;
    judged.name = entry.name;
    Stage stage(entry, options.kea);
    Captures captures(stage.wiring(), entry);
    const auto failure = stage.failure();
    BOOST_TEST(failure.empty(), judged.name << " " << failure);
    LoadOptions steady;
    steady.rate = steady_rate;
    for (double left = options.seconds; left > 0; left -= steady_slice) {
        steady.duration = seconds(std::min(left, steady_slice));
        run_and_collect(stage, steady, captures, judged);
    }
    LoadOptions batches;
    batches.outstanding = outstanding;
    batches.duration = seconds(batch_slice);
    for (unsigned slice = 0; slice < batch_slices; ++slice) {
        run_and_collect(stage, batches, captures, judged);
    }
    captures.check(judged);
    auto findings = test::judge(captures.frames());
    judged.warnings = findings.size();
    test::report(std::move(findings));
    return judged;
}

} // namespace

std::vector<Judged> judge_contestants(const Options& options)
{
    prepare();
    std::vector<Judged> all;
    for (const auto& entry : wanted(options)) {
        std::cerr << "judging: " << entry.name << '\n';
        all.push_back(judge_one(entry, options));
    }
    return all;
}

std::string judged_table(const std::vector<Judged>& all)
{
    std::ostringstream out;
    const auto row = [&](const auto& name, const auto&... cells) {
        out << std::left << std::setw(13) << name << std::right;
        ((out << "  " << std::setw(12) << cells), ...);
        out << '\n';
    };
    row("relay", "exchanges", "lost", "from clients", "to server", "from server", "to clients", "warnings");
    std::size_t packets = 0;
    std::size_t warnings = 0;
    for (const auto& one : all) {
        row(one.name, one.exchanges, one.lost, one.from_clients, one.to_server, one.from_server, one.to_clients,
            one.warnings);
        packets += one.packets();
        warnings += one.warnings;
    }
    out << "judged: " << packets << " packets, " << warnings << " warnings\n";
    return out.str();
}

} // namespace keavrf::bench
