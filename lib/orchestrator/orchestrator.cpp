#include "orchestrator/orchestrator.hpp"

#include "core/file.hpp"
#include "core/log.hpp"
#include "orchestrator/remnants.hpp"
#include "topology/plan.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <filesystem>
#include <set>

namespace keavrf::orchestrator {

namespace {

using namespace std::chrono_literals;

// Starting Kea is a burst of CPU; more at once only makes each slower (FACTS: 50 in 1.7 s, two at a time).
constexpr std::size_t parallel_starts = 4;
constexpr auto quiet = 100ms;
constexpr auto longest_delay = 500ms;
// How often instances look whether what they made is still there, whatever nobody told us.
constexpr auto audit_interval = 5s;
constexpr auto ready_limit = 60s;

} // namespace

Orchestrator::Orchestrator(asio::any_io_executor executor, Setup setup)
    : executor_(std::move(executor)), starts_(executor_, parallel_starts), reloads_(executor_, 1),
      random_(std::random_device{}()), changed_(executor_), became_ready_(executor_), watchers_(executor_),
      instance_tasks_(executor_)
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
    watchers_.on_failure([this] { changed_.notify(); });
    instance_tasks_.on_failure([this] { changed_.notify(); });
}

Orchestrator::~Orchestrator() = default;

instance::Instance* Orchestrator::find(const VrfName& vrf) const
{
    const auto found = instances_.find(vrf);
    return found != instances_.end() ? found->second.get() : nullptr;
}

void Orchestrator::begin_resync()
{
    network_.begin_resync();
}

void Orchestrator::event(const netlink::Event& event)
{
    network_.apply(event);
    if (network_.revision() != seen_revision_) {
        changed_.notify();
    }
}

void Orchestrator::end_resync()
{
    network_.end_resync();
    changed_.notify();
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
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await async_shut_down();
    if (failure && !is_cancellation(failure)) {
        std::rethrow_exception(failure);
    }
}

asio::awaitable<void> Orchestrator::async_begin()
{
    co_await async_remove_remnants(environment_.settings);
    auto io = relay::SharedIo::open();
    if (!io) {
        throw FatalError(io.error());
    }
    relay_io_ = std::move(*io);
    environment_.relay_io = relay_io_.get();
    const auto name = environment_.settings->netns_prefix + "hub";
    auto hub = co_await instance::Hub::async_create(name);
    if (!hub) {
        const auto taken = hub.error().is(EEXIST);
        throw FatalError(taken ? hub.error().hint("it is not of this keavrfd; if nobody else needs it: ip netns del " +
                                                  name + "; or choose another netns-prefix")
                               : hub.error());
    }
    hub_ = std::move(*hub);
    environment_.hub = hub_.get();
    instance::Record record;
    record.vrf = VrfName("hub");
    record.name_space = hub_->name_space().named ? name : std::string();
    record.inode = hub_->name_space().inode;
    const auto written = write_file(hub_record_path(*environment_.settings), instance::to_json(record), 0600);
    if (!written) {
        throw FatalError(written.error());
    }
    hub_->on_link_change([this](std::string_view link) {
        if (auto* owner = find(VrfName(std::string(link)))) {
            owner->look_again();
        }
    });
    auto monitor = netlink::Monitor::open(executor_, *this);
    if (!monitor) {
        throw FatalError(monitor.error());
    }
    monitor_ = std::move(*monitor);
    watchers_.spawn("hub links", hub_->run());
    watchers_.spawn("host links", monitor_->run());
}

