#include "daemon.hpp"

#include "command_handler.hpp"
#include "control/server.hpp"
#include "control_socket.hpp"
#include "core/log.hpp"
#include "host.hpp"
#include "process/reaper.hpp"
#include "status.hpp"
#include "stray_signals.hpp"

#include <unistd.h>

#include <csignal>

namespace keavrf {

namespace {

// A reload with millions of leases may take longer than TimeoutStartSec=, which bounds it. No more at a time than the
// watchdog of our unit allows, which systemd puts off along with it.
constexpr std::chrono::seconds extension_interval{10};
constexpr std::chrono::seconds extension{30};

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
    let_signals_come();
}

asio::awaitable<void> Daemon::run()
{
    care_.spawn("signals", handle_signals());
    care_.spawn("stray signals", ignore_stray_signals());
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

std::unique_ptr<std::vector<orchestrator::Lock>> Daemon::claim()
{
    auto locks = claim_host(*settings_);
    if (!locks) {
        throw FatalError(locks.error());
    }
    const auto provided = provide_descriptors(*settings_);
    if (!provided) {
        throw FatalError(provided.error());
    }
    const auto dropped = drop_privileges();
    if (!dropped) {
        throw FatalError(dropped.error());
    }
    return std::make_unique<std::vector<orchestrator::Lock>>(std::move(*locks));
}

void Daemon::make_orchestrator(const KeaOnHost& kea)
{
    log::info("daemon.starting", "", "keavrfd " KEAVRFD_VERSION,
              {{"pid", ::getpid()}, {"kea", kea.version.str()}, {"config", options_.config.value_or("-m")}});
    orchestrator::Orchestrator::Setup setup;
    setup.settings = settings_;
    setup.kea_version = kea.version;
    setup.kea_identity = kea.identity;
    setup.host = host_name();
    orchestrator_ = std::make_unique<orchestrator::Orchestrator>(executor_, std::move(setup));
    reloader_ = std::make_unique<Reloader>(executor_, options_, *orchestrator_, notifier_);
    orchestrator_->on_change([this] {
        if (!stopping_) { // what is served then is no news
            notifier_.status(reloader_->status_line());
        }
    });
    work_.on_failure([this] {
        if (!stopping_) { // nobody asked for this end
            failed_ = true;
            orchestrator_->keep_what_serves();
        }
    });
}

// That of an earlier keavrfd, which listens no more.
void Daemon::remove_left_socket() const
{
    const auto path = settings_->runtime_dir + "/control.sock";
    if (::access(path.c_str(), F_OK) == 0) {
        const auto taken_over = open_control_socket(path, settings_->control_group);
        (void)taken_over; // goes with its file; one that somebody else listens at stays
    }
}

asio::awaitable<void> Daemon::async_serve()
{
    const auto locks = claim();
    work_.spawn("kea version", look_for_kea());
    co_await work_.async_join();
    if (stopping_) { // a signal came while Kea was asked for its version
        if (!kept_) {
            remove_left_socket();
            co_await orchestrator::async_remove_all(settings_);
        }
        co_return;
    }
    const auto& kea = *kea_;
    if (!kea) {
        throw FatalError(kea.error());
    }
    // Before anything of an earlier keavrfd is touched: what is in the way here, or who listens here, ends the start.
    auto listener = open_control_socket(settings_->runtime_dir + "/control.sock", settings_->control_group);
    if (!listener) {
        throw FatalError(listener.error());
    }
    make_orchestrator(*kea);
    work_.spawn("locks", orchestrator::keep_locks(locks.get()));
    work_.spawn("orchestrator", orchestrator_->run());
    work_.spawn("control", run_control(std::move(*listener)));
    work_.spawn("ready", announce_ready());
    if (reload_wanted_) { // the file may have changed since it was read
        reload_for_signal();
    }
    if (notifier_.watchdog_interval()) {
        care_.spawn("watchdog", feed_watchdog());
    }
    if (notifier_.active()) {
        work_.spawn("long reloads", tell_of_long_reloads());
    }
    co_await work_.async_join();
    for (auto& lock : *locks) {
        if (orchestrator_->state_disk_hangs() && lock.path().starts_with(settings_->state_dir + "/")) {
            lock.leave_file();
        }
    }
}

// A program that is no Kea may take its time over `-v`: a signal ends the wait.
asio::awaitable<void> Daemon::look_for_kea()
{
    auto found = co_await async_find_kea(settings_->kea);
    kea_.emplace(std::move(found));
}

asio::awaitable<void> Daemon::run_control(control::Listener listener)
{
    const auto path = listener.path();
    const auto group = settings_->control_group;
    if (listener.group_missing() && settings_->control_group_given) {
        log::warning("control.group", "", "there is no group " + group + ": only root can use the control socket",
                     {{"socket", path}});
    }
    CommandHandler::Context context{executor_, options_, *orchestrator_, *reloader_, [this](bool keep) {
                                        keep_ordered_ = keep;
                                        care_.spawn("stop", stop_soon());
                                    }};
    CommandHandler handler(std::move(context));
    control::Server server(executor_, std::move(listener), handler);
    TaskGroup tasks(executor_);
    tasks.spawn("control channel", server.run());
    tasks.spawn("control socket file", keep_socket_file(&server, path, group));
    co_await tasks.async_join();
}

asio::awaitable<void> Daemon::announce_ready()
{
    co_await orchestrator_->async_ready();
    log::info("daemon.ready", "", summary(*orchestrator_));
    notifier_.ready(reloader_->status_line());
}

asio::awaitable<void> Daemon::feed_watchdog()
{
    while (true) {
        notifier_.watchdog();
        co_await async_sleep(*notifier_.watchdog_interval() / 2);
    }
}

asio::awaitable<void> Daemon::tell_of_long_reloads()
{
    while (true) {
        co_await async_sleep(extension_interval);
        if (reloader_->busy()) {
            notifier_.extend(extension);
        }
    }
}

} // namespace keavrf
