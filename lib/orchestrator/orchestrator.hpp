// desired x observed -> instances: keeps one Instance for every domain that the configuration asks for and the host's
// links allow, while both change.
//
// run() waits for changes (they coalesce for 100 ms, 500 ms at most), resolves the settings against the links and
// addresses last observed, and updates, creates and ends instances. Cancelling it is the orderly shutdown: every
// instance is ended at once, then the hub goes. It throws FatalError where the host does not let it begin, and where an
// invariant is broken; what serves goes on then, and the next keavrfd with it.
#pragma once

#include "config/settings.hpp"
#include "core/asio.hpp"
#include "core/broadcast.hpp"
#include "core/error.hpp"
#include "core/semaphore.hpp"
#include "core/task_group.hpp"
#include "core/wakeup.hpp"
#include "instance/environment.hpp"
#include "instance/hub.hpp"
#include "instance/instance.hpp"
#include "netlink/monitor.hpp"
#include "orchestrator/estate.hpp"
#include "orchestrator/reload_report.hpp"
#include "relay/relay.hpp"
#include "topology/departures.hpp"
#include "topology/network.hpp"
#include "topology/plan.hpp"
#include "topology/resolve.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace keavrf::orchestrator {

class Orchestrator : private netlink::Observer {
public:
    struct Setup {
        std::shared_ptr<const config::Settings> settings;
        kea::Version kea_version;
        process::Identity kea_identity;
        std::string host;
        std::uint32_t slots = topology::slot_limit; // as many VRFs can be served
    };

    Orchestrator(asio::any_io_executor executor, Setup setup);
    Orchestrator(const Orchestrator&) = delete;
    Orchestrator& operator=(const Orchestrator&) = delete;
    ~Orchestrator() override;

    asio::awaitable<void> run();
    // Until the first reconcile has been carried out: every instance that can serve does, the others have a reason.
    asio::awaitable<void> async_ready();
    [[nodiscard]] bool ready() const noexcept { return ready_; }

    // All or nothing: every rendered configuration that changes is tested by Kea first, and one refusal refuses all.
    // Where Kea cannot apply what it has tested, the configuration before goes back in on all VRFs.
    // Applied, the report has every VRF that is wanted and not in place, also where nothing changed for it.
    // One reload at a time; a second one waits. To be called while run() runs.
    asio::awaitable<ReloadReport> async_reload(std::shared_ptr<const config::Settings> settings);
    // The same without applying anything.
    asio::awaitable<ReloadReport> async_test(std::shared_ptr<const config::Settings> settings);

    // Why Keas cannot be left running at the end; empty: they can.
    [[nodiscard]] std::string hindrance_to_keeping() const;
    // Before run() is cancelled: it then leaves Keas, namespaces and records as they are, for the next keavrfd. False:
    // they cannot be kept.
    bool keep_running();
    // The same for an end that nobody asked for: what serves somebody, or may do so, is left as it is.
    void keep_what_serves();
    // While run() ends: Keas that take their time are killed, but for those that are kept.
    void hurry();

    [[nodiscard]] const std::map<VrfName, std::unique_ptr<instance::Instance>>& instances() const noexcept
    {
        return instances_;
    }
    // Null where there is none.
    [[nodiscard]] instance::Instance* find(const VrfName& vrf) const;
    // Behind run(): what lies under state-dir is better left alone, since its disk hangs.
    [[nodiscard]] bool state_disk_hangs() const noexcept { return state_disk_hangs_; }
    // Those in force; what a reload tries out is not, until all have taken it.
    [[nodiscard]] const std::shared_ptr<const config::Settings>& settings() const noexcept
    {
        return trial_ ? trial_->in_force : environment_.settings;
    }
    [[nodiscard]] const kea::Version& kea_version() const noexcept { return environment_.kea_version; }
    // VRFs that are wanted and cannot be served, since all slots are taken; told once each.
    [[nodiscard]] const std::set<VrfName>& without_slot() const noexcept { return without_slot_; }
    // Called after every change of an instance's state, for STATUS= and the like.
    void on_change(std::function<void()> listener) { on_change_ = std::move(listener); }

private:
    void begin_resync() override;
    void event(const netlink::Event& event) override;
    void end_resync() override;
    // Between an event and the reconcile that follows: ports whose interfaces have left their VRFs are not relayed.
    void judge(const std::vector<topology::PortVerdict>& verdicts);

