#include "reloader.hpp"

#include "core/exception_text.hpp"
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
    refused.complaints.push_back(
        orchestrator::plain_complaint(path + ": keavrfd cannot look at files with the rights of user " +
                                      std::to_string(peer.uid) + ", who asks (try as root)"));
    return refused;
}

// Diagnostics quote, and so does Kea. What he finds when he reads the file himself, he may be told.
void tell_only_what_he_may_know(orchestrator::ReloadReport& report, const control::Peer& peer, const std::string& path,
                                const Loaded& loaded)
{
    if (peer.uid == 0 || report.complaints.empty()) {
        return;
    }
    const auto his_own = load_for(peer, path);
    const bool may_read = loaded.settings ? his_own.settings != nullptr : his_own.complaints == loaded.complaints;
    if (may_read) {
        return;
    }
    for (auto& complaint : report.complaints) {
        complaint.text = complaint.place;
    }
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
    for (const auto& complaint : report.complaints) {
        log::error("reload.error", "", complaint.text);
    }
    if (report.applied) {
        log::info("reload.done", "", "the new configuration is in force",
                  {{"changed", report.changed}, {"errors", report.complaints.size()}});
    } else {
        log::error("reload.refused", "", "nothing was changed; the configuration before it is still in force",
                   {{"errors", report.complaints.size()}});
    }
    // Whoever has an account may ask for the unit's status: no text of the file.
    refusal_ = report.applied || report.complaints.empty() ? std::string() : report.complaints.front().place;
    // READY=1 ends the reload for systemd, whatever came of it; the status line says which.
    notifier_.ready(status_line());
    if (peer && options_.config) {
        tell_only_what_he_may_know(report, *peer, *options_.config, loaded);
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
    nothing.complaints.push_back(
        orchestrator::plain_complaint("there is no file to read again: keavrfd was started with -m"));
    return nothing;
}

// A reload that fails as nobody has thought of leaves in force what was, and is no reason to end.
asio::awaitable<orchestrator::ReloadReport> Reloader::async_apply_safely(Loaded loaded)
{
    std::exception_ptr failure;
    try {
        auto report = co_await async_apply(std::move(loaded));
        co_return report;
    } catch (const std::exception&) {
        failure = std::current_exception();
    }
    if (is_cancellation(failure)) {
        std::rethrow_exception(failure);
    }
    const auto complaint = orchestrator::plain_complaint("the reload failed in an unexpected way: " + text_of(failure));
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
        report.complaints = loaded.complaints;
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
        report.complaints = loaded.complaints;
    }
    if (!path && options_.config) {
        tell_only_what_he_may_know(report, peer, *options_.config, loaded);
    }
    co_return report;
}

} // namespace keavrf
