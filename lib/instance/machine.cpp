#include "instance/machine.hpp"

#include <algorithm>

namespace keavrf::instance {

namespace {

template <class Wanted>
const Wanted* find_action(const topology::Plan& plan)
{
    const auto found = std::find_if(plan.begin(), plan.end(), [](const topology::Action& action) {
        return std::holds_alternative<Wanted>(action);
    });
    return found != plan.end() ? &std::get<Wanted>(*found) : nullptr;
}

bool needs_wiring(const topology::Plan& plan)
{
    return find_action<topology::TakeOver>(plan) != nullptr ||
           find_action<topology::CreateNamespace>(plan) != nullptr ||
           find_action<topology::CreatePair>(plan) != nullptr || find_action<topology::OpenUplink>(plan) != nullptr;
}

} // namespace

std::string_view name_of(State state)
{
    switch (state) {
    case State::waiting:
        return "waiting";
    case State::preparing:
        return "preparing";
    case State::starting:
        return "starting";
    case State::serving:
        return "serving";
    case State::backoff:
        return "backoff";
    case State::rejected:
        return "rejected";
    case State::refused:
        return "refused";
    case State::stopping:
        return "stopping";
    }
    return "unknown";
}

bool undoes(const topology::Action& action)
{
    return std::holds_alternative<topology::TakeOver>(action) ||
           std::holds_alternative<topology::ForgetServer>(action) ||
           std::holds_alternative<topology::ClosePort>(action) ||
           std::holds_alternative<topology::StopServer>(action) ||
           std::holds_alternative<topology::CloseUplink>(action) ||
           std::holds_alternative<topology::RemovePair>(action) ||
           std::holds_alternative<topology::RemoveNamespace>(action) ||
           std::holds_alternative<topology::ForgetRecord>(action);
}

bool can_wait(const topology::Action& action)
{
    return std::holds_alternative<topology::NameNamespace>(action) ||
           std::holds_alternative<topology::WriteRecord>(action) ||
           std::holds_alternative<topology::ReloadServer>(action);
}

void Machine::enter(State state, std::string reason, TimePoint now)
{
    if (state != state_) {
        since_ = now;
    }
    state_ = state;
    reason_ = std::move(reason);
}

// Undoing has its own time, which no other configuration and no lack of a device makes any shorter.
void Machine::forgive() noexcept
{
    backoff_.reset();
    refusal_.reset();
    trouble_.reset();
}

void Machine::forget_undo_trouble() noexcept
{
    undo_backoff_.reset();
    undo_trouble_.reset();
}

void Machine::forget_put_off() noexcept
{
    put_off_backoff_.reset();
    put_off_.reset();
}

void Machine::retry_now() noexcept
{
    forgive();
    forget_undo_trouble();
    forget_put_off();
}

void Machine::retry_what_lacked() noexcept
{
    backoff_.reset();
    trouble_.reset();
    forget_undo_trouble();
    forget_put_off();
}

bool Machine::undoing_waits(TimePoint now) const
{
    return undo_trouble_ && now < undo_trouble_->retry_at;
}

Step Machine::paced(Step step, TimePoint now) const
{
    if (put_off_ && now < put_off_->retry_at && step.allow == Allow::all) {
        step.allow = Allow::needed;
        step.wake = std::min(step.wake.value_or(TimePoint::max()), put_off_->retry_at);
    }
    if (undoing_waits(now)) {
        step.allow = Allow::none;
        step.wake = std::min(step.wake.value_or(TimePoint::max()), undo_trouble_->retry_at);
    }
    return step;
}

std::string Machine::with_what_stays(std::string reason) const
{
    return undo_trouble_ ? std::move(reason) + " (and " + undo_trouble_->reason + ")" : reason;
}

std::chrono::milliseconds Machine::failed(Failure failure, std::string reason, std::chrono::milliseconds ran,
                                          double random, TimePoint now)
{
    if (failure == Failure::undo) {
        const auto delay = undo_backoff_.next(std::chrono::milliseconds::zero(), random);
        undo_trouble_ = UndoTrouble{std::move(reason), now + delay};
        return delay;
    }
    if (failure == Failure::put_off) {
        const auto delay = put_off_backoff_.next(std::chrono::milliseconds::zero(), random);
        if (state_ == State::serving) {
            reason_ = reason;
        }
        put_off_ = Trouble{hash_, std::move(reason), now + delay};
        return delay;
    }
    if (failure == Failure::rejected) {
        refusal_ = Refusal{hash_, reason, false};
        trouble_.reset();
        enter(State::rejected, std::move(reason), now);
        return std::chrono::milliseconds::zero();
    }
    // Only undoing goes on after a rejection: what fails of it is done again at the next look, and is no reason to tell
    // Kea once more what it refused.
    if (refusal_ && !falls_back_ && ran == std::chrono::milliseconds::zero()) {
        return std::chrono::milliseconds::zero();
    }
    if (refusal_) {
        refusal_->kea_died = true;
    }
    const auto delay = backoff_.next(ran, random);
    trouble_ = Trouble{hash_, reason, now + delay};
    enter(State::backoff, std::move(reason), now);
    return delay;
}

Step Machine::next(const Situation& situation)
{
    hash_ = situation.configuration_hash;
    falls_back_ = situation.falls_back;
    if (std::none_of(situation.plan.begin(), situation.plan.end(), undoes)) {
        forget_undo_trouble();
    }
    note_what_waits(situation);
    if (!situation.wanted) {
        return leave(situation);
    }
    leaving_since_.reset();
    if (const auto* refusal = find_action<topology::Refuse>(situation.plan)) {
        enter(State::refused, with_what_stays(refusal->reason), situation.now);
        return paced(Step{}, situation.now);
    }
    if (!situation.serve) {
        forgive();
        enter(State::waiting, with_what_stays(situation.waiting_for), situation.now);
        return paced(Step{}, situation.now);
    }
    // Another configuration deserves a fresh attempt.
    if ((refusal_ && refusal_->hash != hash_) || (trouble_ && trouble_->hash != hash_)) {
        forgive();
    }
    // A Kea that has served and died, and nothing to fall back on: it may take from its file what it did not take while
    // it ran.
    if (refusal_ && !falls_back_ && refusal_->kea_died && !situation.server_running && !situation.trial_failed) {
        refusal_.reset();
    }
    if (refusal_ && !falls_back_) {
        // A reload that Kea refused: the configuration before it is still in force.
        enter(situation.server_running ? State::serving : State::rejected, refusal_->reason, situation.now);
        return paced(Step{.allow = Allow::undo, .finished = false, .wake = std::nullopt}, situation.now);
    }
    if (trouble_ && situation.now < trouble_->retry_at) {
        enter(State::backoff, trouble_->reason, situation.now);
        return paced(Step{.allow = Allow::undo, .finished = false, .wake = trouble_->retry_at}, situation.now);
    }
    if (undoing_waits(situation.now)) {
        enter(State::backoff, undo_trouble_->reason, situation.now);
        return paced(Step{}, situation.now);
    }
    return attempt(situation);
}

// One whose Kea does not run is not served, whatever could wait otherwise; and another configuration is told at once.
void Machine::note_what_waits(const Situation& situation)
{
    const bool waits = std::any_of(situation.plan.begin(), situation.plan.end(), can_wait);
    if (!waits || !situation.server_running || (put_off_ && put_off_->hash != hash_)) {
        forget_put_off();
    }
}

// What cannot be undone must not keep keavrfd from going, nor a VRF of that name from coming back.
Step Machine::leave(const Situation& situation)
{
    if (!leaving_since_) {
        leaving_since_ = situation.now;
        forget_undo_trouble();
    }
    enter(State::stopping, undo_trouble_ ? undo_trouble_->reason : std::string(), situation.now);
    const auto limit = *leaving_since_ + leave_limit;
    Step step;
    step.finished = situation.plan.empty() || (undo_trouble_ && situation.now >= limit);
    if (undoing_waits(situation.now)) {
        step.wake = limit;
    }
    return paced(step, situation.now);
}

Step Machine::attempt(const Situation& situation)
{
    const auto trouble = trouble_ ? trouble_->reason : undo_trouble_ ? undo_trouble_->reason : std::string();
    if (needs_wiring(situation.plan)) {
        enter(State::preparing, trouble, situation.now);
    } else if (find_action<topology::StartServer>(situation.plan) != nullptr) {
        enter(State::starting, trouble, situation.now);
    } else if (situation.server_loading) {
        enter(State::starting, "kea-dhcp4, started by an earlier keavrfd, is not ready yet", situation.now);
    } else if (situation.open_ports == 0 && situation.failed_ports > 0) {
        enter(State::backoff, situation.port_failure, situation.now);
    } else if (!situation.path_trouble.empty()) {
        enter(State::backoff, situation.path_trouble, situation.now);
    } else {
        trouble_.reset();
        const auto& amiss = put_off_ ? put_off_->reason : situation.port_failure;
        enter(State::serving, refusal_ ? refusal_->reason : amiss, situation.now);
    }
    return paced(Step{}, situation.now);
}

} // namespace keavrf::instance
