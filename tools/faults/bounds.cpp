#include "bounds.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

namespace keavrf::faults {

namespace {

constexpr auto first_delay = std::chrono::milliseconds(200);
constexpr auto longest = std::chrono::seconds(30);
constexpr auto counts_as_served = std::chrono::seconds(60);

double middle(std::vector<double> times)
{
    std::sort(times.begin(), times.end());
    return times.empty() ? 0 : times[(times.size() - 1) / 2];
}

} // namespace

void BackoffModel::hit(Clock::time_point now)
{
    // Whether it had served long enough since the last hit only keavrfd knows for sure; half as long again is safe.
    if (last_served_ > last_hit_ && now - last_hit_ > counts_as_served * 3 / 2) {
        failures_ = 0;
    }
    last_hit_ = now;
    ++failures_;
}

void BackoffModel::served(Clock::time_point now)
{
    last_served_ = now;
}

Milliseconds BackoffModel::longest_delay() const
{
    if (failures_ == 0) {
        return Milliseconds(0);
    }
    const auto doubled = first_delay * (1U << std::min(failures_ - 1, 10U));
    return std::min<Milliseconds>(doubled, longest) * 6 / 5;
}

void Table::recovered(const std::string& fault, Milliseconds time)
{
    lines_[fault].times.push_back(static_cast<double>(time.count()));
}

void Table::missed(const std::string& fault, const std::string& what)
{
    ++lines_[fault].missed;
    misses_.push_back(fault + ": " + what);
}

void Table::skipped(const std::string& fault)
{
    ++lines_[fault].skipped;
}

void Table::lost(const std::string& fault, std::size_t things)
{
    lines_[fault].lost += things;
}

std::size_t Table::faults() const
{
    std::size_t count = 0;
    for (const auto& [fault, line] : lines_) {
        count += line.times.size() + line.missed;
    }
    return count;
}

std::string Table::text() const
{
    std::ostringstream out;
    out << std::left << std::setw(22) << "fault" << std::right << std::setw(7) << "times" << std::setw(10) << "p50 ms"
        << std::setw(10) << "max ms" << std::setw(8) << "missed" << std::setw(7) << "lost" << '\n';
    for (const auto& [fault, line] : lines_) {
        const auto& times = line.times;
        out << std::left << std::setw(22) << fault << std::right << std::setw(7) << times.size() + line.missed
            << std::fixed << std::setprecision(0) << std::setw(10) << middle(times) << std::setw(10)
            << (times.empty() ? 0 : *std::max_element(times.begin(), times.end())) << std::setw(8) << line.missed
            << std::setw(7) << line.lost << '\n';
    }
    return out.str();
}

} // namespace keavrf::faults
