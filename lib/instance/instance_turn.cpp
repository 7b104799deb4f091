// One turn of an instance: observe, ask what is missing and what of it may be done now, do it.
#include "core/exception_text.hpp"
#include "core/log.hpp"
#include "instance/instance.hpp"
#include "kea/server.hpp"

#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <new>

namespace keavrf::instance {

namespace {

using namespace std::chrono_literals;

// Turns that each did something, without a rest between them; a start takes a handful.
constexpr unsigned most_turns_in_a_row = 32;
constexpr auto turn_pause = 1s;

// The system refuses something that was needed.
bool is_refusal(const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error&) {
        return true;
    } catch (const std::bad_alloc&) {
        return true;
    } catch (...) {
        return false;
    }
}

Error error_of(const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
        return Error::from_code("the system refuses what is needed", error.code());
    } catch (const std::bad_alloc&) {
        return Error::from_errno("the system refuses what is needed", ENOMEM);
    } catch (...) {
        return Error("failed in an unexpected way: " + text_of(failure));
    }
}

} // namespace

// A turn that is cancelled on its way is no failure: the next one looks at what it left. One that the system refuses
// something (memory, a descriptor), or that fails in a way which nobody has thought of, fails this VRF, and no other.
asio::awaitable<bool> Instance::async_turn()
{
    std::exception_ptr failure;
    try {
        const bool finished = co_await async_turn_uncancelled();
        co_return finished;
    } catch (...) {
        failure = std::current_exception();
    }
    if (!is_cancellation(failure)) {
        turn_failed(failure);
    }
    // What goes on failing must not keep keavrfd from its end.
    const bool given_up = leaving_ && given_up_at_ && Clock::now() >= *given_up_at_;
    co_return given_up;
}

// It may have failed before the machine was asked when to try again.
void Instance::turn_failed(const std::exception_ptr& failure) noexcept
{
    if (leaving_ && !given_up_at_) {
        given_up_at_ = Clock::now() + leave_limit;
    }
    try {
        const auto error = error_of(failure);
        if (!is_refusal(failure)) {
            log::error("instance.unexpected", vrf_,
                       "a turn failed as it never should, and is tried again (please report this): " + error.message());
        }
        note_want_of_descriptors(error);
        failed(leaving_ ? Failure::undo : Failure::transient, error.message());
    } catch (const std::exception&) {
        turns_in_a_row_ = 0; // not even that can be said, for want of memory; tried again all the same
    }
    wake_at_ = Clock::now() + turn_pause;
}

// Whatever a plan says, and whoever undoes it: an instance that never comes to rest takes no more than its turn.
void Instance::go_on()
{
    if (++turns_in_a_row_ < most_turns_in_a_row) {
        wakeup_.notify();
        return;
    }
    if (turns_in_a_row_ == most_turns_in_a_row) {
        log::warning("instance.restless", vrf_,
                     "does not come to rest, and is given a turn a second from here on (does another program change "
                     "this VRF's namespace or links?)");
    }
    wake_at_ = std::min(wake_at_, Clock::now() + turn_pause);
}

// What could not be undone, and does not keep the rest from going.
void Instance::tell_what_stays(const topology::Plan& left) const
{
    if (left.empty()) {
        return;
    }
    std::string what;
    for (const auto& action : left) {
        what += (what.empty() ? "" : ", ") + topology::describe(action);
    }
    log::error("instance.left-behind", vrf_,
               "gone, but not all of it could be removed: " + machine_.reason() +
                   "; it stays behind until the next start of keavrfd, or until it is removed by hand",
               {{"left", what}});
}

