#include "orchestrator/orchestrator.hpp"

#include "core/log.hpp"
#include "orchestrator/trial_targets.hpp"
#include "topology/plan.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
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

} // namespace

Orchestrator::Orchestrator(asio::any_io_executor executor, Setup setup)
    : executor_(std::move(executor)), starts_(executor_, parallel_starts), reloads_(executor_, 1),
      random_(std::random_device{}()), slots_(setup.slots), changed_(executor_), became_ready_(executor_),
      turned_(executor_), watchers_(executor_), instance_tasks_(executor_)
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
    environment_.on_turn = [this] { turned_.notify_all(); };
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

void Orchestrator::throw_failures()
{
    if (watchers_.failed() || instance_tasks_.failed()) {
        const auto& task = watchers_.failed() ? watchers_.failed_task() : instance_tasks_.failed_task();
        throw FatalError(Error("the task '" + task + "' failed"));
    }
}

topology::Domains Orchestrator::resolve_by(const config::Settings& settings, topology::Memory& memory)
{
    auto resolution = topology::resolve(settings, network_, memory, Clock::now());
    memory = std::move(resolution.memory);
    if (resolution.deadline) {
        deadline_ = std::min(deadline_.value_or(*resolution.deadline), *resolution.deadline);
    }
    return std::move(resolution.domains);
}

topology::Domains Orchestrator::resolve_now()
{
    seen_revision_ = network_.revision();
    deadline_.reset();
    return trial_ ? resolve_trial() : resolve_by(*environment_.settings, memory_);
}

topology::Domains Orchestrator::resolve_trial()
{
    const auto in_force = resolve_by(*trial_->in_force, trial_->memory);
    const auto on_trial = resolve_by(*environment_.settings, memory_);
    return trial_targets(in_force, on_trial, trial_->tried);
}

std::vector<VrfName> Orchestrator::update_instances(const topology::Domains& domains)
{
    std::vector<VrfName> touched;
    for (const auto& [vrf, instance] : instances_) {
        const auto wanted = domains.find(vrf);
        if (wanted != domains.end() && !instance->ending() && !(wanted_[vrf] == wanted->second)) {
            log_warnings(wanted->second);
            wanted_[vrf] = wanted->second;
            if (trial_ && trial_->tried.contains(vrf)) {
                instance->try_out(wanted->second);
            } else {
                instance->update(wanted->second);
            }
            touched.push_back(vrf);
        }
    }
    turned_.notify_all(); // who tries a configuration out may have lost what it was for
    return touched;
}

std::vector<VrfName> Orchestrator::apply(const topology::Domains& domains)
{
    std::vector<VrfName> touched;
    // Existing instances first: an interface that moved must be let go before another VRF opens it.
    for (const auto& [vrf, instance] : instances_) {
        if (!domains.contains(vrf)) {
            if (!instance->ending()) {
                touched.push_back(vrf);
            }
            end_instance(*instance, "no longer wanted");
        }
    }
    std::erase_if(without_slot_, [&domains](const VrfName& vrf) { return !domains.contains(vrf); });
    const auto updated = update_instances(domains);
    touched.insert(touched.end(), updated.begin(), updated.end());
    std::optional<topology::FreeSlots> free_slots; // looked for once: a thousand VRFs may begin together
    for (const auto& [vrf, domain] : domains) {
        if (!instances_.contains(vrf)) {
            if (!free_slots) {
                free_slots = find_free_slots();
            }
            if (begin_instance(domain, *free_slots)) {
                touched.push_back(vrf);
            }
        }
    }
    return touched;
}

topology::FreeSlots Orchestrator::find_free_slots() const
{
    std::set<Slot> used;
    for (const auto& [vrf, instance] : instances_) {
        used.insert(instance->slot());
    }
    for (const auto& [vrf, left] : estate_.instances) {
        used.insert(left.record.slot);
    }
    return topology::FreeSlots(std::move(used));
}

bool Orchestrator::begin_instance(const topology::Domain& domain, topology::FreeSlots& free_slots)
{
    auto inherited = estate_.instances.extract(domain.name);
    const auto slot = inherited.empty() ? free_slots.take() : inherited.mapped().record.slot;
    if (slot.value() >= slots_) {
        if (without_slot_.insert(domain.name).second) {
            log::error("instance.no-slot", domain.name, std::string(no_slot));
        }
        return false;
    }
    without_slot_.erase(domain.name);
    log::info("instance.new", domain.name, "a DHCP domain appears",
              {{"slot", slot.value()}, {"entry", domain.settings->pattern}});
    log_warnings(domain);
    auto made = std::make_unique<instance::Instance>(environment_, domain.name, slot);
    made->update(domain);
    wanted_[domain.name] = domain;
    if (!inherited.empty()) {
        made->inherit(std::move(inherited.mapped()));
    }
    start(std::move(made));
    return true;
}

void Orchestrator::start(std::unique_ptr<instance::Instance> instance)
{
    const auto vrf = instance->vrf();
    tasks_of_[vrf] = instance_tasks_.spawn("vrf " + vrf.str(), run_instance(*instance));
    instances_.emplace(vrf, std::move(instance));
}

// Ours, and nobody wants it: taken down as every instance is.
void Orchestrator::end_unwanted_estate()
{
    auto estate = std::move(estate_);
    estate_ = {};
    for (auto& [vrf, inheritance] : estate.instances) {
        auto made = std::make_unique<instance::Instance>(environment_, vrf, inheritance.record.slot);
        auto& instance = *made;
        made->inherit(std::move(inheritance));
        start(std::move(made));
        end_instance(instance, "left by an earlier keavrfd, and no longer wanted");
    }
}

asio::awaitable<void> Orchestrator::run_instance(instance::Instance& instance)
{
    co_await instance.run();
    changed_.notify(); // it can be forgotten, and its VRF begun anew
    turned_.notify_all();
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
        if (trial_) {
            trial_->tried.erase(entry.first); // one that takes its place begins by what is in force
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
    for (const auto& warning : topology::news_among(domain.warnings, warned)) {
        log::warning("domain.warning", domain.name, warning);
    }
    warned = domain.warnings;
}

} // namespace keavrf::orchestrator
