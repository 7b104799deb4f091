// How the orchestrator begins and ends: what an earlier keavrfd left, the hub, the monitor; and all of it taken down.
#include "core/log.hpp"
#include "instance/record_file.hpp"
#include "orchestrator/orchestrator.hpp"
#include "orchestrator/residents.hpp"
#include "topology/plan.hpp"

#include <boost/asio/post.hpp>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace keavrf::orchestrator {

namespace {

using namespace std::chrono_literals;

constexpr auto ready_limit = 60s;
// The hub's any-address route is what every answer needs; to look is two small dumps.
constexpr auto hub_interval = 1s;

// Whose name the hub's is, as far as anybody can tell, and what to do.
Error with_advice(const Error& taken, const config::Settings& settings, bool found_some)
{
    // Where records were found, who lives there is of this keavrfd.
    const auto residents = found_some ? std::string() : residents_of(settings.netns_prefix);
    if (residents.empty()) {
        return taken.hint("it is not of this keavrfd; if nobody else needs it: ip netns del " + settings.netns_prefix +
                          "hub; or choose another netns-prefix");
    }
    return taken.hint("no record in " + settings.runtime_dir + " or " + settings.state_dir +
                      " says that it is of this keavrfd, and somebody lives in namespaces of its prefix: " + residents +
                      ". Had keavrfd another runtime-dir and state-dir before? Set these again, and it goes on with "
                      "them, or change one of the two at a time; to end them, start it with these and stop it");
}

void tell_of_lost_hub(const Estate& estate)
{
    const auto& left = estate.instances;
    if (std::any_of(left.begin(), left.end(), [](const auto& entry) { return entry.second.server.has_value(); })) {
        log::warning(
            "hub.gone", "",
            "the hub that an earlier keavrfd left is gone, and the veth pairs of all VRFs with it: a new one is "
            "made, and every Kea has to be replaced");
    }
}

} // namespace

asio::awaitable<void> Orchestrator::async_begin()
{
    auto estate = co_await async_take_stock(environment_.settings, environment_.kea_identity.user);
    estate_ = std::move(estate);
    stock_taken_ = true;
    auto io = relay::SharedIo::open();
    if (!io) {
        throw FatalError(io.error());
    }
    relay_io_ = std::move(*io);
    environment_.relay_io = relay_io_.get();
    co_await async_open_hub();
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
    relay_io_->look_first = [this] { monitor_->poll(); };
    watchers_.spawn("state-dir's disk", environment_.disks->state.run());
    watchers_.spawn("log-dir's disk", environment_.disks->logs.run());
    watchers_.spawn("hub links", hub_->run());
    watchers_.spawn("hub", keep_hub());
    watchers_.spawn("host links", monitor_->run());
    // What was inherited is in it already.
    co_await hub_->async_wait_complete();
    throw_failures();
}

// That of an earlier keavrfd where there is one, with its pairs.
asio::awaitable<void> Orchestrator::async_open_hub()
{
    const auto name = environment_.settings->netns_prefix + "hub";
    const bool inherited = estate_.hub.has_value();
    if (estate_.hub_hidden) {
        const auto path = netns::path_of_name(name);
        throw FatalError(Error("the hub of an earlier keavrfd cannot be seen: something is mounted over " + path)
                             .hint("try: umount " + path));
    }
    const auto found = inherited ? topology::Ownership::ours : topology::Ownership::absent;
    const auto missing = topology::plan_hub(true, found, false);
    log::debug("hub.action", "", topology::describe(missing.front()));
    instance::Hub::Recorder recorder = [this](const netns::Namespace& made) {
        return instance::write_hub_record(made, *environment_.settings);
    };
    Result<std::unique_ptr<instance::Hub>> hub = Error("no hub");
    if (inherited) {
        // What it is stays in the estate until the hub goes on with it: a start that ends on the way has to know.
        auto name_space = std::move(*estate_.hub);
        estate_.hub->name = name;
        estate_.hub->inode = name_space.inode;
        hub = co_await instance::Hub::async_adopt(std::move(name_space));
    } else {
        tell_of_lost_hub(estate_);
        hub = co_await instance::Hub::async_create(name, std::move(recorder));
    }
    if (!hub) {
        if (!inherited) {
            instance::erase_hub_record(*environment_.settings); // of what was made and is gone
        }
        const auto taken = hub.error().is(EEXIST);
        throw FatalError(taken ? with_advice(hub.error(), *environment_.settings, !estate_.instances.empty())
                               : hub.error());
    }
    estate_.hub.reset();
    hub_ = std::move(*hub);
    environment_.hub = hub_.get();
}

