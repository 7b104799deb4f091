// How keavrfd is told to reload and to end: by signals, and by the command `stop`.
#include "core/log.hpp"
#include "daemon.hpp"
#include "stray_signals.hpp"

#include <unistd.h>

#include <csignal>

namespace keavrf {

namespace {

void change_early_signals(int how)
{
    sigset_t early;
    ::sigemptyset(&early);
    for (const int number : {SIGHUP, SIGTERM, SIGINT}) {
        ::sigaddset(&early, number);
    }
    ::pthread_sigmask(how, &early, nullptr);
}

} // namespace

void Daemon::hold_back_signals()
{
    change_early_signals(SIG_BLOCK);
    hold_back_stray_signals();
}

void Daemon::let_signals_come()
{
    change_early_signals(SIG_UNBLOCK);
}

// The answer to `stop` goes out before the control channel closes.
asio::awaitable<void> Daemon::stop_soon()
{
    co_await async_sleep(std::chrono::milliseconds(50));
    if (!stopping_) { // a signal may have been quicker, and is no reason to hurry
        stop("the command stop", keeps_on_exit());
    }
}

asio::awaitable<void> Daemon::handle_signals()
{
    while (true) {
        const auto [error, number] = co_await signals_.async_wait(as_result);
        if (error) {
            co_return;
        }
        if (number == SIGHUP) {
            reload_for_signal();
        } else {
            stop(number == SIGINT ? "SIGINT" : "SIGTERM", keeps_on_exit());
        }
    }
}

void Daemon::reload_for_signal()
{
    reload_wanted_ = true;
    if (reloader_ && !stopping_ && !std::exchange(reloading_, true)) {
        work_.spawn("reload", serve_reloads());
    }
}

// However many signals come during a reload, the file is read once more after it.
asio::awaitable<void> Daemon::serve_reloads()
{
    while (std::exchange(reload_wanted_, false)) {
        const auto report = co_await reloader_->async_reload();
        (void)report; // it has been logged
    }
    reloading_ = false;
}

bool Daemon::keeps_on_exit() const
{
    if (keep_ordered_) {
        return *keep_ordered_;
    }
    const auto& settings = orchestrator_ ? orchestrator_->settings() : settings_;
    return settings->on_exit == config::OnExit::keep;
}

void Daemon::stop(const std::string& why, bool keep)
{
    if (failed_ && !std::exchange(stopping_, true)) {
        log::info("daemon.stopping", "", "ends already, after a failure of its own", {{"because", why}});
        notifier_.stopping("stopping");
    } else if (!std::exchange(stopping_, true)) {
        kept_ = keep && (orchestrator_ ? orchestrator_->keep_running() : ::getpid() != 1);
        if (keep && !kept_) {
            log::warning("daemon.cannot-keep", "",
                         "Kea processes cannot be left running, and are stopped: " +
                             (orchestrator_ ? orchestrator_->hindrance_to_keeping() : "keavrfd is PID 1 here"));
        }
        log::info("daemon.stopping", "", kept_ ? "stopping; Kea processes go on" : "stopping all VRFs",
                  {{"because", why}});
        notifier_.stopping("stopping");
        work_.stop();
    } else if (orchestrator_) {
        log::info("daemon.hurry", "", "stopping at once", {{"because", why}});
        orchestrator_->hurry();
    }
}

} // namespace keavrf
