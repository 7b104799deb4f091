#include "instance/instance.hpp"

#include "core/log.hpp"
#include "topology/resolve.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cerrno>
#include <new>

namespace keavrf::instance {

namespace {

relay::RelayContext relay_context(Environment& environment, const VrfName& vrf, const PairAddresses& addresses)
{
    relay::RelayContext context;
    context.vrf = vrf;
    context.host = environment.host;
    context.relay_address = addresses.relay;
    context.kea_address = addresses.kea;
    context.relay_mac = addresses.relay_mac;
    context.kea_mac = addresses.kea_mac;
    context.io = environment.relay_io;
    context.hub_namespace = [&environment] { return environment.hub != nullptr ? environment.hub->fd() : -1; };
    return context;
}

} // namespace

Instance::Instance(Environment& environment, VrfName vrf, Slot slot)
    : environment_(environment), vrf_(std::move(vrf)), slot_(slot), addresses_(pair_addresses(slot)),
      rendering_(Error("no configuration yet")), machine_(Clock::now()), wakeup_(environment.executor),
      turned_(environment.executor), tasks_(environment.executor),
      relay_(environment.executor,
             [this] {
                 auto context = relay_context(environment_, vrf_, addresses_);
                 context.on_port_failed = [this](InterfaceIndex index, const Error& error) {
                     ports_.lost(index, error, Clock::now());
                     wakeup_.notify();
                 };
                 return context;
             }()),
      ports_(vrf_, relay_, environment.random), service_(environment, vrf_, tasks_, wakeup_),
      health_changed_(environment.executor)
{
    domain_.name = vrf_;
    domain_.waiting_for = "not configured yet";
}

Instance::~Instance() = default;

std::string Instance::namespace_name() const
{
    return environment_.settings->netns_prefix + vrf_.str();
}

Result<Rendering> render_for(const Environment& environment, const topology::Domain& domain, Slot slot)
{
    RenderingContext context;
    context.version = environment.kea_version;
    context.host = environment.host;
    context.paths = server_paths(domain.name, *environment.settings);
    return render_dhcp4(domain, pair_addresses(slot), context);
}

void Instance::end(const std::string& why)
{
    auto nothing = domain_;
    nothing.ports.clear();
    nothing.waiting_for = why;
    update(nothing);
    ending_ = true;
    told_to_leave_ = true;
}

void Instance::update(const topology::Domain& domain)
{
    ++wanted_revision_;
    trial_.forget();
    domain_ = domain;
    if (domain_.servable()) {
        rendering_ = render_for(environment_, domain_, slot_);
        if (!rendering_) {
            domain_.waiting_for = "its Kea configuration cannot be made: " + rendering_.error().message();
            log::error("instance.configuration", vrf_, domain_.waiting_for);
        }
    }
    relay_.set_device(domain_.device);
    relay_.set_own_addresses(domain_.own_addresses);
    tell_relay_subnets();
    ports_.update(domain_, topology::desired_instance(domain_, {}));
    wakeup_.notify();
}

void Instance::inherit(Inheritance inheritance)
{
    const auto& record = inheritance.record;
    const auto held = hold(std::move(inheritance.name_space));
    if (!held) {
        log::warning("instance.inherit", vrf_, held.error().message());
        return;
    }
    recorded_ = true;
    settings_due_ = {};
    if (inheritance.server) {
        const auto adopted = service_.adopt(name_space_->fd.get(), *inheritance.server, *record.dhcp4);
        if (!adopted) {
            log::info("instance.inherit", vrf_, adopted.error().message());
        } else if (!inheritance.useless.empty()) {
            service_.distrust(inheritance.useless);
        } else {
            log::info("kea.adopted", vrf_, "goes on with the kea-dhcp4 of an earlier keavrfd",
                      {{"pid", service_.pid().value()}});
        }
    }
    inherited_ = true;
    look_again();
}

void Instance::leave_running()
{
    left_running_ = name_space_ && name_space_->named;
    told_to_leave_ = true;
}

void Instance::restart()
{
    restart_asked_ = true;
    wakeup_.notify();
}

Clock::duration Instance::longest_trial() const
{
    const auto leases = kea::lease_allowance(server_paths(vrf_, *environment_.settings).lease_file);
    return instance::longest_trial({service_.start_limit(), environment_.settings->kea.timeouts.stop, leases});
}

asio::awaitable<Result<void>> Instance::async_test(std::string configuration) const
{
    const auto tested = co_await service_.async_test(std::move(configuration));
    co_return tested;
}

asio::awaitable<Result<boost::json::value>> Instance::async_request(boost::json::object request) const
{
    auto reply = co_await service_.async_request(std::move(request));
    co_return reply;
}

asio::awaitable<Result<void>> Instance::async_settled(Clock::duration limit)
{
    const auto revision = wanted_revision_;
    const auto deadline = Clock::now() + limit;
    while (settled_revision_ < revision) {
        const bool notified = co_await turned_.async_wait_until(deadline);
        if (!notified) {
            co_return Error::from_errno("vrf " + vrf_.str() + ": not in place yet", ETIMEDOUT);
        }
    }
    const auto state = machine_.state();
    if (state == State::serving || state == State::waiting || state == State::stopping) {
        if (machine_.reason().empty() || state == State::waiting) {
            co_return Result<void>{};
        }
    }
    co_return Error("vrf " + vrf_.str() + ": " + std::string(name_of(state)) + ": " + machine_.reason());
}

asio::awaitable<void> Instance::run()
{
    tasks_.spawn("relay", relay_.run());
    tasks_.spawn("health", watch_health());
    while (true) {
        const auto before = co_await asio::this_coro::cancellation_state;
        // Whatever cleans up after itself when it is cancelled (process::async_run) has reset the state that would say
        // so.
        const bool cancelled = told_to_leave_ || before.cancelled() != asio::cancellation_type::none;
        if (!leaving_ && cancelled) {
            // From here on nothing interrupts: what is ours is taken down, each step bounded by itself.
            leaving_ = true;
            co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
            if (left_running_) {
                break;
            }
        }
        const bool finished = co_await async_turn();
        if (finished) {
            break;
        }
        const auto after = co_await asio::this_coro::cancellation_state;
        const bool goes_on = after.cancelled() == asio::cancellation_type::none && (leaving_ || !told_to_leave_);
        if (goes_on) {
            co_await async_rest();
        }
    }
    tasks_.stop();
    co_await tasks_.async_join();
}

// Until somebody calls, or a delay has passed, or cancellation (which run() sees).
asio::awaitable<void> Instance::async_rest()
{
    try {
        co_await wakeup_.async_wait_until(wake_at_);
    } catch (const boost::system::system_error& error) {
        if (error.code() != asio::error::operation_aborted) {
            throw;
        }
    }
}

// A turn that is cancelled on its way is no failure: the next one looks at what it left. One that the system refuses
// something (memory, a descriptor) fails this VRF, and no other.
asio::awaitable<bool> Instance::async_turn()
{
    try {
        const bool finished = co_await async_turn_uncancelled();
        co_return finished;
    } catch (const boost::system::system_error& error) {
        if (error.code() != asio::error::operation_aborted) {
            failed(Failure::transient, Error::from_code("the system refuses what is needed", error.code()).message());
        }
    } catch (const std::bad_alloc&) {
        failed(Failure::transient, Error::from_errno("the system refuses what is needed", ENOMEM).message());
    }
    co_return false;
}

asio::awaitable<bool> Instance::async_turn_uncancelled()
{
    co_await async_restart_if_asked();
    co_await async_inspect();
    note_server_exit();
    const auto revision = wanted_revision_;
    const auto before = machine_.state();
    const auto reason_before = machine_.reason();
    auto seen = situation(observe());
    const auto step = machine_.next(seen);
    log_change(before, reason_before);
    relay_.set_serving(service_.running() && !leaving_);
    if (step.finished) {
        settled_revision_ = revision;
        turned_.notify_all();
        co_return true;
    }
    wake_at_ =
        std::min(step.wake.value_or(Clock::time_point::max()), ports_.next_retry().value_or(Clock::time_point::max()));
    const bool acted = co_await async_carry_out(seen.plan, step.allow);
    tell_relay_subnets();
    if (acted) {
        wakeup_.notify(); // once more, until there is nothing left to do
    } else {
        settled_revision_ = revision;
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
    co_await service_.async_stop();
}

void Instance::note_server_exit()
{
    if (const auto exit = service_.take_exit()) {
        relay_.set_serving(false);
        failed(Failure::transient, "kea-dhcp4 " + exit->what, exit->ran);
    }
}

void Instance::failed(Failure failure, const std::string& reason, Clock::duration ran)
{
    const auto before = machine_.state();
    const auto reason_before = machine_.reason();
    const auto delay = machine_.failed(failure, reason, std::chrono::duration_cast<std::chrono::milliseconds>(ran),
                                       environment_.random(), Clock::now());
    log_change(before, reason_before);
    if (machine_.state() == State::backoff) {
        log::info("instance.retry", vrf_, "trying again", {{"in_ms", delay.count()}});
    }
}

} // namespace keavrf::instance