asio::awaitable<void> Orchestrator::async_reconcile()
{
    while (!network_.complete()) {
        co_await changed_.async_wait();
        throw_failures();
    }
    apply(resolve_now());
    begun_ = true;
    became_ready_.notify_all();
    watchers_.spawn("ready", announce_ready());
    while (true) {
        co_await async_wait_for_change();
        throw_failures();
        forget_ended();
        apply(resolve_now());
        if (on_change_) {
            on_change_();
        }
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

asio::awaitable<void> Orchestrator::announce_ready()
{
    const auto deadline = Clock::now() + ready_limit;
    std::vector<VrfName> names;
    for (const auto& [vrf, instance] : instances_) {
        names.push_back(vrf);
    }
    for (const auto& vrf : names) {
        if (auto* instance = find(vrf)) {
            // An instance that ends meanwhile takes its waiters along: it is looked up anew for each.
            const auto settled = co_await instance->async_settled(deadline - Clock::now());
            (void)settled; // its own log line has said why not
        }
    }
    ready_ = true;
    became_ready_.notify_all();
}

asio::awaitable<void> Orchestrator::async_ready()
{
    while (!ready_) {
        co_await became_ready_.async_wait_until(Clock::time_point::max());
    }
}

void Orchestrator::throw_failures()
{
    if (watchers_.failed() || instance_tasks_.failed()) {
        const auto& task = watchers_.failed() ? watchers_.failed_task() : instance_tasks_.failed_task();
        throw FatalError(Error("the task '" + task + "' failed"));
    }
}

topology::Domains Orchestrator::resolve_now()
{
    seen_revision_ = network_.revision();
    auto resolution = topology::resolve(*environment_.settings, network_, memory_, Clock::now());
    memory_ = std::move(resolution.memory);
    deadline_ = resolution.deadline;
    return std::move(resolution.domains);
}

std::vector<VrfName> Orchestrator::apply(const topology::Domains& domains)
{
    std::vector<VrfName> touched;
    // Existing instances first: an interface that moved must be let go before another VRF opens it.
    for (const auto& [vrf, instance] : instances_) {
        const auto wanted = domains.find(vrf);
        if (wanted == domains.end()) {
            if (!instance->ending()) {
                touched.push_back(vrf);
            }
            end_instance(*instance, "no longer wanted");
        } else if (!instance->ending() && !(wanted_[vrf] == wanted->second)) {
            log_warnings(wanted->second);
            wanted_[vrf] = wanted->second;
            instance->update(wanted->second);
            touched.push_back(vrf);
        }
    }
    for (const auto& [vrf, domain] : domains) {
        if (!instances_.contains(vrf)) {
            begin_instance(domain);
            touched.push_back(vrf);
        }
    }
    return touched;
}

void Orchestrator::begin_instance(const topology::Domain& domain)
{
    std::vector<Slot> used;
    for (const auto& [vrf, instance] : instances_) {
        used.push_back(instance->slot());
    }
    const auto slot = topology::lowest_free_slot(used);
    if (slot.value() >= topology::slot_limit) {
        log::error("instance.no-slot", domain.name, "too many VRFs: each needs a /30 of 169.254.0.0/16");
        return;
    }
    log::info("instance.new", domain.name, "a DHCP domain appears",
              {{"slot", slot.value()}, {"entry", domain.settings->pattern}});
    log_warnings(domain);
    auto made = std::make_unique<instance::Instance>(environment_, domain.name, slot);
    made->update(domain);
    wanted_[domain.name] = domain;
    tasks_of_[domain.name] = instance_tasks_.spawn("vrf " + domain.name.str(), run_instance(*made));
    instances_.emplace(domain.name, std::move(made));
}

asio::awaitable<void> Orchestrator::run_instance(instance::Instance& instance)
{
    co_await instance.run();
    changed_.notify(); // it can be forgotten, and its VRF begun anew
}

void Orchestrator::end_instance(instance::Instance& instance, const std::string& why)
{
    if (instance.ending()) {
        return;
    }
    log::info("instance.end", instance.vrf(), why);
    instance.end(why);
    instance_tasks_.stop(tasks_of_[instance.vrf()]);
}

void Orchestrator::forget_ended()
{
    std::erase_if(instances_, [this](const auto& entry) {
        if (instance_tasks_.running(tasks_of_[entry.first]) || entry.second->waited_for()) {
            return false;
        }
        wanted_.erase(entry.first);
        tasks_of_.erase(entry.first);
        warned_.erase(entry.first);
        return true;
    });
}

// Each warning once, until it is no longer true.
void Orchestrator::log_warnings(const topology::Domain& domain)
{
    auto& warned = warned_[domain.name];
    for (const auto& warning : domain.warnings) {
        if (std::find(warned.begin(), warned.end(), warning) == warned.end()) {
            log::warning("domain.warning", domain.name, warning);
        }
    }
    warned = domain.warnings;
}

void Orchestrator::hurry()
{
    for (const auto& [vrf, instance] : instances_) {
        instance->hurry();
    }
}

asio::awaitable<void> Orchestrator::async_shut_down()
{
    for (const auto& [vrf, instance] : instances_) {
        end_instance(*instance, "keavrfd stops");
    }
    instance_tasks_.stop();
    std::exception_ptr failure;
    try {
        co_await instance_tasks_.async_join();
    } catch (...) {
        failure = std::current_exception();
    }
    instances_.clear();
    watchers_.stop();
    try {
        co_await watchers_.async_join();
    } catch (...) {
        failure = std::current_exception();
    }
    if (hub_) {
        const auto removed = hub_->remove();
        if (!removed) {
            log::warning("hub.kept", "", removed.error().message());
        }
        std::error_code ignored;
        std::filesystem::remove(hub_record_path(*environment_.settings), ignored);
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
}

} // namespace keavrf::orchestrator
