// What an instance does: each action of a plan, carried out.
#include "core/log.hpp"
#include "instance/descriptors.hpp"
#include "instance/instance.hpp"
#include "instance/reverse_path.hpp"
#include "instance/wiring.hpp"
#include "topology/resolve.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace keavrf::instance {

namespace {

// What a turn may take before the packets of all VRFs, which wait for it, have theirs.
constexpr std::chrono::milliseconds longest_stretch{5};
// From its birth until it is ready a Kea takes some 50 ms, and longer with many leases.
constexpr std::chrono::seconds usual_start{2};
// Before its birth only who has many leases to be mended, or somebody to end in its namespace, takes longer.
constexpr std::chrono::seconds usual_preparation{5};
// Turns with the same plan, each successful, after which something must be wrong with what is observed.
constexpr unsigned most_repeats = 5;

// For what Kea is told or started with, keavrfd itself writes where a disk may hang.
bool needs_disks(const topology::Action& action)
{
    return std::holds_alternative<topology::StartServer>(action) ||
           std::holds_alternative<topology::ReloadServer>(action);
}

// What is open as long as the VRF is served; ports see to it themselves (ports.cpp).
bool takes_descriptors(const topology::Action& action)
{
    return std::holds_alternative<topology::CreateNamespace>(action) ||
           std::holds_alternative<topology::CreatePair>(action) ||
           std::holds_alternative<topology::OpenUplink>(action) ||
           std::holds_alternative<topology::StartServer>(action);
}

} // namespace

asio::awaitable<bool> Instance::async_carry_out(const topology::Plan& plan, Allow allow)
{
    std::vector<topology::Action> actions;
    std::copy_if(plan.begin(), plan.end(), std::back_inserter(actions), [allow](const topology::Action& action) {
        return allow == Allow::all || (allow == Allow::undo && undoes(action)) ||
               (allow == Allow::needed && !can_wait(action));
    });
    std::erase_if(actions,
                  [](const topology::Action& action) { return std::holds_alternative<topology::Refuse>(action); });
    if (going_in_circles(actions)) {
        failed(undoes(actions.front()) ? Failure::undo : Failure::transient,
               "what was done does not last: " + topology::describe(actions.front()) +
                   " (does another program change this VRF's namespace or links?)");
        co_return true;
    }
    StartPermit permit(environment_.executor);
    auto stretch_end = Clock::now() + longest_stretch;
    for (const auto& action : actions) {
        const bool builds = std::holds_alternative<topology::CreateNamespace>(action) ||
                            std::holds_alternative<topology::StartServer>(action);
        if (builds) {
            permit.release();
            auto taken = co_await environment_.starts->async_acquire();
            permit.hold(std::move(taken));
            permit.release_after(usual_preparation);
        }
        const auto tried = trial_.tried();
        log::debug("instance.action", vrf_, topology::describe(action));
        const auto done = co_await async_do(action, &permit);
        if (!done) {
            note_failure(action, tried, done.error());
            break;
        }
        if (std::holds_alternative<topology::ForgetServer>(action)) {
            break; // how it ended says what comes next, and when
        }
        if (Clock::now() >= stretch_end) {
            co_await asio::post(environment_.executor, asio::use_awaitable);
            stretch_end = Clock::now() + longest_stretch;
        }
    }
    warn_of_reverse_path();
    co_return !actions.empty();
}

