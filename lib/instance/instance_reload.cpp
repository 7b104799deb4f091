// How an instance's Kea is told another configuration, for good or on trial.
#include "core/log.hpp"
#include "instance/instance.hpp"

#include <algorithm>
#include <utility>

namespace keavrf::instance {

namespace {

// While Kea reads its configuration requests wait, and nothing is held against it; also where that ends by an
// exception.
class Reloading {
public:
    Reloading(relay::Relay& relay, std::optional<Clock::time_point>& since) : relay_(relay), since_(since) { begin(); }
    Reloading(const Reloading&) = delete;
    Reloading& operator=(const Reloading&) = delete;
    ~Reloading()
    {
        relay_.hold(false);
        since_.reset();
    }

private:
    void begin()
    {
        since_ = Clock::now();
        relay_.hold(true);
    }
    relay::Relay& relay_;
    std::optional<Clock::time_point>& since_;
};

} // namespace

bool Instance::would_reload(const Rendering& rendering) const
{
    return (service_.ready() || service_.loading()) && service_.configuration_hash() != rendering.hash;
}

void Instance::try_out(const topology::Domain& domain)
{
    if (trial_.failure()) {
        return; // it is about to be taken back
    }
    // The host may change what is tried while it is: then Kea may not run it for either reason.
    const bool goes_on = trial_.outstanding();
    update(domain);
    if (!domain_.servable() || !rendering_) {
        return;
    }
    if (goes_on) {
        trial_.go_on(rendering_->hash, would_reload(*rendering_));
    } else {
        trial_.begin(rendering_->hash, would_reload(*rendering_));
    }
}

void Instance::settings_changed()
{
    service_.follow_as_told();
    health_changed_.notify();
}

// The trial is over where nothing is left to do. After Kea's death it waits for a delay, with the new configuration
// still to come.
void Instance::judge_trial(const topology::Plan& left)
{
    const bool to_come = std::any_of(left.begin(), left.end(), [](const topology::Action& action) {
        return std::holds_alternative<topology::StartServer>(action) ||
               std::holds_alternative<topology::ReloadServer>(action);
    });
    if (trial_.outstanding() && !(to_come && machine_.state() == State::backoff)) {
        trial_.end();
    }
}

// What Kea runs, which is not what is wanted while it is told or where it refuses that.
std::vector<Ipv4Prefix> Instance::subnets() const
{
    if (service_.ready() && service_.last_taken()) {
        return service_.last_taken()->subnets;
    }
    return rendering_ ? rendering_->subnets : std::vector<Ipv4Prefix>{};
}

void Instance::tell_relay_subnets()
{
    auto now = subnets();
    if (now != told_subnets_) {
        told_subnets_ = std::move(now);
        relay_.set_subnets(told_subnets_);
    }
}

// What clients send while Kea reads its configuration waits, instead of falling into the gap; what Kea has in its
// socket already would be lost with that.
asio::awaitable<Result<void>> Instance::async_apply_held(Rendering rendering)
{
    const Reloading reloading(relay_, reloading_since_);
    co_await relay_.async_drain(service_.pid());
    auto applied = co_await service_.async_apply(std::move(rendering));
    co_return applied;
}

// Until it can be told, Kea serves on with what it has.
Error Instance::not_told(const Error& error)
{
    return Error(kea::make_error_code(kea::StartFailure::not_started), error.message())
        .in("the new configuration cannot be told to Kea");
}

asio::awaitable<Result<void>> Instance::async_reload_server()
{
    if (!rendering_) {
        co_return rendering_.error();
    }
    auto rendering = to_run();
    // With a new configuration Kea reads its lease file again, and forgets what it cannot read. One whose file could
    // not be mended either serves on as it is.
    const auto leases = co_await service_.async_lease_state();
    if (!leases) {
        co_return not_told(leases.error());
    }
    if (*leases == kea::LeaseState::mendable) {
        service_.distrust("its lease file is not whole, as a full disk leaves it, and a reload would lose leases");
        co_return Result<void>{};
    }
    // Should keavrfd be killed meanwhile, the next one tells Kea again.
    const auto before = service_.configuration_hash();
    service_.doubt_configuration();
    const auto doubted = write_record();
    if (!doubted) {
        service_.trust_configuration(before);
        co_return not_told(doubted.error());
    }
    const auto applied = co_await async_apply_held(std::move(rendering));
    if (!applied && applied.error().code() == kea::StartFailure::not_started) {
        service_.trust_configuration(before);
        note_in_record();
        co_return not_told(applied.error());
    }
    if (!applied && applied.error().code() == kea::StartFailure::rejected) {
        service_.trust_configuration(before);
        co_return applied.error().in("the new configuration was refused");
    }
    if (!applied && applied.error().code() == kea::StartFailure::died && service_.running()) {
        service_.distrust("neither the new configuration nor the one before could be applied");
    }
    if (!applied) {
        co_return applied; // told again: nobody knows what it runs
    }
    log::info("kea.reloaded", vrf_, "kea-dhcp4 runs the new configuration", {{"pid", service_.pid().value()}});
    note_in_record();
    co_return Result<void>{};
}

} // namespace keavrf::instance
