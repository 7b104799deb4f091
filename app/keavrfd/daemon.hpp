// The daemon as one coroutine: claims the host, then runs the orchestrator, the control channel, the signals and what
// the service manager wants to hear, each a task in a group, each stopped by cancellation.
#pragma once

#include "config/settings.hpp"
#include "control/server.hpp"
#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/task_group.hpp"
#include "host.hpp"
#include "options.hpp"
#include "orchestrator/orchestrator.hpp"
#include "reloader.hpp"
#include "systemd/notify.hpp"

#include <boost/asio/signal_set.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace keavrf {

class Daemon {
public:
    // Before there is a Daemon: a signal, which would end the process, waits until there is one. SIGTERM and SIGINT
    // too: they end what an earlier keavrfd left as well, and to PID 1 the kernel gives no signal that nobody handles.
    static void hold_back_signals();
    // Signals are heard from here on.
    Daemon(asio::io_context& context, Options options, std::shared_ptr<const config::Settings> settings);

    // Until SIGTERM, SIGINT or the command `stop`; then everything of it has been taken down. Throws FatalError where
    // the host does not let it work.
    asio::awaitable<void> run();

private:
    static void let_signals_come();
    asio::awaitable<void> async_serve();
    [[nodiscard]] std::unique_ptr<std::vector<orchestrator::Lock>> claim();
    void remove_left_socket() const;
    void make_orchestrator(const KeaOnHost& kea);
    asio::awaitable<void> look_for_kea();
    asio::awaitable<void> handle_signals();
    void reload_for_signal();
    asio::awaitable<void> serve_reloads();
    asio::awaitable<void> announce_ready();
    asio::awaitable<void> feed_watchdog();
    asio::awaitable<void> tell_of_long_reloads();
    asio::awaitable<void> stop_soon();
    asio::awaitable<void> run_control(control::Listener listener);
    void stop(const std::string& why, bool keep);
    [[nodiscard]] bool keeps_on_exit() const;

    asio::any_io_executor executor_;
    Options options_;
    std::shared_ptr<const config::Settings> settings_;
    systemd::Notifier notifier_;
    asio::signal_set signals_;
    std::optional<Result<KeaOnHost>> kea_; // once it has been asked
    std::unique_ptr<orchestrator::Orchestrator> orchestrator_;
    std::unique_ptr<Reloader> reloader_;
    bool stopping_ = false;
    bool failed_ = false;              // it ends by itself, as keep_what_serves() has told
    bool kept_ = false;                // while stopping: what serves is left to the next keavrfd
    std::optional<bool> keep_ordered_; // what the command `stop` said, from when it was answered
    bool reload_wanted_ = false;       // by a signal, also one from before there was anything to reload
    bool reloading_ = false;           // for a signal
    TaskGroup work_;
    // What must outlive the work: signals, so that a second one can hurry it.
    TaskGroup care_;
};

} // namespace keavrf
