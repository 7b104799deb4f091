// The Kea of one instance, over its many processes: what runs, since when, with which configuration, how often it had
// to be started again. The instance decides when; this knows how.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/task_group.hpp"
#include "core/wakeup.hpp"
#include "instance/environment.hpp"
#include "instance/machine.hpp"
#include "instance/record.hpp"
#include "instance/rendering.hpp"
#include "instance/start_limit.hpp"
#include "kea/lease_watch.hpp"
#include "kea/server.hpp"
#include "topology/plan.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace keavrf::instance {

class Service {
public:
    // `changed` is notified when Kea exits. All outlive the service.
    Service(const Environment& environment, VrfName vrf, TaskGroup& tasks, Wakeup& changed);
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;
    ~Service();

    // Folders, configuration file, process, readiness. The error's code is a kea::StartFailure. `launched`: there is a
    // process to be written down. Where it ends by an exception or is cancelled there may be a Kea that is neither
    // ready() nor loading(): out of order, by observe().
    asio::awaitable<Result<void>> async_start(int namespace_fd, Rendering rendering, std::function<void()> launched);
    // The start that is on its way ends, if there is one; or only where it is of another configuration than this, and
    // as soon as its Kea does no work any more.
    void give_up_start();
    void want(const std::string& hash);
    // Goes on with the Kea of an earlier keavrfd, which the caller has proved to be ours. `recorded`: what was written
    // down of it. It is loading() until confirm_ready(), unless it is on record as ready.
    Result<void> adopt(int namespace_fd, const process::ProcessIdentity& identity, const RecordedServer& recorded);
    void confirm_ready();
    // How long it may take to be ready, with the leases that it has.
    [[nodiscard]] Clock::duration start_allowance() const;
    // From here on nobody can tell which configuration it runs, until async_apply() has succeeded.
    void doubt_configuration() { hash_.clear(); }
    void trust_configuration(std::string hash) { hash_ = std::move(hash); }
    asio::awaitable<Result<void>> async_apply(Rendering rendering);
    // Repeats Kea's log lines, or does not any more, as the settings have it now.
    void follow_as_told();
    [[nodiscard]] asio::awaitable<Result<void>> async_test(std::string configuration) const;
    // Whether a reload would lose leases; then a new Kea, for which the lease file is made whole, has to take its
    // place. An error: that could not be done now, and this Kea is to be left alone.
    [[nodiscard]] asio::awaitable<Result<kea::LeaseState>> async_lease_state() const;
    // Whether its lease file is gone from its place, seen at one audit and still at a later one: to be asked at each.
    [[nodiscard]] bool leases_gone();
    // The same at once, with a few looks.
    [[nodiscard]] asio::awaitable<bool> async_leases_gone();
    // Whether what it has open could be put back there. That is done when Kea has ended, before the next is started.
    [[nodiscard]] asio::awaitable<Result<void>> async_prove_leases();
    // Of one whose lease file is in place: whether there is a copy from when it was not, and whether that knows more
    // (kea/lease_file.hpp); the next start puts both together.
    [[nodiscard]] bool copy_kept() const;
    [[nodiscard]] asio::awaitable<bool> async_copy_knows_more() const;
    // Whether it answers on its control channel with its sockets open.
    [[nodiscard]] asio::awaitable<Result<void>> async_check_alive(Clock::duration limit) const;
    // The file that its control channel is reached by is still there.
    [[nodiscard]] bool control_socket_there() const;
    // It runs, and has to be replaced: observe() says so until it is stopped. Told once, by a warning.
    void distrust(const std::string& why);
    // Why it has to be replaced; empty: it has not.
    [[nodiscard]] const std::string& distrusted_because() const noexcept { return distrusted_; }
    // At the very end, with no Kea to come: what could not be put back before is lost, and told.
    asio::awaitable<void> async_settle_leases();
    // Returns when it is gone; does nothing where none runs. `because`: for the log, where it is not distrusted. An
    // error: not even SIGKILL ends it.
    asio::awaitable<Result<void>> async_stop(std::string because);
    // It runs, and has been told to end.
    [[nodiscard]] bool stopping() const { return stopping_ && running(); }
    void kill();
    // The same, for one that does not answer: its exit says so. False where it was killed for that before.
    bool kill_hung();
    [[nodiscard]] asio::awaitable<Result<boost::json::value>> async_request(boost::json::object request) const;

    // What ended by itself since the last call: how, and how long it had served before. Nothing is left of it then.
    struct Exit {
        std::string what;
        Clock::duration ran{};
    };
    asio::awaitable<std::optional<Exit>> async_take_exit();

    [[nodiscard]] bool running() const;
    // It has been ready since its start.
    [[nodiscard]] bool ready() const { return ready_ && running(); }
    // An adopted one that was not ready yet when it was last heard of.
    [[nodiscard]] bool loading() const { return loading_ && running(); }
    [[nodiscard]] ProcessId pid() const;
    // A Kea of it runs, or has run and served.
    [[nodiscard]] bool has_served() const { return last_taken_ || running(); }
    // Whether this process has ever answered a probe; true, from the second: that is news.
    [[nodiscard]] bool answers_probes() const noexcept { return answers_probes_; }
    bool note_that_it_answers_probes() noexcept { return !std::exchange(answers_probes_, true); }
    [[nodiscard]] std::optional<topology::ObservedServer> observe() const;
    [[nodiscard]] std::optional<RecordedServer> record() const;
    [[nodiscard]] const std::string& configuration_hash() const noexcept { return hash_; }
    // How long a start of Kea may take until it is ready, without what its leases take to load.
    [[nodiscard]] Clock::duration start_limit() const
    {
        return start_limit_.of(environment_.settings->kea.timeouts.start);
    }
    [[nodiscard]] std::uint64_t restarts() const noexcept { return starts_ > 0 ? starts_ - 1 : 0; }
    // What Kea has started with or accepted last: where it refuses what is wanted, this serves on. None: nothing yet,
    // or it does not take that any more either.
    [[nodiscard]] const std::optional<Rendering>& last_taken() const noexcept { return last_taken_; }
    // Whether another attempt can help after this error of async_start or async_apply.
    static Failure kind_of(const Error& error);

private:
    void remember_what_it_took();
    asio::awaitable<Result<void>> async_put_leases_back();
    bool look_for_leases(Clock::time_point now);
    asio::awaitable<void> async_keep_copy();
    void warn_of_lost_leases();
    [[nodiscard]] kea::ServerSpec spec(int namespace_fd) const;
    asio::awaitable<void> watch(asio::awaitable<process::ExitStatus> exit, std::uint64_t start);
    void watch_running();
    void note_exit(const process::ExitStatus& status);

    const Environment& environment_;
    VrfName vrf_;
    TaskGroup& tasks_;
    Wakeup& changed_;
    std::optional<kea::Server> server_;
    std::string hash_;
    std::optional<Rendering> last_taken_;
    Clock::time_point serving_since_;
    ProcessId pid_; // of the one whose exit is waited for
    StartLimit start_limit_;
    std::uint64_t starts_ = 0;
    bool stopping_ = false;
    std::string distrusted_; // why; empty: it is in order
    // One of them where it is in order: not before a start is done, and not from the beginning of a stop on, so an exit
    // then is our own doing.
    bool ready_ = false;
    bool loading_ = false;
    bool hung_ = false;
    bool answers_probes_ = false;
    kea::LeaseWatch leases_;
    std::optional<TaskGroup::Id> follower_; // of its log
    std::optional<Exit> exit_;
};

} // namespace keavrf::instance
