// What a reload asks of one instance: does its Kea run what it was told? Until all do, nothing is settled, and the
// first that does not takes the reload back on all. Pure.
//
// A Kea that refuses the configuration fails it. Where one ran with another configuration, so does whatever keeps it
// from running this one: that it died or hung over it, or that none could be started in its place. What was in trouble
// before the reload, or is for reasons that are not Kea's, says nothing about the configuration; nor does the failure
// of what had been begun before it.
#pragma once

#include "instance/machine.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace keavrf::instance {

// What the steps of a trial may take that is not the same for all.
struct TrialTimes {
    std::chrono::steady_clock::duration start;  // until Kea is ready, had it no leases to load
    std::chrono::steady_clock::duration stop;   // until it is killed
    std::chrono::steady_clock::duration leases; // more, for whoever reads its leases (kea::lease_allowance)
};
// How long it may take, all in order, until Kea runs what it was told: the limits of all steps together, from a start
// that is under way to that of a new Kea in its place.
std::chrono::steady_clock::duration longest_trial(const TrialTimes& times);

class Trial {
public:
    // Of the configuration with this hash. `replaces`: a Kea serves, or loads its leases, with another.
    void begin(std::string hash, bool replaces);
    // A Kea has become ready, and this is what it runs: another one is replaced from here on.
    void serves(const std::string& hash) noexcept;
    // The same trial, of what the host has made of it; after forget().
    void go_on(std::string hash, bool replaces);
    // Which trial it is, by its number; 0: nothing is tried now.
    [[nodiscard]] unsigned tried() const noexcept { return outstanding_ ? number_ : 0; }
    // There is nothing left to do for it.
    void end() noexcept;
    // Something failed; `of_kea`: Kea's start, or its reload. `tried`: as it was when that was begun. Returns how the
    // machine has to see it: what fails the trial is refused, so that the configuration before is gone back to at once.
    Failure failed(unsigned tried, Failure failure, bool of_kea, const std::string& reason);

    [[nodiscard]] bool outstanding() const noexcept { return outstanding_; }
    [[nodiscard]] bool replaces() const noexcept { return replaces_; }
    // Why the configuration has failed; kept until the next trial, or the end of what was tried.
    [[nodiscard]] const std::optional<std::string>& failure() const noexcept { return failure_; }
    // It failed, and not because Kea refused it.
    [[nodiscard]] bool failed_otherwise() const noexcept { return failure_ && !refused_; }
    // Another configuration is told, in earnest.
    void forget() noexcept;

private:
    unsigned number_ = 0;
    bool outstanding_ = false;
    bool replaces_ = false;
    bool refused_ = false;
    std::string hash_;
    std::optional<std::string> failure_;
};

} // namespace keavrf::instance
