#include "daemon.hpp"

#include "command_handler.hpp"
#include "control/server.hpp"
#include "core/log.hpp"
#include "host.hpp"
#include "process/privileges.hpp"
#include "process/reaper.hpp"
#include "status.hpp"

#include <unistd.h>

#include <csignal>

namespace keavrf {

namespace {

// Two dozen for itself, and for each VRF its namespace, uplinks, ports, Kea's pidfd and what a start needs for a while.
constexpr std::uint64_t wanted_descriptors = 65536;

asio::awaitable<void> reap_orphans()
{
    const auto executor = co_await asio::this_coro::executor;
    process::Reaper reaper(executor);
    co_await reaper.run();
}

} // namespace

Daemon::Daemon(asio::io_context& context, Options options, std::shared_ptr<const config::Settings> settings)
    : executor_(context.get_executor()), options_(std::move(options)), settings_(std::move(settings)),
      notifier_(systemd::Notifier::from_environment()), signals_(executor_, SIGHUP, SIGTERM, SIGINT), work_(executor_),
      care_(executor_)
{
    std::signal(SIGPIPE, SIG_IGN); // a reader that goes away is an error of that write, not our end
}

asio::awaitable<void> Daemon::run()
{
    care_.spawn("signals", handle_signals());
    if (::getpid() == 1) {
        care_.spawn("reaper", reap_orphans());
    }
    std::exception_ptr failure;
    try {
        co_await async_serve();
    } catch (...) {
        failure = std::current_exception();
    }
    care_.stop();
    co_await care_.async_join();
    if (failure && !is_cancellation(failure)) {
        std::rethrow_exception(failure);
    }
    log::info("daemon.stopped", "", "keavrfd has stopped");
}

asio::awaitable<void> Daemon::async_serve()
{
    const auto locks = claim_host(*settings_);
    if (!locks) {
        throw FatalError(locks.error());
    }
    const auto limit = process::raise_open_files_limit(wanted_descriptors);
    if (!limit) {
        log::warning("daemon.descriptors", "", limit.error().message());
    }
    const auto kea = co_await async_find_kea(settings_->kea);
    if (!kea) {
        throw FatalError(kea.error());
    }
    log::info("daemon.starting", "", "keavrfd " KEAVRFD_VERSION,
              {{"pid", ::getpid()}, {"kea", kea->version.str()}, {"config", options_.config.value_or("-m")}});
    orchestrator::Orchestrator::Setup setup;
    setup.settings = settings_;
    setup.kea_version = kea->version;
    setup.kea_identity = kea->identity;
    setup.host = host_name();
    orchestrator_ = std::make_unique<orchestrator::Orchestrator>(executor_, std::move(setup));
    orchestrator_->on_change([this] { notifier_.status(summary(*orchestrator_)); });
    reloader_ = std::make_unique<Reloader>(options_, *orchestrator_, notifier_);
    work_.spawn("orchestrator", orchestrator_->run());
    work_.spawn("control", run_control(settings_->runtime_dir + "/control.sock", settings_->control_group));
    work_.spawn("ready", announce_ready());
    if (notifier_.watchdog_interval()) {
        care_.spawn("watchdog", feed_watchdog());
    }
    if (stopping_) { // a signal came while Kea was asked for its version
        work_.stop();
    }
    co_await work_.async_join();
}

asio::awaitable<void> Daemon::run_control(std::string path, std::string group)
{
    auto listener = control::open_listener(path, group);
    if (!listener) {
        throw FatalError(listener.error());
    }
    if (listener->group_missing() && settings_->control_group_given) {
        log::warning("control.group", "", "there is no group " + group + ": only root can use the control socket",
                     {{"socket", path}});
    }
    CommandHandler::Context context{options_, *orchestrator_, *reloader_, [this] { care_.spawn("stop", stop_soon()); }};
    CommandHandler handler(std::move(context));
    control::Server server(executor_, std::move(*listener), handler);
    co_await server.run();
}

asio::awaitable<void> Daemon::announce_ready()
{
    co_await orchestrator_->async_ready();
    log::info("daemon.ready", "", summary(*orchestrator_));
    notifier_.ready(summary(*orchestrator_));
}

asio::awaitable<void> Daemon::feed_watchdog()
{
    while (true) {
        notifier_.watchdog();
        co_await async_sleep(*notifier_.watchdog_interval() / 2);
    }
}

// The answer to `stop` goes out before the control channel closes.
asio::awaitable<void> Daemon::stop_soon()
{
    co_await async_sleep(std::chrono::milliseconds(50));
    stop("the command stop");
}

asio::awaitable<void> Daemon::handle_signals()
{
    while (true) {
        const auto [error, number] = co_await signals_.async_wait(as_result);
        if (error) {
            co_return;
        }
        if (number == SIGHUP) {
            if (reloader_ && !stopping_) {
                work_.spawn("reload", reload());
            }
        } else {
            stop(number == SIGINT ? "SIGINT" : "SIGTERM");
        }
    }
}

asio::awaitable<void> Daemon::reload()
{
    const auto report = co_await reloader_->async_reload();
    (void)report; // it has been logged
}

void Daemon::stop(const std::string& why)
{
    if (!std::exchange(stopping_, true)) {
        log::info("daemon.stopping", "", "stopping all VRFs", {{"because", why}});
        notifier_.stopping("stopping");
        work_.stop();
    } else if (orchestrator_) {
        log::info("daemon.hurry", "", "stopping at once", {{"because", why}});
        orchestrator_->hurry();
    }
}

} // namespace keavrf
