// Restart delays (DESIGN section 6): at once when the service had run long enough, else 0.2 s doubling to 30 s, jitter
// 20 %. Pure: the random number comes in.
#pragma once

#include <chrono>

namespace keavrf {

struct BackoffPolicy {
    std::chrono::milliseconds first{200};
    std::chrono::milliseconds longest{30000};
    // A run of at least this length is forgiven: the next restart is immediate.
    std::chrono::milliseconds healthy{60000};
    double jitter = 0.2;
};

class Backoff {
public:
    explicit Backoff(BackoffPolicy policy = {}) : policy_(policy) {}

    // The delay before the next start. `ran` is how long the service had served (0: never got there); `random` is
    // uniform in [0, 1).
    std::chrono::milliseconds next(std::chrono::milliseconds ran, double random);
    void reset() noexcept { failures_ = 0; }
    [[nodiscard]] unsigned failures() const noexcept { return failures_; }

private:
    BackoffPolicy policy_;
    unsigned failures_ = 0;
};

} // namespace keavrf
