// How an instance's Kea is told another configuration, for good or on trial, or is asked about one.
#include "core/log.hpp"
#include "instance/instance.hpp"
#include "kea/stall_watch.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace keavrf::instance {

namespace {

// While Kea works on a configuration requests wait, and nothing is held against it; also where that ends by an
// exception. The last who asks something of it lets them go.
class Engaged {
public:
    Engaged(relay::Relay& relay, Engagement& engagement, Engagement::Work work)
        : relay_(relay), engagement_(engagement), work_(work)
    {
        engagement_.begin(work_, Clock::now());
        relay_.hold(true);
    }
    Engaged(const Engaged&) = delete;
    Engaged& operator=(const Engaged&) = delete;
    ~Engaged()
    {
        engagement_.end(work_);
        relay_.hold(engagement_.since().has_value());
    }

private:
    relay::Relay& relay_;
    Engagement& engagement_;
    Engagement::Work work_;
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
    const Engaged engaged(relay_, engagement_, Engagement::Work::apply);
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

// Kea reads nothing from its socket until it is done with that, however long the configuration takes it.
asio::awaitable<Result<void>> Instance::async_test(std::string configuration)
{
    const Engaged engaged(relay_, engagement_, Engagement::Work::test);
    co_await relay_.async_drain(service_.pid());
    const auto kea = service_.pid();
    const std::function<void()> on_stall = [this, kea] { end_hung(kea, "does nothing over a configuration to test"); };
    const auto limit = kea::longest_stall(environment_.settings->kea.timeouts.start);
    const kea::StallWatch watch(environment_.executor, kea, limit, on_stall);
    const auto tested = co_await service_.async_test(std::move(configuration));
    co_return tested;
}

asio::awaitable<Result<void>> Instance::async_reload_server()
{
    if (!rendering_) {
        co_return rendering_.error();
    }
    auto rendering = to_run();
    // With a new configuration Kea reads its lease file again: where that is gone, it has forgotten all afterwards.
    const bool gone = co_await service_.async_leases_gone();
    if (gone) {
        const auto proved = co_await service_.async_prove_leases();
        if (!proved) {
            co_return not_told(proved.error());
        }
        service_.distrust(leases_gone);
        co_return Result<void>{};
    }
    // It forgets what it cannot read, too. One whose file could not be mended either serves on as it is.
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
