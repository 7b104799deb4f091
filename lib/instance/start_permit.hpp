// The right to build, or to start a Kea, while only a few do (Environment::starts). A start that takes longer than
// usual has no more right to it: the Keas that hang while they start, however many, keep no other VRF from coming back.
//
// Owned by who does the work; given back at its end at the latest.
#pragma once

#include "core/asio.hpp"
#include "core/semaphore.hpp"

#include <memory>

namespace keavrf::instance {

class StartPermit {
public:
    explicit StartPermit(const asio::any_io_executor& executor);
    StartPermit(const StartPermit&) = delete;
    StartPermit& operator=(const StartPermit&) = delete;
    ~StartPermit() { release(); }

    // In place of the one before, which has been released.
    void hold(Semaphore::Permit permit);
    void release() noexcept;
    // By itself, unless it is released before.
    void release_after(Clock::duration duration);

private:
    struct State {
        explicit State(const asio::any_io_executor& executor) : timer(executor) {}
        asio::steady_timer timer;
        Semaphore::Permit permit;
        unsigned held = 0; // counts them: a handler may be under way
    };

    std::shared_ptr<State> state_;
};

} // namespace keavrf::instance
