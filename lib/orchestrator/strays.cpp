#include "orchestrator/strays.hpp"

#include <sys/stat.h>

#include <charconv>
#include <filesystem>

namespace keavrf::orchestrator {

namespace {

bool same_file(const std::string& one, const std::string& other)
{
    struct stat first {};
    struct stat second {};
    return ::stat(one.c_str(), &first) == 0 && ::stat(other.c_str(), &second) == 0 && first.st_ino == second.st_ino &&
           first.st_dev == second.st_dev;
}

} // namespace

std::vector<process::ProcessIdentity> find_strays(NamespaceInode name_space, const std::string& program,
                                                  const std::string& state_folder)
{
    std::vector<process::ProcessIdentity> strays;
    std::error_code failure;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", failure)) {
        const auto name = entry.path().filename().string();
        pid_t pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error != std::errc{} || end != name.data() + name.size()) {
            continue;
        }
        const auto identity = process::process_identity(ProcessId(pid));
        if (identity && identity->network_namespace == name_space && identity->executable == program &&
            same_file(entry.path().string() + "/fd/0", state_folder + "/.keavrfd.lock")) {
            strays.push_back(*identity);
        }
    }
    return strays;
}

} // namespace keavrf::orchestrator