asio::awaitable<bool> Instance::async_turn_uncancelled()
{
    co_await asio::post(environment_.executor, asio::use_awaitable); // the others get their turn, whatever happens here
    co_await async_restart_if_asked();
    co_await async_inspect();
    co_await async_note_server_exit();
    note_uplink_failure();
    if (!leaving_) {
        co_await async_look_who_is_in_the_way();
    }
    const auto revision = wanted_revision_;
    const auto before = machine_.state();
    const auto reason_before = machine_.reason();
    auto seen = situation(observe());
    const auto step = machine_.next(seen);
    log_change(before, reason_before);
    relay_.set_serving(service_.ready() && !leaving_);
    if (step.finished) {
        tell_what_stays(seen.plan);
        settled_revision_ = revision;
        turned_.notify_all();
        co_return true;
    }
    if (!seen.plan.empty()) {
        settled_revision_ = 0; // what the machine says now may be no more than a hope
    }
    wake_at_ =
        std::min(step.wake.value_or(Clock::time_point::max()), ports_.next_retry().value_or(Clock::time_point::max()));
    const bool acted = co_await async_carry_out(seen.plan, step.allow);
    // Not on the way: whoever is to be served does not wait for a disk.
    if (!acted || turns_in_a_row_ >= most_turns_in_a_row) {
        co_await async_copy_record();
    }
    tell_relay_subnets();
    if (acted) {
        go_on(); // once more, until there is nothing left to do
    } else {
        turns_in_a_row_ = 0;
        if (!service_.loading()) {
            settled_revision_ = revision;
            restarting_ = restart_asked_;
        }
        judge_trial(seen.plan);
    }
    environment_.on_turn();
    health_changed_.notify();
    turned_.notify_all();
    co_return false;
}

asio::awaitable<void> Instance::async_restart_if_asked()
{
    if (!std::exchange(restart_asked_, false)) {
        co_return;
    }
    machine_.retry_now();
    ports_.retry_now();
    relay_.set_serving(false);
    const auto stopped = co_await service_.async_stop("a restart was asked for");
    (void)stopped; // one that does not end has been told of, and is no reason to give up on the rest
}

asio::awaitable<void> Instance::async_note_server_exit()
{
    const auto exit = co_await service_.async_take_exit();
    if (exit) {
        occupancy_.kea_was_lost(Clock::now());
        relay_.set_serving(false);
        failed(Failure::transient, "kea-dhcp4 " + exit->what, exit->ran);
    }
}

// One that fails again and again is opened anew after a while, and not at once.
void Instance::note_uplink_failure()
{
    const auto failure = std::exchange(uplink_failure_, std::nullopt);
    if (failure && !leaving_) {
        const bool served = machine_.state() == State::serving && machine_.reason().empty();
        failed(Failure::transient, failure->message(), served ? Clock::now() - machine_.since() : Clock::duration());
    }
}

void Instance::note_want_of_descriptors(const Error& error)
{
    starved_ = error.is(EMFILE) && !has_served();
}

// Here, or under an earlier keavrfd: what that left is nothing to give back before it has been taken over.
bool Instance::has_served() const
{
    return legacy_ || service_.has_served();
}

// One that was told a configuration may not go on as it did: nobody knows what became of that.
Failure Instance::failure_of(const topology::Action& action, unsigned tried, const Error& error)
{
    const bool reloads = std::holds_alternative<topology::ReloadServer>(action);
    const bool of_kea = reloads || std::holds_alternative<topology::StartServer>(action);
    const auto seen = trial_.failed(tried, Service::kind_of(error), of_kea, error.message());
    if (undoes(action)) {
        return Failure::undo;
    }
    const bool told = reloads && error.code() != kea::StartFailure::not_started;
    const bool serves_on = can_wait(action) && service_.ready() && !told;
    return seen == Failure::transient && serves_on ? Failure::put_off : seen;
}

void Instance::failed(Failure failure, const std::string& reason, Clock::duration ran)
{
    const auto before = machine_.state();
    const auto reason_before = machine_.reason();
    const auto delay = machine_.failed(failure, reason, std::chrono::duration_cast<std::chrono::milliseconds>(ran),
                                       environment_.random(), Clock::now());
    log_change(before, reason_before);
    if (failure == Failure::undo) {
        log::warning("instance.undo", vrf_, reason, {{"again_in_ms", delay.count()}});
    } else if (failure == Failure::put_off || machine_.state() == State::backoff) {
        log::info("instance.retry", vrf_, "trying again", {{"in_ms", delay.count()}});
    }
}

} // namespace keavrf::instance
