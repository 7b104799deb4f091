#include "orchestrator/remnants.hpp"

#include "core/file.hpp"
#include "core/log.hpp"
#include "instance/record.hpp"
#include "instance/rendering.hpp"
#include "netns/namespace.hpp"
#include "process/identity.hpp"
#include "process/process.hpp"

#include <filesystem>
#include <optional>
#include <vector>

namespace keavrf::orchestrator {

namespace {

constexpr std::size_t record_limit = 65536;

struct Found {
    std::string folder;
    instance::Record record;
};

// Records of instances whose folder bears their name; anything else in the runtime folder is left alone.
std::vector<Found> find_records(const config::Settings& settings)
{
    std::vector<Found> found;
    std::error_code failure;
    for (const auto& entry : std::filesystem::directory_iterator(settings.runtime_dir, failure)) {
        const auto folder = entry.path().string();
        const auto text = read_file(folder + "/instance.json", record_limit);
        if (!text) {
            continue;
        }
        const auto record = instance::parse_record(*text);
        if (!record || instance::server_paths(record->vrf, settings).runtime_folder != folder) {
            log::warning("remnant.unreadable", "", "not a record of keavrfd, left alone",
                         {{"file", folder + "/instance.json"}});
            continue;
        }
        found.push_back(Found{folder, *record});
    }
    return found;
}

// The Kea that the record names, if it still is that process: same start time, in the recorded namespace.
std::optional<process::ProcessIdentity> prove_server(const instance::Record& record)
{
    if (!record.dhcp4) {
        return std::nullopt;
    }
    const auto identity = process::process_identity(record.dhcp4->pid);
    if (!identity || identity->start_time != record.dhcp4->start_time || identity->network_namespace != record.inode ||
        std::filesystem::path(identity->executable).filename() !=
            std::filesystem::path(record.dhcp4->executable).filename()) {
        return std::nullopt;
    }
    return *identity;
}

asio::awaitable<void> async_stop_server(VrfName vrf, process::ProcessIdentity identity, Clock::duration limit)
{
    const auto executor = co_await asio::this_coro::executor;
    auto process = process::Process::adopt(executor, identity);
    if (!process) {
        co_return; // it has ended by itself
    }
    const auto status = co_await process->async_stop(limit);
    log::info("remnant.stopped", vrf, "stopped the Kea of an earlier keavrfd",
              {{"pid", identity.pid.value()}, {"ended", status.ended}});
}

void remove_namespace(std::string_view vrf, const std::string& name, NamespaceInode inode)
{
    if (name.empty()) {
        return;
    }
    const auto removed = netns::remove(name, inode);
    if (removed) {
        log::info("remnant.removed", vrf, "removed the namespace of an earlier keavrfd", {{"namespace", name}});
    } else if (!removed.error().is(ENOENT)) {
        log::warning("remnant.kept", vrf, removed.error().message(), {{"namespace", name}});
    }
}

void remove_hub(const config::Settings& settings)
{
    const auto path = hub_record_path(settings);
    const auto text = read_file(path, record_limit);
    if (!text) {
        return;
    }
    if (const auto record = instance::parse_record(*text)) {
        remove_namespace("", record->name_space, record->inode);
    }
    std::error_code failure;
    std::filesystem::remove(path, failure);
}

} // namespace

std::string hub_record_path(const config::Settings& settings)
{
    return settings.runtime_dir + "/.hub.json";
}

asio::awaitable<void> async_remove_remnants(std::shared_ptr<const config::Settings> settings)
{
    const auto records = find_records(*settings);
    for (const auto& found : records) {
        if (const auto server = prove_server(found.record)) {
            co_await async_stop_server(found.record.vrf, *server, settings->kea.timeouts.stop);
        }
        remove_namespace(found.record.vrf.str(), found.record.name_space, found.record.inode);
        std::error_code failure;
        std::filesystem::remove_all(found.folder, failure);
        if (failure) {
            log::warning("remnant.kept", found.record.vrf, "cannot remove " + found.folder + ": " + failure.message());
        }
    }
    remove_hub(*settings);
}

} // namespace keavrf::orchestrator
