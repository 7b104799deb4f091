// A time limit for a chain of operations on one I/O object: when it passes, the object is closed, so that the pending
// operation and every later one fail. Declared after the object, in the same scope:
//
//   Socket socket(executor);
//   const Deadline deadline(socket, 5s);
//   auto [error] = co_await socket.async_connect(endpoint, as_result);
//   if (error && deadline.expired()) ...
#pragma once

#include "core/asio.hpp"

#include <memory>

namespace keavrf {

class Deadline {
public:
    template <class IoObject>
    Deadline(IoObject& object, Clock::duration limit) : timer_(object.get_executor(), limit)
    {
        // The handler may already be queued when this object goes: it then finds `armed` cleared.
        timer_.async_wait([state = state_, &object](const boost::system::error_code& error) {
            if (!error && state->armed) {
                state->expired = true;
                boost::system::error_code ignored;
                object.close(ignored);
            }
        });
    }
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;
    ~Deadline() { state_->armed = false; }

    [[nodiscard]] bool expired() const noexcept { return state_->expired; }

private:
    struct State {
        bool armed = true;
        bool expired = false;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
    asio::steady_timer timer_;
};

} // namespace keavrf
