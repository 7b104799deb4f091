#include "others.hpp"

#include <thread>

namespace keavrf::endurance {

Others::Others(const Tenants& tenants, double rate) : rate_(rate / (tenants.count() - 1))
{
    for (unsigned tenant = 1; tenant < tenants.count(); ++tenant) {
        const auto interface = Tenants::client_interface(tenant);
        loads_.push_back(
            std::make_unique<bench::Load>(tenants.clients(), interface.c_str(), bench::Road(), true, nullptr));
    }
}

void Others::run(double seconds, bench::LoadResult& total)
{
    std::vector<bench::LoadResult> results(loads_.size());
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < loads_.size(); ++i) {
            threads.emplace_back([this, seconds, i, &results] { results[i] = run_one(i, seconds); });
        }
    }
    for (const auto& result : results) {
        total.begun += result.begun;
        total.done += result.done;
        total.lost += result.lost;
        total.latencies.insert(total.latencies.end(), result.latencies.begin(), result.latencies.end());
    }
}

bench::LoadResult Others::run_one(std::size_t which, double seconds)
{
    bench::LoadOptions options;
    options.rate = rate_;
    options.duration = std::chrono::duration_cast<bench::Clock::duration>(std::chrono::duration<double>(seconds));
    return loads_[which]->run(options);
}

Figures in_milliseconds(const bench::LoadResult& result)
{
    auto samples = result.latencies;
    for (auto& sample : samples) {
        sample /= 1000;
    }
    return figures_of(samples);
}

std::string lost_text(const bench::LoadResult& result)
{
    return std::to_string(result.lost) + " of " + std::to_string(result.begun);
}

} // namespace keavrf::endurance
