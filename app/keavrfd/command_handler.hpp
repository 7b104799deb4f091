// What keavrfd answers on its control channel (docs/architecture.md, "Control channel").
#pragma once

#include "control/server.hpp"
#include "control/status.hpp"
#include "kea/lease_counter.hpp"
#include "options.hpp"
#include "orchestrator/orchestrator.hpp"
#include "reloader.hpp"

#include <functional>

namespace keavrf {

class CommandHandler : public control::Handler {
public:
    struct Context {
        asio::any_io_executor executor;
        const Options& options;
        orchestrator::Orchestrator& orchestrator;
        Reloader& reloader;
        // Begins the shutdown once the answer is on its way.
        std::function<void(bool keep)> stop;
    };
    explicit CommandHandler(Context context);

    asio::awaitable<boost::json::object> async_handle(control::Command command) override;

private:
    using Reply = asio::awaitable<boost::json::object>;
    Reply async_daemon_command(control::Command command);
    [[nodiscard]] Reply async_kea_command(control::Command command) const;
    Reply async_status(control::Command command);
    Reply async_config_test(control::Command command);
    Reply async_config_reload(control::Command command);
    [[nodiscard]] Reply async_restart(control::Command command) const;
    [[nodiscard]] boost::json::object stop(const control::Command& command) const;
    [[nodiscard]] control::DaemonStatus daemon_status() const;

    Context context_;
    kea::LeaseCounter leases_;
    Clock::time_point started_ = Clock::now();
};

} // namespace keavrf