// `tried`: on trial when the action was begun.
void Instance::note_failure(const topology::Action& action, unsigned tried, const Error& error)
{
    if (error.code() == kea::StartFailure::given_up) {
        log::info("kea.given-up", vrf_, error.message());
        repeats_ = 0;
        return; // the next turn starts what is wanted now
    }
    note_want_of_descriptors(error);
    const auto failure = failure_of(action, tried, error);
    failed(failure, error.message());
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

void Instance::open_port(InterfaceIndex index)
{
    const auto* spec = topology::find_port(domain_, index);
    if (spec == nullptr || !domain_.servable()) {
        return; // the domain changed under the plan; the next one knows
    }
    ports_.open(domain_, index, topology::fingerprint(domain_, *spec), Clock::now());
    if (!ports_.open_ports().contains(index)) {
        return;
    }
    if (const auto mode = reverse_path_mode(spec->name); mode != 0) {
        filtered_[index] = mode;
    }
}

// Of the ports that were just opened.
void Instance::warn_of_reverse_path()
{
    const auto filtered = std::exchange(filtered_, {});
    const auto lost = filtered.empty() ? std::nullopt : subnet_off_link(domain_, subnets());
    if (!lost) {
        return;
    }
    keep_ports(reverse_path_warned_, domain_);
    for (const auto& [index, mode] : filtered) {
        const auto* spec = topology::find_port(domain_, index);
        if (spec != nullptr && reverse_path_warned_.insert(index).second) {
            log::warning("port.rp-filter", vrf_, reverse_path_warning(mode, spec->name, *lost));
        }
    }
}

// What needs no waiting; nullopt: another kind of action.
std::optional<Result<void>> Instance::do_now(const topology::Action& action)
{
    if (const auto* close = std::get_if<topology::ClosePort>(&action)) {
        ports_.close(close->index);
        return Result<void>();
    }
    if (const auto* open = std::get_if<topology::OpenPort>(&action)) {
        open_port(open->index);
        return Result<void>();
    }
    if (std::holds_alternative<topology::CloseUplink>(action)) {
        relay_.close_uplink();
        return Result<void>();
    }
    if (std::holds_alternative<topology::OpenUplink>(action)) {
        return open_uplink();
    }
    if (std::holds_alternative<topology::RemoveNamespace>(action)) {
        return remove_namespace();
    }
    if (std::holds_alternative<topology::NameNamespace>(action)) {
        return restore_name();
    }
    if (std::holds_alternative<topology::WriteRecord>(action)) {
        return write_record();
    }
    return std::nullopt;
}

asio::awaitable<Result<void>> Instance::async_do(topology::Action action, StartPermit* permit)
{
    if (takes_descriptors(action) && !has_served() && few_descriptors_left()) {
        co_return Error::from_errno("the last descriptors are kept for VRFs that have served", EMFILE);
    }
    if (needs_disks(action)) {
        auto disks = environment_.disks;
        const auto answers = co_await async_ask_all(std::move(disks));
        disk_hung_ = !answers;
        if (!answers) {
            const auto code = make_error_code(kea::StartFailure::not_started);
            co_return Error(code, answers.error().message());
        }
    }
    if (std::holds_alternative<topology::RemoveNamespace>(action)) {
        const auto cleared = co_await async_clear_out();
        if (!cleared) {
            co_return cleared;
        }
    }
    if (auto at_once = do_now(action)) {
        co_return *at_once;
    }
    Result<void> done;
    if (std::holds_alternative<topology::ForgetServer>(action)) {
        occupancy_.kea_was_lost(Clock::now());
        co_await async_note_server_exit();
        note_in_record();
    } else if (std::holds_alternative<topology::StopServer>(action)) {
        relay_.set_serving(false);
        auto because = why_it_stops();
        done = co_await service_.async_stop(std::move(because));
        if (done) {
            note_in_record();
        }
    } else if (std::holds_alternative<topology::TakeOver>(action)) {
        done = co_await async_take_over();
    } else if (std::holds_alternative<topology::ForgetRecord>(action)) {
        done = co_await async_forget_record();
    } else if (std::holds_alternative<topology::RemovePair>(action)) {
        done = co_await async_remove_pair();
    } else if (std::holds_alternative<topology::CreateNamespace>(action)) {
        done = co_await async_create_namespace();
    } else if (std::holds_alternative<topology::CreatePair>(action)) {
        done = co_await async_connect();
    } else if (std::holds_alternative<topology::RepairPair>(action)) {
        done = co_await async_mend_pair();
    } else if (std::holds_alternative<topology::StartServer>(action)) {
        done = co_await async_start_server(permit);
    } else if (std::holds_alternative<topology::ReloadServer>(action)) {
        done = co_await async_reload_server();
    }
    co_return done;
}

asio::awaitable<Result<void>> Instance::async_connect()
{
    const auto created = co_await async_create_pair(*environment_.hub, name_space_->fd.get(), vrf_.str(), addresses_);
    if (!created) {
        co_return created.error();
    }
    pair_ = {topology::PairState::ready, *created, {}};
    pair_set_up_ = Clock::now();
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Instance::async_mend_pair()
{
    ++mended_;
    const auto fault = pair_.fault;
    auto mended =
        co_await async_repair_pair(*environment_.hub, name_space_->fd.get(), pair_.index, vrf_.str(), addresses_);
    if (!mended) {
        pair_.state = topology::PairState::broken; // made anew, then
        co_return mended;
    }
    log::info("pair.mended", vrf_, "put in place again what somebody removed", {{"fault", fault}});
    pair_.state = topology::PairState::ready;
    pair_.fault.clear();
    pair_set_up_ = Clock::now();
    inspection_due_ = true;
    co_return mended;
}

asio::awaitable<Result<void>> Instance::async_remove_pair()
{
    const int inside = name_space_ ? name_space_->fd.get() : -1;
    auto removed = co_await instance::async_remove_pair(*environment_.hub, inside, vrf_.str());
    if (removed) {
        pair_ = {};
    }
    co_return removed;
}

Result<void> Instance::open_uplink()
{
    const auto* link = environment_.hub->link(vrf_.str());
    if (link == nullptr) {
        return Error::from_errno("the veth pair " + vrf_.str() + " is gone", ENODEV);
    }
    return relay_.open_uplink(link->index, vrf_.str());
}

asio::awaitable<Result<void>> Instance::async_start_server(StartPermit* permit)
{
    const auto alone = co_await async_be_alone();
    if (!alone) {
        co_return alone;
    }
    if (!rendering_) {
        co_return rendering_.error(); // it may have been there when the wait began
    }
    auto rendering = to_run();
    // On record as soon as it exists, or a keavrfd that is killed now would leave a Kea that nobody knows.
    std::function<void()> launched = [this, permit] {
        note_in_record();
        permit->release_after(usual_start);
    };
    if (falls_back()) {
        log::warning("instance.fallback", vrf_,
                     "kea-dhcp4 refuses the configuration that is wanted; it is started with the last one it took");
    }
    auto started = co_await service_.async_start(name_space_->fd.get(), rendering, launched);
    if (!started && started.error().code() == kea::StartFailure::busy) {
        const auto ended = co_await async_end_strays(Clock::now());
        if (ended && *ended) {
            started = co_await service_.async_start(name_space_->fd.get(), std::move(rendering), std::move(launched));
        }
    }
    if (!started) {
        occupancy_.kea_was_lost(Clock::now());
        co_return started;
    }
    log::info("kea.started", vrf_, "kea-dhcp4 is ready", {{"pid", service_.pid().value()}});
    trial_.serves(service_.configuration_hash());
    relay_.set_serving(true);
    note_in_record();
    co_return Result<void>{};
}

} // namespace keavrf::instance
