#include "loading.hpp"

#include "config/cli_map.hpp"
#include "core/log.hpp"
#include "core/slices.hpp"
#include "systemd/notify.hpp"

namespace keavrf {

namespace {

log::Format log_format(config::LogFormat wanted)
{
    switch (wanted) {
    case config::LogFormat::text:
        return log::Format::text;
    case config::LogFormat::json:
        return log::Format::json;
    case config::LogFormat::journal:
        return log::Format::journal;
    case config::LogFormat::automatic:
        break;
    }
    return systemd::stderr_is_journal() ? log::Format::journal : log::Format::text;
}

void add_error(Loaded& loaded, config::Diagnostic diagnostic)
{
    orchestrator::Complaint complaint;
    complaint.text = diagnostic.text();
    diagnostic.problem = "what is wrong here is told to those who may read the file (try as root)";
    complaint.place = diagnostic.text();
    loaded.complaints.push_back(std::move(complaint));
}

// What the file may say in a later version, and what nobody would notice to be missing if it were passed over.
void refuse_unsupported(const config::Settings& settings, const std::string& file, Loaded& loaded)
{
    const auto refuse = [&](const std::string& key, const std::string& problem) {
        config::Diagnostic diagnostic;
        const auto mark = settings.marks.find(key);
        diagnostic.mark = mark != settings.marks.end() ? mark->second : config::Mark{file, 0, 0};
        diagnostic.path = key;
        diagnostic.problem = problem;
        add_error(loaded, diagnostic);
    };
    if (settings.http_listen) {
        refuse("http.listen", "the HTTP interface is not supported by this version (leave the key out)");
    }
}

Loaded load_settings_file(const std::string& path, const config::FileReader& reader, const Pause& pause)
{
    auto result = config::load_file(path, reader, pause);
    Loaded loaded;
    for (const auto& error : result.errors) {
        add_error(loaded, error);
    }
    for (const auto& warning : result.warnings) {
        loaded.warnings.push_back(warning.text());
    }
    if (result.settings) {
        refuse_unsupported(*result.settings, path, loaded);
    }
    if (result.settings && loaded.complaints.empty()) {
        loaded.settings = std::make_shared<const config::Settings>(std::move(*result.settings));
    }
    return loaded;
}

} // namespace

asio::awaitable<Loaded> async_load_settings_file(std::string path, config::FileReader reader)
{
    Loaded loaded;
    SlicedWork work = [&](const Pause& pause) { loaded = load_settings_file(path, reader, pause); };
    co_await async_in_slices(std::move(work));
    co_return loaded;
}

Loaded load_settings(const Options& options)
{
    if (options.config) {
        return load_settings_file(*options.config, config::read_configuration_file, {});
    }
    auto result = config::settings_from_map(options.maps);
    Loaded loaded;
    for (const auto& error : result.errors) {
        loaded.complaints.push_back(orchestrator::plain_complaint(error));
    }
    if (result.settings && loaded.complaints.empty()) {
        loaded.settings = std::make_shared<const config::Settings>(std::move(*result.settings));
    }
    return loaded;
}

void configure_log(const config::Settings& settings, const Options& options)
{
    const auto level = options.log_level.value_or(settings.log.level);
    log::configure(level, log_format(options.log_format.value_or(settings.log.format)));
}

} // namespace keavrf
