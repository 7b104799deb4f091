// How long a VRF may take to serve again, and what the run's table is made of; pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace keavrf::faults {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

// keavrfd starts a Kea that ended again at once where it had served for 60 s, else after 0.2 s, doubling to 30 s,
// jitter 20 % (DESIGN section 6): the longest delay a VRF may be in, from when it was hit.
class BackoffModel {
public:
    // A fault that ends the VRF's Kea, or hinders its start.
    void hit(Clock::time_point now);
    void served(Clock::time_point now);
    // The keavrfd that counted is gone, and the next begins to count anew.
    void forget() { failures_ = 0; }
    [[nodiscard]] Milliseconds longest_delay() const;

private:
    unsigned failures_ = 0;
    Clock::time_point last_hit_{};
    Clock::time_point last_served_{};
};

// One line a kind of fault.
class Table {
public:
    // A fault whose VRFs all served again after this time.
    void recovered(const std::string& fault, Milliseconds time);
    // One whose bound passed.
    void missed(const std::string& fault, const std::string& what);
    void skipped(const std::string& fault);
    // What clients lost while this fault was the last.
    void lost(const std::string& fault, std::size_t things);

    [[nodiscard]] std::string text() const;
    [[nodiscard]] const std::vector<std::string>& misses() const noexcept { return misses_; }
    [[nodiscard]] std::size_t faults() const;

private:
    struct Line {
        std::vector<double> times; // milliseconds
        std::size_t missed = 0;
        std::size_t skipped = 0;
        std::size_t lost = 0;
    };
    std::map<std::string, Line> lines_;
    std::vector<std::string> misses_;
};

} // namespace keavrf::faults
