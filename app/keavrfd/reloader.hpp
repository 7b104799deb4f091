// One reload, whoever asked for it: the file is loaded and checked as a whole, then applied as a whole, or nothing
// changes and every reason is logged and returned.
#pragma once

#include "control/command.hpp"
#include "core/asio.hpp"
#include "core/semaphore.hpp"
#include "loading.hpp"
#include "options.hpp"
#include "orchestrator/orchestrator.hpp"
#include "systemd/notify.hpp"

#include <optional>
#include <string>

namespace keavrf {

class Reloader {
public:
    // All outlive it.
    Reloader(const asio::any_io_executor& executor, const Options& options, orchestrator::Orchestrator& orchestrator,
             const systemd::Notifier& notifier);

    // While keavrfd starts it waits: the service manager must not hear of a reload, which ends with READY=1, before
    // the start is done. `peer`: who asks, by the control channel; of a file that he may not read he is told where it
    // is wrong, and not what it says there.
    asio::awaitable<orchestrator::ReloadReport> async_reload(std::optional<control::Peer> peer = std::nullopt);
    // config-test: nothing is applied. Another file than the one in force, read with the rights of who asks; without a
    // path that one, whose settings all may see who may ask; its mistakes as for async_reload.
    asio::awaitable<orchestrator::ReloadReport> async_test(std::optional<std::string> path, control::Peer peer);
    // A reload, or several that wait for each other, are being worked on.
    [[nodiscard]] bool busy() const noexcept { return under_way_ > 0; }
    // For the service manager: how many VRFs serve, and why the last reload was refused where it was, until one is not.
    [[nodiscard]] std::string status_line() const;

private:
    asio::awaitable<Loaded> async_load(std::string path, config::FileReader reader);
    // The file of the command line.
    asio::awaitable<Loaded> async_load_own();
    asio::awaitable<orchestrator::ReloadReport> async_told_to(control::Peer peer, orchestrator::ReloadReport report,
                                                              Loaded loaded);
    asio::awaitable<orchestrator::ReloadReport> async_read_and_apply(Loaded* loaded);
    asio::awaitable<orchestrator::ReloadReport> async_apply(Loaded loaded);

    const Options& options_;
    orchestrator::Orchestrator& orchestrator_;
    const systemd::Notifier& notifier_;
    // One file at a time: each takes memory, and what was asked for first is read, and so applied, first.
    Semaphore reading_;
    unsigned under_way_ = 0;
    std::string refusal_; // the first reason of the last reload; empty: it was applied
};

} // namespace keavrf
