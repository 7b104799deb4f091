// One VRF's DHCP service: its namespace, its veth pair, its Kea and its relay, kept as desired.
//
// run() is level-triggered: each turn compares what is desired (the Domain, set by the orchestrator) with what is
// observed, asks topology::plan_instance which actions are missing and Machine whether they may be carried out now, and
// carries them out one by one. Whatever fails ends the turn; the next one begins from what is then observed.
#pragma once

#include "core/asio.hpp"
#include "core/broadcast.hpp"
#include "core/error.hpp"
#include "core/task_group.hpp"
#include "core/wakeup.hpp"
#include "instance/engagement.hpp"
#include "instance/environment.hpp"
#include "instance/health.hpp"
#include "instance/hub.hpp"
#include "instance/inheritance.hpp"
#include "instance/machine.hpp"
#include "instance/namespace_name.hpp"
#include "instance/occupancy.hpp"
#include "instance/outlook.hpp"
#include "instance/pair_addresses.hpp"
#include "instance/pair_state.hpp"
#include "instance/ports.hpp"
#include "instance/record.hpp"
#include "instance/rendering.hpp"
#include "instance/service.hpp"
#include "instance/start_permit.hpp"
#include "instance/strays.hpp"
#include "instance/trial.hpp"
#include "netlink/client.hpp"
#include "netns/namespace.hpp"
#include "process/identity.hpp"
#include "relay/relay.hpp"
#include "topology/departures.hpp"
#include "topology/domain.hpp"

#include <boost/json/object.hpp>

#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace keavrf::instance {

// Kea's configuration for a domain, served by an instance with this slot.
Result<Rendering> render_for(const Environment& environment, const topology::Domain& domain, Slot slot,
                             const Pause& pause = {});

class Instance {
public:
    Instance(Environment& environment, VrfName vrf, Slot slot);
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;
    ~Instance();

    // Runs until cancelled; cancellation is the way to end the service: everything of it is taken down (Kea gets
    // kea.timeouts.stop), then run() returns. Leases stay.
    asio::awaitable<void> run();

    // Before run(): goes on with what an earlier keavrfd left, the same namespace and the same Kea. What cannot be
    // taken over yet, or cannot even be told to be ours, is asked for again by run(), and until then nothing else is
    // done.
    void inherit(Inheritance inheritance);

    // The new desired state. Ports that are not wanted any more are closed before it returns, so that another VRF can
    // open them; the rest is carried out by run() at its next turn.
    void update(const topology::Domain& domain);
    // The same for a reload, which has a verdict: trial(). Again where the host changes meanwhile.
    void try_out(const topology::Domain& domain);
    [[nodiscard]] const Trial& trial() const noexcept { return trial_; }
    // How long a trial of it may take where nothing is wrong: its leases may be many.
    [[nodiscard]] Clock::duration longest_trial() const;
    // What is nobody's configuration took another value: Environment::settings.
    void settings_changed();
    // What an event says of one port's interface (topology/departures.hpp): before the domain that follows from it is
    // known, and in force when it returns.
    void judge_port(const topology::PortVerdict& verdict);
    // Looks again: something of the system changed, or the audit's time has come.
    void look_again()
    {
        inspection_due_ = true;
        wakeup_.notify();
    }
    // A disk that has hung answers again: what failed for its sake is tried at once.
    void disk_is_back();
    // Ends a backoff or a rejection, and replaces the running Kea by a new one. Where that is under way already, it is
    // not done twice. async_settled() tells what came of it.
    void restart();

    // The beginning of the end: nothing is desired any more, and ports are closed before it returns. To be followed by
    // run()'s cancellation.
    void end(const std::string& why);
    // The end of keavrfd, but not of the service: run(), once cancelled, leaves Kea and namespace as they are, for the
    // next keavrfd to go on with. Not where the namespace has no name: nobody could find it again.
    void leave_running();
    // While it ends: a Kea that takes its time is killed.
    void hurry() { service_.kill(); }
    [[nodiscard]] bool ending() const noexcept { return ending_; }

    // True where Kea serves here with another configuration than this, or loads its leases by another.
    [[nodiscard]] bool would_reload(const Rendering& rendering) const;
    // config-test on the live Kea; changes nothing. Meanwhile requests wait, as Kea does. Errors as
    // kea::Server::async_test has them. One that takes no processor time over it hangs, and is killed.
    [[nodiscard]] asio::awaitable<Result<void>> async_test(std::string configuration);
    // Until the desired state of this moment is in place (success), or has failed or is refused (the reason), or
    // `limit` has passed. At once where run() has ended.
    asio::awaitable<Result<void>> async_settled(Clock::duration limit);
    // The same, as far as it can be told now: nothing while it is being worked on.
    [[nodiscard]] std::optional<Result<void>> outcome() const;
    // One command to this instance's Kea, its answer as it came.
    [[nodiscard]] asio::awaitable<Result<boost::json::value>> async_request(boost::json::object request) const;

    // Somebody is in async_settled or async_test: the instance must not be destroyed yet.
    [[nodiscard]] bool waited_for() const noexcept { return turned_.has_waiters() || engagement_.since(); }

