#include "instance/instance.hpp"

#include "core/file.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "instance/wiring.hpp"
#include "topology/resolve.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <filesystem>

namespace keavrf::instance {

namespace {

// Turns with the same plan, each successful, after which something must be wrong with what is observed.
constexpr unsigned most_repeats = 5;

relay::RelayContext relay_context(Environment& environment, const VrfName& vrf, const PairAddresses& addresses)
{
    relay::RelayContext context;
    context.vrf = vrf;
    context.host = environment.host;
    context.relay_address = addresses.relay;
    context.kea_address = addresses.kea;
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
      ports_(vrf_, relay_, environment.random), service_(environment, vrf_, tasks_, wakeup_)
{
    domain_.name = vrf_;
    domain_.waiting_for = "not configured yet";
}

Instance::~Instance() = default;

std::string Instance::namespace_name() const
{
    return environment_.settings->netns_prefix + vrf_.str();
}

std::vector<Ipv4Prefix> Instance::subnets() const
{
    return rendering_ ? rendering_->subnets : std::vector<Ipv4Prefix>{};
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
}

bool Instance::would_reload(const Rendering& rendering) const
{
    return service_.running() && service_.configuration_hash() != rendering.hash;
}

void Instance::update(const topology::Domain& domain)
{
    ++wanted_revision_;
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
    relay_.set_subnets(rendering_ ? rendering_->subnets : std::vector<Ipv4Prefix>{});
    ports_.update(domain_, topology::desired_instance(domain_, {}));
    wakeup_.notify();
}

void Instance::restart()
{
    restart_asked_ = true;
    wakeup_.notify();
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
    while (true) {
        const auto before = co_await asio::this_coro::cancellation_state;
        if (!leaving_ && before.cancelled() != asio::cancellation_type::none) {
            // From here on nothing interrupts: what is ours is taken down, each step bounded by itself.
            leaving_ = true;
            co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        }
        const bool finished = co_await async_turn();
        if (finished) {
            break;
        }
        const auto after = co_await asio::this_coro::cancellation_state;
        if (after.cancelled() == asio::cancellation_type::none) {
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

// A turn that is cancelled on its way is no failure: the next one looks at what it left.
asio::awaitable<bool> Instance::async_turn()
{
    try {
        const bool finished = co_await async_turn_uncancelled();
        co_return finished;
    } catch (const boost::system::system_error& error) {
        if (error.code() != asio::error::operation_aborted) {
            throw;
        }
    }
    co_return false;
}

asio::awaitable<bool> Instance::async_turn_uncancelled()
{
    co_await async_restart_if_asked();
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
    if (acted) {
        wakeup_.notify(); // once more, until there is nothing left to do
    } else {
        settled_revision_ = revision;
    }
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
        failed(Error("kea-dhcp4 " + exit->what), exit->ran);
    }
}

void Instance::failed(const Error& error, Clock::duration ran)
{
    const auto before = machine_.state();
    const auto reason_before = machine_.reason();
    const auto delay = machine_.failed(Service::kind_of(error), error.message(),
                                       std::chrono::duration_cast<std::chrono::milliseconds>(ran),
                                       environment_.random(), Clock::now());
    log_change(before, reason_before);
    if (machine_.state() == State::backoff) {
        log::info("instance.retry", vrf_, "trying again", {{"in_ms", delay.count()}});
    }
}

void Instance::log_change(State before, const std::string& reason_before) const
{
    const auto now = machine_.state();
    if (now == before && machine_.reason() == reason_before) {
        return;
    }
    if (environment_.on_change) {
        environment_.on_change();
    }
    const auto event = "instance." + std::string(name_of(now));
    switch (now) {
    case State::serving:
        if (machine_.reason().empty()) {
            log::info(event, vrf_, "serving DHCPv4",
                      {{"kea_pid", service_.pid().value()}, {"ports", ports_.open_ports().size()}});
        } else {
            log::warning(event, vrf_, "serving, but: " + machine_.reason());
        }
        break;
    case State::rejected:
        log::error(event, vrf_,
                   "Kea refuses the configuration; it will be tried again when it has changed: " + machine_.reason());
        break;
    case State::refused:
        log::error(event, vrf_, machine_.reason());
        break;
    case State::backoff:
        log::warning(event, vrf_, machine_.reason());
        break;
    case State::waiting:
        log::info(event, vrf_, machine_.reason());
        break;
    case State::preparing:
    case State::starting:
    case State::stopping:
        log::debug(event, vrf_, machine_.reason());
        break;
    }
}

Result<NamespaceInode> Instance::find_namespace() const
{
    if (name_space_ && !name_space_->named) {
        return name_space_->inode; // held by our descriptor: nobody can take it away
    }
    const auto opened = netns::open(namespace_name());
    if (!opened) {
        return opened.error();
    }
    return opened->inode;
}

topology::Ownership Instance::observe_namespace() const
{
    const auto found = find_namespace();
    if (!found) {
        // A stale file is nobody's namespace: creating one clears it away.
        const bool gone = found.error().is(ENOENT) || found.error().code() == netns::Problem::stale_file;
        return gone ? topology::Ownership::absent : topology::Ownership::foreign;
    }
    return name_space_ && name_space_->inode == *found ? topology::Ownership::ours : topology::Ownership::foreign;
}

topology::ObservedInstance Instance::observe() const
{
    topology::ObservedInstance observed;
    observed.slot = slot_;
    observed.record = recorded_;
    observed.name_space = observe_namespace();
    if (const auto* link = environment_.hub->link(vrf_.str())) {
        const bool whole = link->index == pair_index_ && link->running();
        observed.pair = whole && observed.name_space == topology::Ownership::ours ? topology::PairState::ready
                                                                                  : topology::PairState::broken;
        observed.pair_index = link->index;
    }
    observed.uplink = uplink_;
    observed.ports = ports_.open_ports();
    observed.server = service_.observe();
    return observed;
}

Situation Instance::situation(const topology::ObservedInstance& observed) const
{
    Situation seen;
    seen.now = Clock::now();
    seen.wanted = !leaving_;
    auto desired = topology::desired_instance(domain_, rendering_ ? rendering_->hash : std::string());
    ports_.withhold(desired, seen.now);
    seen.serve = desired.serve;
    seen.waiting_for = domain_.waiting_for;
    seen.configuration_hash = desired.configuration_hash;
    seen.plan = topology::plan_instance(vrf_, leaving_ ? nullptr : &desired, observed, slot_);
    seen.server_running = service_.running();
    seen.open_ports = ports_.open_ports().size();
    seen.failed_ports = ports_.failures();
    seen.port_failure = ports_.first_failure();
    return seen;
}

asio::awaitable<bool> Instance::async_carry_out(const topology::Plan& plan, Allow allow)
{
    std::vector<topology::Action> actions;
    std::copy_if(plan.begin(), plan.end(), std::back_inserter(actions),
                 [allow](const topology::Action& action) { return allow == Allow::all || undoes(action); });
    std::erase_if(actions,
                  [](const topology::Action& action) { return std::holds_alternative<topology::Refuse>(action); });
    if (going_in_circles(actions)) {
        failed(Error("what was done does not last: " + topology::describe(actions.front()))
                   .hint("does another program change this VRF's namespace or links?"));
        co_return true;
    }
    Semaphore::Permit permit;
    for (const auto& action : actions) {
        const bool builds = std::holds_alternative<topology::CreateNamespace>(action) ||
                            std::holds_alternative<topology::StartServer>(action);
        if (builds) {
            permit.release();
            permit = co_await environment_.starts->async_acquire();
        }
        log::debug("instance.action", vrf_, topology::describe(action));
        const auto done = co_await async_do(action);
        if (!done) {
            failed(done.error());
            break;
        }
    }
    co_return !actions.empty();
}

bool Instance::going_in_circles(const topology::Plan& plan)
{
    repeats_ = !plan.empty() && plan == last_plan_ ? repeats_ + 1 : 0;
    last_plan_ = plan;
    if (repeats_ < most_repeats || machine_.state() == State::backoff) {
        return false;
    }
    repeats_ = 0;
    return true;
}

asio::awaitable<Result<void>> Instance::async_do(topology::Action action)
{
    Result<void> done;
    if (const auto* close = std::get_if<topology::ClosePort>(&action)) {
        ports_.close(close->index);
    } else if (const auto* open = std::get_if<topology::OpenPort>(&action)) {
        const auto desired = topology::desired_instance(domain_, {});
        const auto port = desired.ports.find(open->index);
        const auto fingerprint = port != desired.ports.end() ? port->second.fingerprint : std::string();
        ports_.open(domain_, open->index, fingerprint, Clock::now());
    } else if (std::holds_alternative<topology::CloseUplink>(action)) {
        relay_.close_uplink();
        uplink_.reset();
    } else if (std::holds_alternative<topology::OpenUplink>(action)) {
        done = open_uplink();
    } else if (std::holds_alternative<topology::RemoveNamespace>(action)) {
        done = remove_namespace();
    } else if (std::holds_alternative<topology::ForgetRecord>(action)) {
        done = forget_record();
    } else if (std::holds_alternative<topology::StopServer>(action) ||
               std::holds_alternative<topology::ForgetServer>(action)) {
        relay_.set_serving(false);
        co_await service_.async_stop();
        done = write_record();
    } else if (std::holds_alternative<topology::RemovePair>(action)) {
        done = co_await async_disconnect();
    } else if (std::holds_alternative<topology::CreateNamespace>(action)) {
        done = co_await async_create_namespace();
    } else if (std::holds_alternative<topology::CreatePair>(action)) {
        done = co_await async_connect();
    } else if (std::holds_alternative<topology::StartServer>(action)) {
        done = co_await async_start_server();
    } else if (std::holds_alternative<topology::ReloadServer>(action)) {
        done = co_await async_reload_server();
    }
    co_return done;
}

asio::awaitable<Result<void>> Instance::async_create_namespace()
{
    const auto cleared = netns::remove_stale_file(namespace_name());
    if (!cleared && !cleared.error().is(ENOENT)) {
        co_return cleared.error().in("cannot clear away " + std::string(netns::directory) + "/" + namespace_name());
    }
    name_space_.reset();
    auto created = co_await async_create_kea_namespace(namespace_name());
    if (!created) {
        co_return created.error();
    }
    if (!created->named) {
        log::warning("namespace.unnamed", vrf_,
                     "the namespace is held by keavrfd alone and not visible to ip netns: " + created->unnamed_because);
    }
    name_space_ = std::move(*created);
    co_return write_record();
}

asio::awaitable<Result<void>> Instance::async_connect()
{
    const auto created = co_await async_create_pair(*environment_.hub, name_space_->fd.get(), vrf_.str(), addresses_);
    if (!created) {
        co_return created.error();
    }
    pair_index_ = *created;
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Instance::async_disconnect()
{
    const auto* link = environment_.hub->link(vrf_.str());
    if (link == nullptr) {
        co_return Result<void>{};
    }
    const auto index = link->index;
    const auto deleted = co_await environment_.hub->client().async_delete_link(index);
    if (!deleted && !deleted.error().is(ENODEV)) {
        co_return deleted.error().in("cannot remove the veth pair " + vrf_.str());
    }
    const auto gone = co_await environment_.hub->async_wait_gone(vrf_.str(), std::chrono::seconds(1));
    co_return gone;
}

Result<void> Instance::open_uplink()
{
    const auto* link = environment_.hub->link(vrf_.str());
    if (link == nullptr) {
        return Error::from_errno("the veth pair " + vrf_.str() + " is gone", ENODEV);
    }
    auto opened = relay_.open_uplink(link->index, vrf_.str());
    if (opened) {
        uplink_ = link->index;
    }
    return opened;
}

Result<void> Instance::remove_namespace()
{
    if (!name_space_) {
        return {};
    }
    const auto removed = name_space_->named ? netns::remove(name_space_->name, name_space_->inode) : Result<void>{};
    if (!removed && !removed.error().is(ENOENT)) {
        return removed.error().in("cannot remove the namespace " + name_space_->name);
    }
    name_space_.reset();
    pair_index_ = InterfaceIndex();
    return {};
}

asio::awaitable<Result<void>> Instance::async_start_server()
{
    if (!rendering_) {
        co_return rendering_.error();
    }
    const auto started = co_await service_.async_start(name_space_->fd.get(), *rendering_);
    if (!started) {
        co_return started;
    }
    log::info("kea.started", vrf_, "kea-dhcp4 is ready", {{"pid", service_.pid().value()}});
    relay_.set_serving(true);
    co_return write_record();
}

asio::awaitable<Result<void>> Instance::async_reload_server()
{
    if (!rendering_) {
        co_return rendering_.error();
    }
    // What clients send while Kea reads its configuration waits, instead of falling into the gap; what Kea has in its
    // socket already would be lost with that.
    relay_.hold(true);
    co_await relay_.async_drain();
    auto applied = co_await service_.async_apply(*rendering_);
    relay_.hold(false);
    if (!applied) {
        const auto code = make_error_code(kea::StartFailure::rejected);
        co_return Error(code, "the new configuration was refused: " + applied.error().message());
    }
    log::info("kea.reloaded", vrf_, "kea-dhcp4 runs the new configuration", {{"pid", service_.pid().value()}});
    co_return write_record();
}

Result<void> Instance::write_record()
{
    if (!name_space_) {
        return {};
    }
    Record record;
    record.vrf = vrf_;
    record.slot = slot_;
    record.name_space = name_space_->named ? name_space_->name : std::string();
    record.inode = name_space_->inode;
    record.dhcp4 = service_.record();
    const auto folder = server_paths(vrf_, *environment_.settings).runtime_folder;
    auto written = make_folders(folder, 0750);
    if (written) {
        written = write_file(folder + "/instance.json", to_json(record), 0600);
    }
    recorded_ = recorded_ || written.has_value();
    return written;
}

Result<void> Instance::forget_record()
{
    // Kea is gone, and with it whoever could have raced us in its folder; remove_all follows no link.
    const auto folder = server_paths(vrf_, *environment_.settings).runtime_folder;
    std::error_code failure;
    std::filesystem::remove_all(folder, failure);
    if (failure) {
        return Error::from_errno("cannot remove " + folder, failure.value());
    }
    recorded_ = false;
    return {};
}

} // namespace keavrf::instance
