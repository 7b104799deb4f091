#include "reloader.hpp"

#include "core/log.hpp"
#include "loading.hpp"
#include "peer_rights.hpp"
#include "status.hpp"

#include <exception>
#include <utility>

namespace keavrf {

namespace {

// Also when the reload is cancelled.
class UnderWay {
public:
    explicit UnderWay(unsigned& count) : count_(count) { ++count_; }
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;
    ~UnderWay() { --count_; }

private:
    unsigned& count_;
};

Loaded load_for(const control::Peer& peer, const std::string& path)
{
    const PeerRights rights(peer);
    if (rights.taken()) {
        return load_settings_file(path);
    }
    Loaded refused;
    refused.errors.push_back(path + ": keavrfd cannot look at files with the rights of user " +
                             std::to_string(peer.uid) + ", who asks (try as root)");
    return refused;
}

// Diagnostics quote, and so does Kea. What he finds when he reads the file himself, he may be told.
std::vector<std::string> errors_for(const control::Peer& peer, const std::string& path, const Loaded& loaded,
                                    const orchestrator::ReloadReport& report)
{
    if (peer.uid == 0 || report.errors.empty()) {
        return report.errors;
    }
    const auto his_own = load_for(peer, path);
    const bool may_read = loaded.settings ? his_own.settings != nullptr : his_own.errors == loaded.errors;
    return may_read ? report.errors : report.places;
}

} // namespace

Reloader::Reloader(const Options& options, orchestrator::Orchestrator& orchestrator, const systemd::Notifier& notifier)
    : options_(options), orchestrator_(orchestrator), notifier_(notifier)
{
}

asio::awaitable<orchestrator::ReloadReport> Reloader::async_reload(std::optional<control::Peer> peer)
{
    if (!orchestrator_.ready()) {
        log::info("reload.waiting", "", "the configuration is read again when the start is done");
        co_await orchestrator_.async_ready();
    }
    const UnderWay counted(under_way_);
    log::info("reload.begin", "", "reading the configuration again");
    notifier_.reloading();
    const auto loaded = load();
    auto report = co_await async_apply_safely(loaded);
    for (const auto& error : report.errors) {
        log::error("reload.error", "", error);
    }
    if (report.applied) {
        log::info("reload.done", "",
                  report.errors.empty() ? "the new configuration is in force"
                                        : "the new configuration is in force, but not in place everywhere",
                  {{"changed", report.changed}, {"errors", report.errors.size()}});
    } else {
        log::error("reload.refused", "", "nothing was changed; the configuration before it is still in force",
                   {{"errors", report.errors.size()}});
    }
    // Whoever has an account may ask for the unit's status: no text of the file.
    refusal_ = report.applied ? std::string() : report.places.front();
    // READY=1 ends the reload for systemd, whatever came of it; the status line says which.
    notifier_.ready(status_line());
    if (peer && options_.config) {
        report.errors = errors_for(*peer, *options_.config, loaded, report);
    }
    co_return report;
}

std::string Reloader::status_line() const
{
    return summary(orchestrator_) + (refusal_.empty() ? "" : "; the last reload was refused: " + refusal_);
}

Loaded Reloader::load() const
{
    if (options_.config) {
        return load_settings_file(*options_.config);
    }
    Loaded nothing;
    nothing.errors.emplace_back("there is no file to read again: keavrfd was started with -m");
    nothing.places = nothing.errors;
    return nothing;
}

// A reload that fails as nobody has thought of leaves in force what was, and is no reason to end.
asio::awaitable<orchestrator::ReloadReport> Reloader::async_apply_safely(Loaded loaded)
{
    std::exception_ptr failure;
    std::string what;
    try {
        auto report = co_await async_apply(std::move(loaded));
        co_return report;
    } catch (const std::exception& error) {
        failure = std::current_exception();
        what = error.what();
    }
    if (is_cancellation(failure)) {
        log::warning("reload.given-up", "", "keavrfd stops: the reload that is under way is given up");
        std::rethrow_exception(failure);
    }
    const auto complaint = orchestrator::plain_complaint("the reload failed in an unexpected way: " + what);
    orchestrator::ReloadReport report;
    report.add({complaint});
    co_return report;
}

asio::awaitable<orchestrator::ReloadReport> Reloader::async_apply(Loaded loaded)
{
    orchestrator::ReloadReport report;
    for (const auto& warning : loaded.warnings) {
        log::warning("configuration.warning", "", warning);
    }
    if (!loaded.settings) {
        report.errors = loaded.errors;
        report.places = loaded.places;
        co_return report;
    }
    report = co_await orchestrator_.async_reload(loaded.settings);
    if (report.applied) {
        configure_log(*loaded.settings, options_);
    }
    co_return report;
}

asio::awaitable<orchestrator::ReloadReport> Reloader::async_test(std::optional<std::string> path, control::Peer peer)
{
    const auto loaded = path ? load_for(peer, *path) : load();
    orchestrator::ReloadReport report;
    if (loaded.settings) {
        report = co_await orchestrator_.async_test(loaded.settings);
    } else {
        report.errors = loaded.errors;
        report.places = loaded.places;
    }
    if (!path && options_.config) {
        report.errors = errors_for(peer, *options_.config, loaded, report);
    }
    co_return report;
}

} // namespace keavrf