    asio::awaitable<void> async_begin();
    asio::awaitable<void> async_open_hub();
    asio::awaitable<void> keep_hub();
    asio::awaitable<void> async_keep_hub_record();
    asio::awaitable<void> async_reconcile();
    void follow_host();
    asio::awaitable<void> async_wait_for_change();
    asio::awaitable<void> async_shut_down();
    asio::awaitable<void> async_give_up_estate();
    asio::awaitable<void> announce_ready();
    asio::awaitable<void> run_instance(instance::Instance& instance);
    asio::awaitable<std::vector<Complaint>> async_check(topology::Domains domains);
    asio::awaitable<Result<void>> async_check_one(topology::Domain domain);
    struct Verdict {
        std::vector<Complaint> failures;
        std::vector<VrfName> outstanding;
    };
    [[nodiscard]] Verdict judge_now(const std::vector<VrfName>& tried) const;
    asio::awaitable<std::vector<Complaint>> async_judge(std::vector<VrfName> tried);
    struct Applied {
        std::vector<VrfName> touched;
        std::vector<VrfName> wanted; // all, in order
    };
    asio::awaitable<std::vector<Complaint>> async_settle(Applied applied);
    asio::awaitable<Result<void>> async_settle_one(VrfName vrf, bool touched, Clock::time_point begin);
    asio::awaitable<ReloadReport> async_roll_back(std::vector<Complaint> failures);
    [[nodiscard]] std::vector<Complaint> complaints_of_no_slot() const;
    std::set<VrfName> begin_trial(std::shared_ptr<const config::Settings> settings);
    Applied end_trial(bool taken);
    void take_back_trial() noexcept;

    // What each instance shall be now.
    topology::Domains resolve_now();
    topology::Domains resolve_trial();
    topology::Domains resolve_by(const config::Settings& settings, topology::Memory& memory);
    // Each returns whom it touched. The first: those that there are and that stay.
    std::vector<VrfName> update_instances(const topology::Domains& domains);
    void tell_instances_of_kea_settings();
    std::vector<VrfName> apply(const topology::Domains& domains);
    void end_instance(instance::Instance& instance, const std::string& why);
    [[nodiscard]] topology::FreeSlots find_free_slots() const;
    // False: there is no slot for it.
    bool begin_instance(const topology::Domain& domain, topology::FreeSlots& free_slots);
    void start(std::unique_ptr<instance::Instance> instance);
    void end_unwanted_estate();
    void forget_ended();
    void log_warnings(const topology::Domain& domain);
    void throw_failures();

    asio::any_io_executor executor_;
    instance::Environment environment_;
    Semaphore starts_;
    Semaphore reloads_;
    std::mt19937_64 random_;
    std::unique_ptr<relay::SharedIo> relay_io_;
    std::unique_ptr<instance::Hub> hub_;
    std::unique_ptr<netlink::Monitor> monitor_;
    topology::Network network_;
    topology::Memory memory_;
    std::optional<topology::TimePoint> deadline_;
    std::uint64_t seen_revision_ = 0;
    std::map<VrfName, std::unique_ptr<instance::Instance>> instances_;
    topology::Domains wanted_;         // as each instance was last told
    topology::PortOwners port_owners_; // of wanted_
    std::map<VrfName, TaskGroup::Id> tasks_of_;
    std::uint32_t slots_;
    std::set<VrfName> without_slot_;
    std::map<VrfName, std::vector<std::string>> warned_;
    Wakeup changed_;
    Broadcast became_ready_;
    Broadcast turned_; // an instance
    Estate estate_;    // what nobody has taken over yet
    bool stock_taken_ = false;
    bool keep_ = false;
    bool state_disk_hangs_ = false;
    // While a reload is on trial: environment_.settings is what is tried out.
    struct Trial {
        std::shared_ptr<const config::Settings> in_force;
        topology::Memory memory;   // as that configuration has it
        std::set<VrfName> tried{}; // by whom
    };
    std::optional<Trial> trial_;
    std::shared_ptr<const config::Settings> told_kea_settings_; // by which all instances go
    friend class TrialScope;
    bool begun_ = false; // instances exist, and everything they need
    bool ready_ = false;
    std::function<void()> on_change_;
    // In this order: instances need the hub and its monitor until their end.
    TaskGroup watchers_;
    TaskGroup instance_tasks_;
};

} // namespace keavrf::orchestrator
