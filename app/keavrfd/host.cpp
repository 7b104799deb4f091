#include "host.hpp"

#include "core/file.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "process/privileges.hpp"
#include "trusted_folder.hpp"

#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

namespace keavrf {

namespace {

constexpr std::array needed{CAP_NET_ADMIN,  CAP_NET_RAW, CAP_NET_BIND_SERVICE, CAP_SYS_ADMIN,
                            CAP_SYS_PTRACE, CAP_SETUID,  CAP_SETGID,           CAP_KILL,
                            CAP_CHOWN,      CAP_FOWNER,  CAP_DAC_OVERRIDE};

// 0711: Kea reaches its own folder below, and nobody can list whose folders there are.
constexpr mode_t folder_mode = 0711;

// Netlink, control channel, locks, connections of operators.
constexpr std::uint64_t own_descriptors = 64;
// Its namespace, netlink inside, uplink, Kea's pidfd, and what a start needs for a while; each port's socket besides,
// and one for frames where the shared one is full (relay/frame_senders.hpp).
constexpr std::uint64_t descriptors_of_vrf = 12;
constexpr std::uint64_t descriptors_of_port = 2;
// Where nothing stands against it: VRFs may come that no configuration names.
constexpr std::uint64_t wanted_descriptors = 65536;

// What is made for a start that is then refused goes again: the folders that were not there before, where they are
// empty.
class NewFolders {
public:
    NewFolders() = default;
    NewFolders(const NewFolders&) = delete;
    NewFolders& operator=(const NewFolders&) = delete;
    ~NewFolders()
    {
        for (; !made_.empty(); made_.pop_back()) {
            ::rmdir(made_.back().c_str());
        }
    }
    // Before it is made: the path, and what of the way to it is missing.
    void note(const std::string& path)
    {
        const auto parent = path.substr(0, path.rfind('/'));
        if (path.empty() || ::access(path.c_str(), F_OK) == 0) {
            return;
        }
        note(parent != path ? parent : std::string());
        made_.push_back(path);
    }
    void keep() { made_.clear(); }

private:
    std::vector<std::string> made_;
};

// Of some distributions /var/log may be written by the group of their log daemon, which is as good as root there. Kea's
// user is not.
std::optional<gid_t> foreign_group(const std::string& key, const config::Settings& settings)
{
    const auto kea = process::find_kea_user(settings.kea.user);
    return key == "log-dir" && kea ? std::optional(kea->group) : std::nullopt;
}

Result<void> prepare_folder(const std::string& key, const std::string& path, std::optional<gid_t> foreign)
{
    if (close_new_mount(path, folder_mode)) {
        log::info("folder.closed", "", "what is mounted for " + key + " was everybody's, and is root's alone now",
                  {{"folder", path}});
    }
    const auto trusted = check_trusted(path, foreign);
    if (!trusted) {
        return trusted.error().in(key);
    }
    auto made = make_folders(path, folder_mode);
    if (made && ::access(path.c_str(), W_OK | X_OK) != 0) {
        made = Error::from_errno("cannot write in the folder " + path);
    }
    if (!made) {
        return made.error().in(key).hint("keavrfd and Kea must be able to write there; else choose another " + key +
                                         " in the configuration");
    }
    return {};
}

} // namespace

std::vector<std::string> missing_privileges()
{
    const auto missing = process::missing_capabilities(needed);
    if (missing.empty()) {
        return {};
    }
    std::string names;
    for (const auto& name : missing) {
        names += (names.empty() ? "" : ", ") + name;
    }
    if (::geteuid() != 0) {
        return {"keavrfd must run as root: it makes network namespaces and starts Kea as another user (try: sudo "
                "keavrfd ...; missing: " +
                names + ")"};
    }
    return {"keavrfd runs as root, but without " + names +
            " (in a container: --privileged, or --cap-add for each; under systemd: look at CapabilityBoundingSet=)"};
}

Result<void> drop_privileges()
{
    std::uint64_t keep = 0;
    for (const int capability : needed) {
        keep |= process::capability_bit(capability);
    }
    return process::drop_capabilities_to(keep);
}

std::uint64_t descriptors_needed(const config::Settings& settings)
{
    std::uint64_t count = own_descriptors;
    for (const auto& entry : settings.vrfs) {
        if (!entry->glob) {
            count += descriptors_of_vrf + descriptors_of_port * entry->interfaces.size();
        }
    }
    return count;
}

Result<void> provide_descriptors(const config::Settings& settings)
{
    const auto needed_now = descriptors_needed(settings);
    const auto limit = process::raise_open_files_limit(std::max(needed_now, wanted_descriptors));
    if (!limit) {
        return limit.error();
    }
    if (*limit < needed_now) {
        return Error("keavrfd may open " + std::to_string(*limit) + " files at once, and this configuration needs " +
                     std::to_string(needed_now))
            .hint("raise it: ulimit -n, LimitNOFILE= in the unit, --ulimit nofile= for a container");
    }
    return {};
}

Result<std::vector<orchestrator::Lock>> claim_host(const config::Settings& settings)
{
    using Folder = std::pair<std::string, std::string>;
    NewFolders folders; // gone after the locks in them
    std::vector<orchestrator::Lock> locks;
    for (const auto& [key, path] : {Folder("runtime-dir", settings.runtime_dir),
                                    Folder("state-dir", settings.state_dir), Folder("log-dir", settings.log_dir)}) {
        folders.note(path);
        const auto prepared = prepare_folder(key, path, foreign_group(key, settings));
        if (!prepared) {
            return prepared.error();
        }
    }
    for (const auto* folder : {"/.records", "/.locks"}) {
        const auto own = check_own(settings.state_dir + folder);
        if (!own) {
            return own.error().in("state-dir");
        }
    }
    // With a leading dot, which no VRF's folder has (escape_path_component).
    for (const auto& [path, what] :
         {Folder(settings.runtime_dir + "/.lock", "the runtime folder " + settings.runtime_dir),
          Folder(settings.state_dir + "/.lock", "the state folder " + settings.state_dir),
          Folder(settings.log_dir + "/.keavrfd.lock", "the log folder " + settings.log_dir),
          Folder("/run/keavrfd." + escape_path_component(settings.netns_prefix) + ".lock",
                 "the namespace prefix " + settings.netns_prefix)}) {
        auto lock = orchestrator::Lock::acquire(path, what);
        if (!lock) {
            return lock.error();
        }
        locks.push_back(std::move(*lock));
    }
    folders.keep();
    return locks;
}

asio::awaitable<Result<KeaOnHost>> async_find_kea(config::KeaSettings settings)
{
    KeaOnHost found;
    auto identity = process::find_kea_user(settings.user);
    if (!identity) {
        co_return identity.error().in("kea.user").hint("name a user that exists, or leave the key out: _kea, else kea");
    }
    found.identity = *identity;
    const auto version = co_await kea::async_detect_version(settings.dhcp4, *identity);
    if (!version) {
        co_return version.error();
    }
    found.version = *version;
    co_return found;
}

std::string host_name()
{
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) {
        return "localhost";
    }
    return name.data();
}

} // namespace keavrf
