// One Kea process's life, for one VRF and one service. The caller owns the namespace and decides when to start, stop
// and try again; this class knows how.
//
// At most one process at a time; a Server that is destroyed leaves its process alone (on-exit: keep). Operations are
// not to be called side by side, except channel() and async_wait_exit().
#pragma once

#include "config/settings.hpp"
#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/types.hpp"
#include "core/unique_fd.hpp"
#include "kea/control_channel.hpp"
#include "kea/lease_file.hpp"
#include "kea/paths.hpp"
#include "kea/version.hpp"
#include "process/process.hpp"
#include "process/spawn.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace keavrf::kea {

// Codes of async_start's errors. rejected: Kea refuses this configuration, trying again is no use. busy: another
// process holds this VRF's lease file. not_started: it could not even be executed; of async_apply: Kea was told
// nothing. given_up: by give_up_start() or want_start(false), and says nothing about Kea.
enum class StartFailure { rejected = 1, died, timed_out, busy, not_started, given_up };
boost::system::error_code make_error_code(StartFailure failure) noexcept;

struct ServerSpec {
    VrfName vrf;
    std::string binary = "/usr/sbin/kea-dhcp4";
    Version version;
    process::Identity identity;
    int network_namespace = -1; // borrowed while the Server lives
    ServerPaths paths;
    config::KeaTimeouts timeouts;
};

// A start of Kea that is on its way.
struct ServerStart {
    bool called_off = false;
    bool wanted = true;
    bool given_up = false; // it was killed for one of these
    bool idle = false;     // its Kea takes no processor time, or has loaded its leases and is not ready
};

class Server {
public:
    Server(asio::any_io_executor executor, ServerSpec spec);

    [[nodiscard]] const ServerSpec& spec() const noexcept { return spec_; }
    // After the namespace was made anew; before the next async_start.
    void set_network_namespace(int descriptor) noexcept { spec_.network_namespace = descriptor; }
    // Effective from the next operation on; binary, identity and paths change only between processes.
    void set_spec(ServerSpec spec);

    // Makes this VRF's folders with the owners and modes of DESIGN section 6, or corrects them.
    [[nodiscard]] Result<void> prepare_folders() const;
    // Writes the file that the next start reads: temporary file and rename, root:<kea's group> 0640.
    [[nodiscard]] Result<void> write_configuration(std::string_view text) const;

    // Makes the lease file whole (lease_file.hpp), starts Kea and returns once `status-get` is answered. `deadline` is
    // that of readiness (none: timeouts.start), with as much more as the leases take that it has to load; when it
    // passes, the process is killed. Stale pid, lock and socket files are cleared first: safe, since the lock that
    // every Kea of ours inherits (its standard input) proves that none is left on this lease file. An error's code is a
    // StartFailure, its message has Kea's own reason. When cancelled the process goes on: async_stop it. `launched` is
    // called as soon as there is a process: whoever keeps records writes its pid down.
    asio::awaitable<Result<void>> async_start(std::optional<Clock::duration> deadline = std::nullopt,
                                              std::function<void()> launched = {});
    // The start that is on its way ends: its Kea is killed, and async_start returns. Where none is, nothing happens.
    void give_up_start();
    // Whether anybody still wants what is on its way. Where not it ends, before there is a process, or as soon as that
    // is of no use: one that works (it loads its leases) may be told something else when it is ready.
    void want_start(bool wanted);
    // Goes on with a process that an earlier keavrfd left behind and that the caller has proved to be ours.
    Result<void> adopt(const process::ProcessIdentity& expected);

    // Not running: returns "ended" at once.
    [[nodiscard]] asio::awaitable<process::ExitStatus> async_wait_exit() const;
    // SIGTERM, `deadline` (none: timeouts.stop), SIGKILL. Not running: nothing happens.
    asio::awaitable<process::ExitStatus> async_stop(std::optional<Clock::duration> deadline = std::nullopt);
    // SIGKILL, for a Kea that hangs.
    Result<void> kill();

