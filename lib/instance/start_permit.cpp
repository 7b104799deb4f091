#include "instance/start_permit.hpp"

#include <utility>

namespace keavrf::instance {

StartPermit::StartPermit(const asio::any_io_executor& executor) : state_(std::make_shared<State>(executor)) {}

void StartPermit::hold(Semaphore::Permit permit)
{
    ++state_->held;
    state_->permit = std::move(permit);
}

void StartPermit::release() noexcept
{
    ++state_->held;
    state_->permit.release();
    state_->timer.cancel();
}

void StartPermit::release_after(Clock::duration duration)
{
    state_->timer.expires_after(duration);
    state_->timer.async_wait([state = state_, held = state_->held](const boost::system::error_code& error) {
        if (!error && state->held == held) {
            state->permit.release();
        }
    });
}

} // namespace keavrf::instance