    [[nodiscard]] const VrfName& vrf() const noexcept { return vrf_; }
    [[nodiscard]] Slot slot() const noexcept { return slot_; }
    [[nodiscard]] const topology::Domain& domain() const noexcept { return domain_; }
    [[nodiscard]] const Machine& machine() const noexcept { return machine_; }
    // What is so at this moment, of which the machine may not know yet.
    [[nodiscard]] Outlook outlook() const;
    // What is amiss and keeps nothing from being served, in sentences.
    [[nodiscard]] std::vector<std::string> warnings() const;
    // Its Kea runs, and nothing speaks against its answering at once.
    [[nodiscard]] bool answers() const;
    // Its Kea was asked by somebody else, and has not answered: it is probed now.
    void note_no_answer(Clock::time_point asked);
    [[nodiscard]] const relay::Relay& relay() const noexcept { return relay_; }
    [[nodiscard]] const Ports& ports() const noexcept { return ports_; }
    // 0 where Kea does not run.
    [[nodiscard]] ProcessId server_pid() const { return service_.pid(); }
    // Kea runs, and has been ready since its start: it can be asked.
    [[nodiscard]] bool server_ready() const { return service_.ready(); }
    [[nodiscard]] std::uint64_t restarts() const noexcept { return service_.restarts(); }
    // Those of the configuration in force; where there is none, of the one that is wanted.
    [[nodiscard]] std::vector<Ipv4Prefix> subnets() const;
    // Under /run/netns, whether or not it exists now.
    [[nodiscard]] std::string namespace_name() const;

private:
    // Why a Kea is replaced.
    static constexpr const char* leases_gone =
        "its lease file is gone from its place (leases.gone); what it has open is put back for the new one";

    asio::awaitable<bool> async_turn();
    asio::awaitable<bool> async_turn_uncancelled();
    asio::awaitable<void> async_rest();
    void turn_failed(const std::exception_ptr& failure) noexcept;
    void go_on();
    void tell_what_stays(const topology::Plan& left) const;
    asio::awaitable<bool> async_carry_out(const topology::Plan& plan, Allow allow);
    void open_port(InterfaceIndex index);
    void warn_of_reverse_path();
    [[nodiscard]] Result<void> came_out() const;
    std::optional<Result<void>> do_now(const topology::Action& action);
    // `permit`: held by who builds or starts.
    asio::awaitable<Result<void>> async_do(topology::Action action, StartPermit* permit);
    void note_failure(const topology::Action& action, unsigned tried, const Error& error);
    asio::awaitable<Result<void>> async_create_namespace();
    asio::awaitable<Result<void>> async_forget_record();
    asio::awaitable<Result<void>> async_connect();
    asio::awaitable<Result<void>> async_mend_pair();
    asio::awaitable<Result<void>> async_remove_pair();
    asio::awaitable<Result<void>> async_start_server(StartPermit* permit);
    Result<void> take_over(Inheritance inheritance);
    [[nodiscard]] std::optional<Record> find_left_behind() const;
    asio::awaitable<Result<void>> async_take_over();
    asio::awaitable<Result<bool>> async_end_strays(Clock::time_point since);
    asio::awaitable<Result<void>> async_be_alone();
    asio::awaitable<Result<void>> async_clear_out();
    [[nodiscard]] StrayPlace stray_place(NamespaceInode name_space) const;
    asio::awaitable<void> async_look_who_is_in_the_way();
    asio::awaitable<std::string> async_tell_inhabitants(NamespaceInode name_space) const;
    asio::awaitable<Result<void>> async_apply_held(Rendering rendering);
    static Error not_told(const Error& error);
    asio::awaitable<Result<void>> async_reload_server();
    asio::awaitable<void> async_restart_if_asked();
    asio::awaitable<void> watch_health();
    asio::awaitable<void> watch_inherited();
    void settle_for_good() noexcept;
    void begin_tasks();
    asio::awaitable<void> async_settle_leases();
    asio::awaitable<void> async_end_tasks();
    void act_on(const Health::Step& step, bool others_silent);
    void end_hung(ProcessId kea, const std::string& how);
    void note_deafness();
    void note_path_broken(bool others_silent);
    void note_answer();
    void note_silence(const Health& health, const Health::Heard& heard);
    bool send_probe(); // false: it could not be sent
    [[nodiscard]] bool excused();
    [[nodiscard]] asio::awaitable<Result<void>> async_ask_channel(Clock::duration limit) const;
    asio::awaitable<void> async_inspect();
    asio::awaitable<void> async_copy_record();
    void note_written(const Result<void>& written);
    asio::awaitable<void> async_inspect_pair();
    void inspect_files();
    asio::awaitable<void> async_inspect_leases();
    asio::awaitable<Result<void>> async_prove_leases();
    asio::awaitable<void> async_inspect_copy(Clock::time_point now);

