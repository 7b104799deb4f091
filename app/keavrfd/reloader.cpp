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

// With his rights for as long as one file is read: between two slices of the loading the thread has its own.
config::FileReader reader_for(const control::Peer& peer)
{
    return [peer](const std::string& path) -> Result<std::string> {
        const PeerRights rights(peer);
        if (!rights.taken()) {
            return Error("keavrfd cannot look at files with the rights of user " + std::to_string(peer.uid) +
                         ", who asks (try as root)");
        }
        return config::read_configuration_file(path);
    };
}

} // namespace

Reloader::Reloader(const asio::any_io_executor& executor, const Options& options,
                   orchestrator::Orchestrator& orchestrator, const systemd::Notifier& notifier)
    : options_(options), orchestrator_(orchestrator), notifier_(notifier), reading_(executor, 1)
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
    Loaded loaded;
    auto report = co_await async_read_and_apply(&loaded);
    for (const auto& complaint : report.complaints) {
        log::error("reload.error", "", complaint.text);
    }
    if (report.applied) {
        log::info("reload.done", "",
                  report.complaints.empty() ? "the new configuration is in force"
                                            : "the new configuration is in force, but not in place everywhere",
                  {{"changed", report.changed}, {"errors", report.complaints.size()}});
    } else {
        log::error("reload.refused", "", "nothing was changed; the configuration before it is still in force",
                   {{"errors", report.complaints.size()}});
    }
    // Whoever has an account may ask for the unit's status: no text of the file.
    refusal_ = report.applied || report.complaints.empty() ? std::string() : report.complaints.front().place;
    // READY=1 ends the reload for systemd, whatever came of it; the status line says which.
    notifier_.ready(status_line());
    if (peer) {
        report = co_await async_told_to(*peer, std::move(report), loaded);
    }
    co_return report;
}

std::string Reloader::status_line() const
{
    return summary(orchestrator_) + (refusal_.empty() ? "" : "; the last reload was refused: " + refusal_);
}

asio::awaitable<Loaded> Reloader::async_load(std::string path, config::FileReader reader)
{
    const auto turn = co_await reading_.async_acquire();
    auto loaded = co_await async_load_settings_file(std::move(path), std::move(reader));
    co_return loaded;
}

asio::awaitable<Loaded> Reloader::async_load_own()
{
    if (!options_.config) {
        Loaded nothing;
        nothing.complaints.push_back(
            orchestrator::plain_complaint("there is no file to read again: keavrfd was started with -m"));
        co_return nothing;
    }
    config::FileReader reader = config::read_configuration_file;
    auto loaded = co_await async_load(*options_.config, std::move(reader));
    co_return loaded;
}

// Diagnostics quote, and so does Kea. What he finds when he reads the file himself, he may be told.
asio::awaitable<orchestrator::ReloadReport> Reloader::async_told_to(control::Peer peer,
                                                                    orchestrator::ReloadReport report, Loaded loaded)
{
    if (!options_.config || peer.uid == 0 || report.complaints.empty()) {
        co_return report;
    }
    auto reader = reader_for(peer);
    const auto his_own = co_await async_load(*options_.config, std::move(reader));
    const bool may_read = loaded.settings ? his_own.settings != nullptr : his_own.complaints == loaded.complaints;
    if (may_read) {
        co_return report;
    }
    for (auto& complaint : report.complaints) {
        complaint.text = complaint.place;
    }
    co_return report;
}

// A reload that fails as nobody has thought of, or for want of memory, leaves in force what was, and is no reason to
// end.
asio::awaitable<orchestrator::ReloadReport> Reloader::async_read_and_apply(Loaded* loaded)
{
    std::exception_ptr failure;
    try {
        auto own = co_await async_load_own();
        *loaded = std::move(own);
        auto report = co_await async_apply(*loaded);
        co_return report;
    } catch (const std::exception&) {
        failure = std::current_exception();
    }
    if (is_cancellation(failure)) {
        log::warning("reload.given-up", "", "keavrfd stops: the reload that is under way is given up");
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
    Loaded loaded;
    if (path) {
        auto reader = reader_for(peer);
        loaded = co_await async_load(*path, std::move(reader));
    } else {
        loaded = co_await async_load_own();
    }
    orchestrator::ReloadReport report;
    if (loaded.settings) {
        report = co_await orchestrator_.async_test(loaded.settings);
    } else {
        report.complaints = loaded.complaints;
    }
    if (!path) {
        report = co_await async_told_to(std::move(peer), std::move(report), loaded);
    }
    co_return report;
}

} // namespace keavrf