    // config-test on the live Kea: nothing changes. It may take minutes; whether Kea hangs meanwhile is the caller's to
    // watch. The error's code: rejected, where Kea has refused it; others are the control channel's, and say nothing
    // about the configuration.
    [[nodiscard]] asio::awaitable<Result<void>> async_test(std::string text) const;
    // config-set on the live Kea, then the file. Where Kea fails to apply it, the configuration in the file is put back
    // at once, because a Kea that parsed but could not apply a configuration answers no client and does not say so. The
    // error's code: rejected, where that succeeded; died, where Kea has died over it, or is of no use any more and has
    // to be replaced. One that takes no processor time for timeouts.start (5 to 8 s), or is not done after a
    // minute and what its leases take to load, hangs: it is killed.
    // not_started: a folder cannot be written in which Kea opens its files again, or the file has no room, or keavrfd
    // cannot ask (is_own_shortage()); Kea was told nothing, and goes on.
    asio::awaitable<Result<void>> async_apply(std::string text);

    // Whether the live Kea could load its lease file anew, as a new configuration makes it do, without losing leases;
    // and where not, whether that can be mended (lease_file.hpp).
    [[nodiscard]] asio::awaitable<Result<LeaseState>> async_lease_state() const;
    // Puts what a Kea of this VRF had open (lease_watch.hpp; borrowed) back under the lease file's name, or, while Kea
    // runs, proves that this could be done. An error's code is a StartFailure; its message says that no Kea must be
    // started now, since it would forget these leases.
    // `continued`: LeaseWatch::continued(). `limit` none: half a minute, and what so many leases take.
    [[nodiscard]] asio::awaitable<Result<void>> async_put_leases_back(int source, bool continued) const;
    [[nodiscard]] asio::awaitable<Result<void>>
    async_prove_leases(int source, bool continued, std::optional<Clock::duration> limit = std::nullopt) const;
    // lease_file.hpp
    [[nodiscard]] asio::awaitable<bool> async_copy_knows_more() const;
    // status-get: its sockets are open.
    [[nodiscard]] asio::awaitable<Result<void>> async_check_alive(Clock::duration limit) const;

    [[nodiscard]] const ControlChannel& channel() const noexcept { return channel_; }
    [[nodiscard]] bool running() const;
    // 0 when not running.
    [[nodiscard]] ProcessId pid() const;

private:
    class Starting;

    [[nodiscard]] Result<void> prepare_state_folder() const;
    // This VRF's leases are ours alone from here on.
    [[nodiscard]] asio::awaitable<Result<UniqueFd>> async_lock_leases() const;
    [[nodiscard]] asio::awaitable<Result<void>> async_clear_stale_files() const;
    [[nodiscard]] LeaseTask lease_task(int lock) const;
    [[nodiscard]] LeaseTask copy_task(int lock) const; // that does not look at rows
    Result<void> launch(const UniqueFd& lock);
    asio::awaitable<Result<void>> async_start_watched(Clock::duration deadline, std::function<void()> launched);
    asio::awaitable<Result<void>> async_wait_ready(Clock::duration deadline);
    asio::awaitable<Error> async_explain_death(process::ExitStatus status);
    void end_useless_start();
    void note_idle();
    [[nodiscard]] Result<void> prepare_to_apply(std::string_view text) const;
    [[nodiscard]] asio::awaitable<Result<void>> async_set(std::string text);
    [[nodiscard]] asio::awaitable<Error> async_restore(Error failure);
    [[nodiscard]] asio::awaitable<std::optional<Error>> async_explain_loss(Error failure);
    void kill_hung(std::string_view how);

    asio::any_io_executor executor_;
    ServerSpec spec_;
    ControlChannel channel_;
    std::optional<process::Process> process_;
    std::optional<ServerStart> start_;
    std::string hung_over_;        // what was said of it when it was killed
    std::uint64_t log_offset_ = 0; // size of the log file at the last start
};

} // namespace keavrf::kea

template <>
struct boost::system::is_error_code_enum<keavrf::kea::StartFailure> : std::true_type {
};