    [[nodiscard]] topology::ObservedInstance observe();
    [[nodiscard]] Result<NamespaceInode> find_namespace() const;
    [[nodiscard]] NameState name_state(const Result<NamespaceInode>& found) const;
    void observe_namespace(topology::ObservedInstance& observed);
    void tell_of_name(NameState state, const Result<NamespaceInode>& found);
    [[nodiscard]] Situation situation(const topology::ObservedInstance& observed) const;
    Result<void> open_uplink();
    Result<void> remove_namespace();
    Result<void> restore_name();
    Result<void> hold(netns::Namespace name_space);
    Result<void> write_record();
    void note_in_record();
    [[nodiscard]] Result<Record> record_of(const netns::Namespace& name_space) const;
    [[nodiscard]] bool falls_back() const;
    // Where `rendering_` is there: it may be gone, or another, after each wait.
    [[nodiscard]] const Rendering& to_run() const;
    asio::awaitable<void> async_note_server_exit();
    void note_uplink_failure();
    void note_want_of_descriptors(const Error& error);
    [[nodiscard]] bool has_served() const;
    void failed(Failure failure, const std::string& reason, Clock::duration ran = {});
    void judge_trial(const topology::Plan& left);
    void tell_relay_subnets();
    void log_change(State before, const std::string& reason_before) const;
    bool going_in_circles(const topology::Plan& plan);
    Failure failure_of(const topology::Action& action, unsigned tried, const Error& error);
    [[nodiscard]] std::string why_it_stops();
    [[nodiscard]] std::string pair_trouble() const;

    Environment& environment_;
    VrfName vrf_;
    Slot slot_;
    PairAddresses addresses_;
    topology::Domain domain_;
    Result<Rendering> rendering_;
    Machine machine_;
    Trial trial_;
    std::vector<Ipv4Prefix> told_subnets_; // as the relay knows them
    Wakeup wakeup_;
    Broadcast turned_;
    TaskGroup tasks_;
    relay::Relay relay_;
    Ports ports_;
    Service service_;
    std::optional<netns::Namespace> name_space_;
    std::optional<Record> legacy_; // of an earlier keavrfd, and not taken over yet
    Occupancy occupancy_;
    std::optional<Error> uplink_failure_;   // since the last turn
    std::optional<netlink::Client> inside_; // of the Kea namespace
    PairFindings pair_;                     // as last looked at
    unsigned mended_ = 0;                   // times in a row, without success
    bool inspection_due_ = false;
    std::string name_warning_; // somebody else has its name; as it was told
    std::string name_unseen_;  // its name cannot be looked at; the same
    std::string in_the_way_;   // what is not ours and bears our name; empty: nothing
    std::string in_it_lives_;  // and who lives there
    std::optional<std::pair<NamespaceInode, Clock::time_point>> in_the_way_since_; // when that was looked at
    Clock::time_point pair_set_up_{};
    Clock::time_point settings_due_{};
    bool recorded_ = false;
    bool record_due_ = false; // there is one, and something in it is not what it was
    bool copy_due_ = false;   // of the record; written as soon as its disk answers
    bool copy_warned_ = false;
    bool disk_hung_ = false; // when it was asked last
    bool left_running_ = false;
    Wakeup health_changed_;
    Engagement engagement_;
    std::string lease_trouble_;
    Clock::time_point next_proof_{};      // whether its leases could be put back
    Clock::time_point next_comparison_{}; // of a copy that was kept of them
    bool probe_warned_ = false;
    std::string path_trouble_;  // why nothing comes back from Kea, though it is well; empty: it does
    std::string answered_hash_; // of the configuration by which a Kea has last answered probes
    std::optional<Clock::time_point> spared_until_; // Kea was replaced for deafness, and none has answered since
    unsigned deaf_in_a_row_ = 0;
    std::string asked_hash_; // of the configuration that Kea had when it was last asked
    std::optional<Clock::time_point> noted_answer_;
    std::optional<Clock::time_point> silent_since_; // it has answered no probe, or not what somebody else asked
    std::optional<Clock::time_point> unanswered_;   // when somebody else asked it in vain, and no probe since
    std::optional<Clock::time_point> suspicion_;    // of another VRF's
    bool unasked_ = false;                          // what was to be asked last of Kea could not even be sent
    std::map<InterfaceIndex, unsigned> filtered_;   // ports just opened, by the mode in which the kernel filters there
    std::set<InterfaceIndex> reverse_path_warned_;  // ports, each once
    bool leaving_ = false;                          // run() was cancelled
    bool ending_ = false;                           // end() was called
    bool told_to_leave_ = false;                    // that, or leave_running(): run() is cancelled at once
    bool restart_asked_ = false;
    bool restarting_ = false;           // from when it was asked for until it came to rest
    bool starved_ = false;              // has never served, and failed last for want of descriptors
    std::uint64_t wanted_revision_ = 0; // counts updates
    // The last one that was carried out, or failed; 0: it is at work; the largest: run() has ended.
    std::uint64_t settled_revision_ = 0;
    Clock::time_point wake_at_ = Clock::time_point::max();
    std::optional<Clock::time_point> given_up_at_; // while it leaves, and turns fail by exceptions
    topology::Plan last_plan_;
    unsigned repeats_ = 0;
    unsigned turns_in_a_row_ = 0; // that did something
};

} // namespace keavrf::instance
