// One VRF's life (DESIGN section 6) as a pure state machine: time, random numbers and what is observed come in, a
// decision goes out. Instance::run carries it out.
//
//   waiting -> preparing -> starting -> serving -> (any failure) backoff -> preparing
//   rejected: Kea refuses the configuration, and never took another; only another configuration leads out of it. Where
//             it took one before, that one is served on with, and the reason says what is refused
//   refused:  something that is not ours stands in the way; looked at again at every change and every audit
//   stopping: the VRF is not wanted any more
#pragma once

#include "core/backoff.hpp"
#include "core/types.hpp"
#include "topology/plan.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace keavrf::instance {

enum class State { waiting, preparing, starting, serving, backoff, rejected, refused, stopping };

std::string_view name_of(State state);

// What kind of failure: it says whether trying again can help.
enum class Failure {
    transient, // try again after a delay
    rejected,  // Kea refused the configuration: the same one will be refused again
    undo,      // what has to go could not be removed: tried again after a delay of its own, whatever the state
    put_off,   // what a VRF is served without (can_wait): tried again after a delay of its own, and it serves on
};

// What Instance::run sees at one turn.
struct Situation {
    std::chrono::steady_clock::time_point now;
    bool wanted = true; // false: the VRF goes away, or keavrfd stops
    bool serve = false; // topology::DesiredInstance::serve
    std::string waiting_for;
    std::string configuration_hash;
    // The wanted configuration is refused, and the plan is for the last one that Kea took.
    bool falls_back = false;
    // A reload that is being taken back: the configuration before comes at once.
    bool trial_failed = false;
    topology::Plan plan;
    bool server_running = false;
    bool server_loading = false; // of an earlier keavrfd, and not ready yet
    std::size_t open_ports = 0;
    // Ports that cannot be opened for now; each has a retry of its own.
    std::size_t failed_ports = 0;
    std::string port_failure;
    std::string path_trouble; // why nothing comes back from a Kea that runs
};

// Which actions of the plan may be carried out this turn.
enum class Allow {
    all,
    needed, // all but what can wait, and has failed: its delay has not passed
    undo,   // what closes, stops, removes or forgets: nothing new while waiting for a delay to pass
    none,   // undoing has failed, and its delay has not passed
};

// How long an instance that is to go tries to undo what cannot be undone; then it goes, and that stays behind.
inline constexpr std::chrono::seconds leave_limit{6};

struct Step {
    Allow allow = Allow::all;
    bool finished = false; // stopping, and nothing is left, or what is left in the plan cannot be undone
    std::optional<std::chrono::steady_clock::time_point> wake;
};

class Machine {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    explicit Machine(TimePoint now, BackoffPolicy policy = {})
        : backoff_(policy), undo_backoff_(policy), put_off_backoff_(policy), since_(now)
    {
    }

    Step next(const Situation& situation);
    // Something that was needed failed, something could not be undone, or Kea died. `ran` is how long Kea had served
    // before; `random` in [0, 1). Returns the delay before the next attempt (none after Failure::rejected).
    std::chrono::milliseconds failed(Failure failure, std::string reason, std::chrono::milliseconds ran, double random,
                                     TimePoint now);
    // The operator asked: no delay, no grudge.
    void retry_now() noexcept;
    // What was lacking is there again: no delay. What Kea refused it would refuse again.
    void retry_what_lacked() noexcept;

    [[nodiscard]] State state() const noexcept { return state_; }
    // Kea refused the configuration that is wanted now.
    [[nodiscard]] bool refused_configuration() const noexcept { return refusal_.has_value(); }
    [[nodiscard]] bool refused(const std::string& hash) const noexcept { return refusal_ && refusal_->hash == hash; }
    // A failure with this configuration is waited out: next() will allow nothing but undoing.
    [[nodiscard]] bool waits(const std::string& hash, TimePoint now) const noexcept
    {
        return trouble_ && trouble_->hash == hash && now < trouble_->retry_at;
    }
    // When the state was entered.
    [[nodiscard]] TimePoint since() const noexcept { return since_; }
    // Why it is not serving, or what is amiss while it serves; empty: nothing.
    [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

private:
    void enter(State state, std::string reason, TimePoint now);
    Step attempt(const Situation& situation);
    Step leave(const Situation& situation);
    // Where undoing has failed it waits, whatever else may be done.
    [[nodiscard]] Step paced(Step step, TimePoint now) const;
    [[nodiscard]] bool undoing_waits(TimePoint now) const;
    [[nodiscard]] std::string with_what_stays(std::string reason) const;
    void forget_undo_trouble() noexcept;
    void forget_put_off() noexcept;
    void note_what_waits(const Situation& situation);
    void forgive() noexcept;

    Backoff backoff_;
    Backoff undo_backoff_;
    Backoff put_off_backoff_;
    State state_ = State::waiting;
    TimePoint since_;
    std::string reason_;
    // Both with the configuration that was wanted when it happened.
    struct Refusal {
        std::string hash;
        std::string reason;
        bool kea_died = false; // since, having served
    };
    struct Trouble {
        std::string hash;
        std::string reason;
        TimePoint retry_at;
    };
    std::optional<Refusal> refusal_;
    struct UndoTrouble {
        std::string reason;
        TimePoint retry_at;
    };
    std::optional<Trouble> trouble_;          // a failure that is waited out, until it serves again
    std::optional<UndoTrouble> undo_trouble_; // until nothing is left to undo
    std::optional<Trouble> put_off_;          // until nothing is left that can wait, or Kea does not run
    std::optional<TimePoint> leaving_since_;
    std::string hash_;
    bool falls_back_ = false;
};

// True for what closes, stops, removes or forgets; and for what of an earlier keavrfd has to be found out before, with
// the same patience.
bool undoes(const topology::Action& action);

// True for what a VRF is served without, as long as its Kea runs: the name of its namespace, its record, another
// configuration than the one it has.
bool can_wait(const topology::Action& action);

} // namespace keavrf::instance
