#include "orchestrator/orchestrator.hpp"

#include "core/log.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <new>

namespace keavrf::orchestrator {

namespace {

using namespace std::chrono_literals;

// Starting Kea is a burst of CPU; more at once only makes each slower (FACTS: 50 in 1.7 s, two at a time).
constexpr std::size_t parallel_starts = 4;
constexpr auto quiet = 100ms;
constexpr auto longest_delay = 500ms;
constexpr auto no_memory_pause = 1s;
// How often instances look whether what they made is still there, whatever nobody told us.
constexpr auto audit_interval = 5s;

} // namespace

Orchestrator::Orchestrator(asio::any_io_executor executor, Setup setup)
    : executor_(std::move(executor)), starts_(executor_, parallel_starts), reloads_(executor_, 1),
      random_(std::random_device{}()), slots_(setup.slots), changed_(executor_), became_ready_(executor_),
      turned_(executor_), told_kea_settings_(setup.settings), watchers_(executor_), instance_tasks_(executor_)
{
    environment_.executor = executor_;
    environment_.settings = std::move(setup.settings);
    environment_.kea_version = setup.kea_version;
    environment_.kea_identity = std::move(setup.kea_identity);
    environment_.host = std::move(setup.host);
    environment_.starts = &starts_;
    environment_.random = [this] { return std::uniform_real_distribution<double>(0.0, 1.0)(random_); };
    environment_.on_change = [this] {
        if (on_change_) {
            on_change_();
        }
    };
    environment_.disks = std::make_shared<instance::Disks>(executor_, *environment_.settings);
    for (auto* disk : {&environment_.disks->state, &environment_.disks->logs}) {
        disk->on_return([this] {
            for (const auto& [vrf, instance] : instances_) {
                instance->disk_is_back();
            }
        });
    }
    environment_.on_turn = [this] { turned_.notify_all(); };
    watchers_.on_failure([this] {
        changed_.notify();
        if (hub_) {
            hub_->give_up_waiting();
        }
    });
    instance_tasks_.on_failure([this] { changed_.notify(); });
}

Orchestrator::~Orchestrator() = default;

instance::Instance* Orchestrator::find(const VrfName& vrf) const
{
    const auto found = instances_.find(vrf);
    return found != instances_.end() ? found->second.get() : nullptr;
}

asio::awaitable<void> Orchestrator::run()
{
    std::exception_ptr failure;
    try {
        co_await async_begin();
        co_await async_reconcile();
    } catch (...) {
        failure = std::current_exception();
    }
    const auto state = co_await asio::this_coro::cancellation_state;
    if (failure && !is_cancellation(failure) && state.cancelled() == asio::cancellation_type::none) {
        keep_what_serves();
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await async_shut_down();
    if (failure && !is_cancellation(failure)) {
        std::rethrow_exception(failure);
    }
}

asio::awaitable<void> Orchestrator::async_reconcile()
{
    while (!network_.complete()) {
        co_await changed_.async_wait();
        throw_failures();
    }
    apply(resolve_now());
    end_unwanted_estate();
    begun_ = true;
    became_ready_.notify_all();
    instance_tasks_.spawn("ready", announce_ready()); // ends with those that it waits for
    while (true) {
        co_await async_wait_for_change();
        throw_failures();
        follow_host();
    }
}

// What there is no memory for now is done at the next look: it is no reason to end.
void Orchestrator::follow_host()
{
    try {
        forget_ended();
        apply(resolve_now());
        if (on_change_) {
            on_change_();
        }
    } catch (const std::bad_alloc&) {
        deadline_ = Clock::now() + no_memory_pause;
    }
}

asio::awaitable<void> Orchestrator::async_wait_for_change()
{
    const auto audit = Clock::now() + audit_interval;
    const auto until = std::min(audit, deadline_.value_or(Clock::time_point::max()));
    bool more = co_await changed_.async_wait_until(until);
    if (!more) {
        for (const auto& [vrf, instance] : instances_) {
            instance->look_again();
        }
        co_return;
    }
    const auto limit = Clock::now() + longest_delay;
    while (more && Clock::now() < limit) {
        more = co_await changed_.async_wait_until(std::min(limit, Clock::now() + quiet));
    }
}

void Orchestrator::throw_failures()
{
    if (watchers_.failed() || instance_tasks_.failed()) {
        const auto& task = watchers_.failed() ? watchers_.failed_task() : instance_tasks_.failed_task();
        throw FatalError(Error("the task '" + task + "' failed"));
    }
}

asio::awaitable<void> Orchestrator::run_instance(instance::Instance& instance)
{
    co_await instance.run();
    changed_.notify(); // it can be forgotten, and its VRF begun anew
    turned_.notify_all();
}

void Orchestrator::forget_ended()
{
    std::erase_if(instances_, [this](const auto& entry) {
        if (instance_tasks_.running(tasks_of_[entry.first]) || entry.second->waited_for()) {
            return false;
        }
        if (trial_) {
            trial_->tried.erase(entry.first); // one that takes its place begins by what is in force
        }
        wanted_.erase(entry.first);
        port_owners_.forget();
        tasks_of_.erase(entry.first);
        warned_.erase(entry.first);
        return true;
    });
}

} // namespace keavrf::orchestrator
