// A time limit for a chain of operations on one I/O object: when it passes, the object is closed, so that the pending
// operation and every later one fail; or (Ends::operation) only what is pending is ended, and the object can be used
// on. Declared after the object, in the same scope:
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
    enum class Ends { object, operation };

    template <class IoObject>
    Deadline(IoObject& object, Clock::duration limit, Ends what = Ends::object) : timer_(object.get_executor(), limit)
    {
        // The handler may already be queued when this object goes: it then finds `armed` cleared.
        timer_.async_wait([state = state_, &object, what](const boost::system::error_code& error) {
            if (!error && state->armed) {
                state->expired = true;
                boost::system::error_code ignored;
                what == Ends::object ? object.close(ignored) : object.cancel(ignored);
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