// Level-triggered, as all: what somebody takes away from the hub is put in place again, and nobody in it notices.
asio::awaitable<void> Orchestrator::keep_hub()
{
    while (true) {
        co_await async_sleep(hub_interval);
        const auto trouble = co_await hub_->async_look();
        if (!trouble) {
            log::warning("hub.inspection", "", "cannot look at the hub: " + trouble.error().message());
            continue;
        }
        const auto plan = topology::plan_hub(true, topology::Ownership::ours, trouble->empty());
        if (!plan.empty()) {
            const auto mended = co_await hub_->async_repair();
            log::warning(
                "hub.mended", "",
                "the hub was not in order: " + *trouble +
                    (mended ? std::string("; it is again") : ", and cannot be mended: " + mended.error().message()));
        }
        co_await async_keep_hub_record();
    }
}

asio::awaitable<void> Orchestrator::async_keep_hub_record()
{
    const auto settings = environment_.settings;
    std::error_code failure;
    const bool recorded = std::filesystem::exists(instance::hub_record_path(*settings), failure);
    if (recorded && std::filesystem::exists(instance::hub_record_copy_path(*settings), failure)) {
        co_return;
    }
    auto disks = environment_.disks;
    const auto answers = co_await instance::async_ask_state(std::move(disks));
    if (!answers) {
        co_return; // it has been told, and the next look tries again
    }
    if (recorded) {
        const auto written = instance::write_hub_record_copy(hub_->name_space(), *settings);
        (void)written; // its first failure has been told
    } else if (const auto written = instance::write_hub_record(hub_->name_space(), *settings); !written) {
        log::warning("hub.record", "", written.error().message());
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

std::vector<std::string> Orchestrator::warnings() const
{
    const auto name = hub_ ? hub_->name_warning() : std::string();
    return name.empty() ? std::vector<std::string>() : std::vector<std::string>{name};
}

std::string Orchestrator::hindrance_to_keeping() const
{
    if (::getpid() == 1) {
        return "keavrfd is PID 1 here, and all processes end with it";
    }
    if (hub_ != nullptr && !hub_->name_space().named) {
        return "namespaces have no names here, and end with keavrfd";
    }
    return {};
}

bool Orchestrator::keep_running()
{
    keep_ = hindrance_to_keeping().empty();
    return keep_;
}

void Orchestrator::keep_what_serves()
{
    const bool serves = !stock_taken_ || !instances_.empty() || !estate_.instances.empty();
    if (!keep_ && serves && keep_running()) {
        log::warning("daemon.leaves", "",
                     "keavrfd ends without having been told to: Kea processes and namespaces are left as they are, and "
                     "the next keavrfd goes on with them (start it again; to end them all, stop that one)");
    }
}

void Orchestrator::hurry()
{
    for (const auto& [vrf, instance] : instances_) {
        if (!keep_ || instance->ending()) {
            instance->hurry();
        }
    }
}

// What nobody has taken over; also where the start was cancelled before it knew of it.
asio::awaitable<void> Orchestrator::async_give_up_estate()
{
    if (!std::exchange(stock_taken_, true)) {
        co_await async_remove_all(environment_.settings);
        co_return;
    }
    auto estate = std::exchange(estate_, {});
    co_await async_remove_estate(std::move(estate), environment_.settings);
}

asio::awaitable<void> Orchestrator::async_shut_down()
{
    for (const auto& [vrf, instance] : instances_) {
        if (keep_) {
            instance->leave_running();
        } else {
            end_instance(*instance, "keavrfd stops");
        }
    }
    instance_tasks_.stop();
    std::exception_ptr failure;
    try {
        co_await instance_tasks_.async_join();
    } catch (...) {
        failure = std::current_exception();
    }
    // Who waits for one of them (a reload) has been woken by its end, and gets its turn to look.
    while (std::any_of(instances_.begin(), instances_.end(),
                       [](const auto& entry) { return entry.second->waited_for(); })) {
        co_await asio::post(executor_, asio::use_awaitable);
    }
    instances_.clear();
    if (!keep_) {
        co_await async_give_up_estate();
    }
    auto disks = environment_.disks;
    const auto disk = co_await instance::async_ask_state(std::move(disks));
    state_disk_hangs_ = !disk;
    watchers_.stop();
    try {
        co_await watchers_.async_join();
    } catch (...) {
        failure = std::current_exception();
    }
    if (hub_ && !keep_) {
        const auto removed = hub_->remove();
        const bool gone = removed || removed.error().is(ENOENT);
        if (gone && !disk) {
            log::warning("hub.kept", "", "the hub is gone, but its record stays behind: " + disk.error().message());
        } else if (gone) {
            instance::erase_hub_record(*environment_.settings);
        } else {
            log::warning("hub.kept", "",
                         "the hub's namespace stays behind, and its record, by which the next keavrfd knows it: " +
                             removed.error().message());
        }
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
}

} // namespace keavrf::orchestrator
