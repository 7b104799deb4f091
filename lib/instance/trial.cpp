#include "instance/trial.hpp"

#include <algorithm>
#include <utility>

namespace keavrf::instance {

namespace {

using namespace std::chrono_literals;

// As they stand in lib/kea: to look at the lease file, and as much again to make it whole, or to try that; config-set,
// with its retries while kea-lfc is at work; from SIGKILL to the end.
constexpr auto reading = 30s;
constexpr auto applying = 70s;
constexpr auto killing = 5s;

} // namespace

std::chrono::steady_clock::duration longest_trial(const TrialTimes& times)
{
    const auto looking = 2 * (reading + times.leases);
    const auto starting = looking + times.start + times.leases;
    const auto reloading = applying + times.leases;
    const auto replacing = times.stop + killing + starting;
    return starting + looking + std::max(reloading, replacing);
}

void Trial::begin(std::string hash, bool replaces)
{
    ++number_;
    replaces_ = false;
    go_on(std::move(hash), replaces);
}

void Trial::go_on(std::string hash, bool replaces)
{
    hash_ = std::move(hash);
    outstanding_ = true;
    replaces_ = replaces_ || replaces;
    failure_.reset();
}

void Trial::serves(const std::string& hash) noexcept
{
    replaces_ = replaces_ || hash != hash_;
}

void Trial::end() noexcept
{
    outstanding_ = false;
}

void Trial::forget() noexcept
{
    outstanding_ = false;
    failure_.reset();
}

Failure Trial::failed(unsigned tried, Failure failure, bool of_kea, const std::string& reason)
{
    if (!outstanding_ || tried != number_) {
        return failure;
    }
    outstanding_ = false;
    if (failure != Failure::rejected && !(of_kea && replaces_)) {
        return failure;
    }
    failure_ = reason;
    refused_ = failure == Failure::rejected;
    return Failure::rejected;
}

} // namespace keavrf::instance
