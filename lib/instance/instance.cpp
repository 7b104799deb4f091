#include "instance/instance.hpp"

#include "core/exception_text.hpp"
#include "core/log.hpp"
#include "topology/resolve.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace keavrf::instance {

namespace {

// What fails by itself may do so again at once.
constexpr std::chrono::seconds rebuild_pause{1};

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
                 context.on_uplink_failed = [this](const Error& error) {
                     uplink_failure_ = error;
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

Instance::~Instance()
{
    environment_.paths.leave(vrf_);
}

std::string Instance::namespace_name() const
{
    return environment_.settings->netns_prefix + vrf_.str();
}

Result<Rendering> render_for(const Environment& environment, const topology::Domain& domain, Slot slot,
                             const Pause& pause)
{
    RenderingContext context;
    context.version = environment.kea_version;
    context.host = environment.host;
    context.paths = server_paths(domain.name, *environment.settings);
    context.pause = pause;
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
    service_.want(domain_.servable() && rendering_ ? to_run().hash : std::string());
    relay_.set_device(domain_.device);
    relay_.set_own_addresses(domain_.own_addresses);
    tell_relay_subnets();
    ports_.update(domain_, topology::desired_instance(domain_, {}));
    wakeup_.notify();
}

void Instance::judge_port(const topology::PortVerdict& verdict)
{
    if (ports_.judge(verdict.port, verdict.departed)) {
        wakeup_.notify();
    }
}

void Instance::disk_is_back()
{
    if (std::exchange(disk_hung_, false)) {
        machine_.retry_what_lacked();
    }
    look_again();
}

void Instance::restart()
{
    if (std::exchange(restarting_, true)) {
        return;
    }
    ++wanted_revision_; // who waits for it waits for the new Kea
    restart_asked_ = true;
    service_.give_up_start();
    wakeup_.notify();
}

Clock::duration Instance::longest_trial() const
{
    const auto leases = kea::lease_allowance(server_paths(vrf_, *environment_.settings).lease_file);
    return instance::longest_trial({service_.start_limit(), environment_.settings->kea.timeouts.stop, leases});
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
            const auto& reason = machine_.reason();
            co_return Error::from_errno("vrf " + vrf_.str() + ": not in place yet (" +
                                            std::string(name_of(machine_.state())) +
                                            (reason.empty() ? "" : ": " + reason) + ")",
                                        ETIMEDOUT);
        }
    }
    co_return came_out();
}

std::optional<Result<void>> Instance::outcome() const
{
    return settled_revision_ < wanted_revision_ ? std::nullopt : std::optional(came_out());
}

// At rest.
Result<void> Instance::came_out() const
{
    const auto state = machine_.state();
    if (state == State::serving || state == State::waiting || state == State::stopping) {
        if (machine_.reason().empty() || state == State::waiting) {
            return {};
        }
    }
    return Error("vrf " + vrf_.str() + ": " + std::string(name_of(state)) + ": " + machine_.reason());
}

// Nobody waits for what will not come any more, whichever way run() ends.
void Instance::settle_for_good() noexcept
{
    settled_revision_ = std::numeric_limits<std::uint64_t>::max();
    turned_.notify_all();
}

asio::awaitable<void> Instance::run()
{
    struct SettleAtEnd {
        Instance& instance;
        ~SettleAtEnd() { instance.settle_for_good(); }
    } const settle_at_end{*this};
    begin_tasks();
    while (true) {
        const auto before = co_await asio::this_coro::cancellation_state;
        const bool cancelled = told_to_leave_ || tasks_.failed() || before.cancelled() != asio::cancellation_type::none;
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
    co_await async_settle_leases();
    co_await async_end_tasks();
}

// Whatever comes of it, the tasks are ended by whoever owns what they work on.
asio::awaitable<void> Instance::async_settle_leases()
{
    try {
        co_await service_.async_settle_leases();
    } catch (...) {
        log::error("leases.gone", vrf_, "its leases cannot be put back: " + text_of(std::current_exception()));
    }
}

void Instance::begin_tasks()
{
    tasks_.on_failure([this] { wakeup_.notify(); });
    tasks_.spawn("relay", relay_.run());
    tasks_.spawn("health", watch_health());
    if (service_.running()) {
        tasks_.spawn("inherited kea", watch_inherited());
    }
}

// Without one of its tasks this instance is of no use, and is taken down; if its VRF is still wanted, the orchestrator
// makes another, and nobody else notices.
asio::awaitable<void> Instance::async_end_tasks()
{
    tasks_.stop();
    std::exception_ptr failure;
    try {
        co_await tasks_.async_join();
    } catch (...) {
        failure = std::current_exception();
    }
    if (!tasks_.failed()) {
        co_return;
    }
    log::error("instance.failed", vrf_,
               "its task '" + tasks_.failed_task() +
                   "' failed, so it is made anew: " + (failure ? text_of(failure) : std::string()));
    co_await async_sleep(rebuild_pause);
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

} // namespace keavrf::instance
