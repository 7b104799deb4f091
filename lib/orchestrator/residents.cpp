#include "orchestrator/residents.hpp"

#include "core/text.hpp"
#include "netns/namespace.hpp"
#include "process/identity.hpp"

#include <charconv>
#include <filesystem>
#include <map>

namespace keavrf::orchestrator {

namespace {

constexpr unsigned most_told = 3;

std::map<NamespaceInode, std::string> names_by_inode(std::string_view prefix)
{
    std::map<NamespaceInode, std::string> names;
    const auto found = netns::list(prefix);
    if (!found) {
        return names;
    }
    for (const auto& entry : *found) {
        names[entry.inode] = entry.name;
    }
    return names;
}

// Every Kea of ours has STATE-DIR/.locks/VRF as its standard input. Empty: it has not.
std::string state_dir_of(ProcessId pid)
{
    std::error_code failure;
    const auto input = std::filesystem::read_symlink("/proc/" + std::to_string(pid.value()) + "/fd/0", failure);
    const auto locks = input.parent_path();
    return !failure && locks.filename() == ".locks" ? locks.parent_path().string() : std::string();
}

std::string describe(const process::ProcessIdentity& process, const std::string& name_space)
{
    const auto state_dir = state_dir_of(process.pid);
    auto text = "process " + std::to_string(process.pid.value()) + " (" + process.executable + ") in " + name_space;
    text += state_dir.empty() ? "" : ", on the leases in " + state_dir;
    return escape_controls(text);
}

} // namespace

std::string residents_of(std::string_view netns_prefix)
{
    const auto names = names_by_inode(netns_prefix);
    std::string text;
    unsigned told = 0;
    std::error_code failure;
    std::filesystem::directory_iterator entry("/proc", failure);
    while (!failure && entry != std::filesystem::directory_iterator()) {
        const auto folder = entry->path().filename().string();
        entry.increment(failure);
        pid_t pid = 0;
        const auto [end, error] = std::from_chars(folder.data(), folder.data() + folder.size(), pid);
        if (error != std::errc{} || end != folder.data() + folder.size()) {
            continue;
        }
        const auto process = process::process_identity(ProcessId(pid));
        const auto name = process ? names.find(process->network_namespace) : names.end();
        if (name == names.end()) {
            continue;
        }
        if (told++ == most_told) {
            return text + "; and more";
        }
        text += (text.empty() ? "" : "; ") + describe(*process, name->second);
    }
    return text;
}

} // namespace keavrf::orchestrator
