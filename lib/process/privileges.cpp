#include "process/privileges.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

namespace keavrf::process {

namespace {

constexpr std::array<std::string_view, 41> capability_names{"CAP_CHOWN",
                                                            "CAP_DAC_OVERRIDE",
                                                            "CAP_DAC_READ_SEARCH",
                                                            "CAP_FOWNER",
                                                            "CAP_FSETID",
                                                            "CAP_KILL",
                                                            "CAP_SETGID",
                                                            "CAP_SETUID",
                                                            "CAP_SETPCAP",
                                                            "CAP_LINUX_IMMUTABLE",
                                                            "CAP_NET_BIND_SERVICE",
                                                            "CAP_NET_BROADCAST",
                                                            "CAP_NET_ADMIN",
                                                            "CAP_NET_RAW",
                                                            "CAP_IPC_LOCK",
                                                            "CAP_IPC_OWNER",
                                                            "CAP_SYS_MODULE",
                                                            "CAP_SYS_RAWIO",
                                                            "CAP_SYS_CHROOT",
                                                            "CAP_SYS_PTRACE",
                                                            "CAP_SYS_PACCT",
                                                            "CAP_SYS_ADMIN",
                                                            "CAP_SYS_BOOT",
                                                            "CAP_SYS_NICE",
                                                            "CAP_SYS_RESOURCE",
                                                            "CAP_SYS_TIME",
                                                            "CAP_SYS_TTY_CONFIG",
                                                            "CAP_MKNOD",
                                                            "CAP_LEASE",
                                                            "CAP_AUDIT_WRITE",
                                                            "CAP_AUDIT_CONTROL",
                                                            "CAP_SETFCAP",
                                                            "CAP_MAC_OVERRIDE",
                                                            "CAP_MAC_ADMIN",
                                                            "CAP_SYSLOG",
                                                            "CAP_WAKE_ALARM",
                                                            "CAP_BLOCK_SUSPEND",
                                                            "CAP_AUDIT_READ",
                                                            "CAP_PERFMON",
                                                            "CAP_BPF",
                                                            "CAP_CHECKPOINT_RESTORE"};

using CapabilityData = std::array<__user_cap_data_struct, 2>;

Result<CapabilityData> get_capabilities()
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    CapabilityData data{};
    if (::syscall(SYS_capget, &header, data.data()) != 0) {
        return Error::from_errno("cannot read our own capabilities");
    }
    return data;
}

std::uint64_t join(std::uint32_t low, std::uint32_t high)
{
    return low | std::uint64_t{high} << 32U;
}

Result<void> drop_bounding_set(std::uint64_t keep)
{
    for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
        if ((keep & capability_bit(capability)) == 0 && ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
            return Error::from_errno("cannot drop " + capability_name(capability) + " from the bounding set");
        }
    }
    return {};
}

Result<std::vector<gid_t>> groups_of(const std::string& user, gid_t primary)
{
    std::vector<gid_t> groups(32);
    int count = static_cast<int>(groups.size());
    while (::getgrouplist(user.c_str(), primary, groups.data(), &count) < 0) {
        if (count <= static_cast<int>(groups.size())) {
            return Error("cannot read the groups of user " + user);
        }
        groups.resize(static_cast<std::size_t>(count));
    }
    groups.resize(static_cast<std::size_t>(count));
    return groups;
}

// The *_r functions want a larger buffer (ERANGE) or report what there is.
template <class Entry, class Lookup>
Result<bool> look_up(Entry& entry, std::vector<char>& buffer, const std::string& what, const Lookup& lookup)
{
    for (buffer.resize(4096);; buffer.resize(buffer.size() * 2)) {
        Entry* found = nullptr;
        const int error = lookup(&entry, buffer.data(), buffer.size(), &found);
        if (error == 0) {
            return found != nullptr;
        }
        if (error != ERANGE || buffer.size() > (std::size_t{1} << 20U)) {
            return Error::from_errno("cannot look up " + what, error);
        }
    }
}

Error not_found(std::string message)
{
    return Error(boost::system::error_code(ENOENT, boost::system::system_category()), std::move(message));
}

// nullopt: there is no such user.
Result<std::optional<Identity>> look_up_user(const std::string& name)
{
    passwd entry{};
    std::vector<char> buffer;
    const auto lookup = [&name](passwd* result, char* text, std::size_t size, passwd** found) {
        return ::getpwnam_r(name.c_str(), result, text, size, found);
    };
    const auto found = look_up(entry, buffer, "user " + name, lookup);
    if (!found) {
        return found.error();
    }
    if (!*found) {
        return std::optional<Identity>{};
    }
    auto groups = groups_of(name, entry.pw_gid);
    if (!groups) {
        return groups.error();
    }
    return std::optional(Identity{entry.pw_uid, entry.pw_gid, std::move(*groups)});
}

} // namespace

Result<std::uint64_t> effective_capabilities()
{
    const auto data = get_capabilities();
    if (!data) {
        return data.error();
    }
    return join((*data)[0].effective, (*data)[1].effective);
}

std::string capability_name(int capability)
{
    const auto index = static_cast<std::size_t>(capability);
    return capability >= 0 && index < capability_names.size() ? std::string(capability_names.at(index))
                                                              : "capability " + std::to_string(capability);
}

std::vector<std::string> missing_capabilities(std::span<const int> needed)
{
    const auto held = effective_capabilities();
    std::vector<std::string> missing;
    for (const int capability : needed) {
        if (!held || (*held & capability_bit(capability)) == 0) {
            missing.push_back(capability_name(capability));
        }
    }
    return missing;
}

Result<void> drop_capabilities_to(std::uint64_t keep)
{
    const auto held = get_capabilities();
    if (!held) {
        return held.error();
    }
    const auto effective = join((*held)[0].effective, (*held)[1].effective);
    if ((effective & capability_bit(CAP_SETPCAP)) != 0) {
        if (auto dropped = drop_bounding_set(keep); !dropped) {
            return dropped;
        }
    }
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) {
        return Error::from_errno("cannot clear the ambient capabilities");
    }
    const auto permitted = join((*held)[0].permitted, (*held)[1].permitted) & keep;
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    CapabilityData data{};
    for (std::size_t word = 0; word < data.size(); ++word) {
        const auto bits = static_cast<std::uint32_t>(permitted >> (32U * word));
        data.at(word) = {bits, bits, 0};
    }
    if (::syscall(SYS_capset, &header, data.data()) != 0) {
        return Error::from_errno("cannot drop capabilities");
    }
    return {};
}

Result<std::uint64_t> raise_open_files_limit(std::uint64_t wanted)
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return Error::from_errno("cannot read the limit of open files");
    }
    if (limit.rlim_cur >= wanted) {
        return limit.rlim_cur;
    }
    // The hard limit is raised with CAP_SYS_RESOURCE only, and not beyond fs.nr_open.
    rlimit raised{wanted, std::max<rlim_t>(wanted, limit.rlim_max)};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) {
        return raised.rlim_cur;
    }
    raised = {std::min<rlim_t>(wanted, limit.rlim_max), limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &raised) != 0) {
        return Error::from_errno("cannot raise the limit of open files");
    }
    return raised.rlim_cur;
}

Result<Identity> find_user(const std::string& name)
{
    auto user = look_up_user(name);
    if (!user) {
        return user.error();
    }
    if (!*user) {
        return not_found("there is no user " + name);
    }
    return std::move(**user);
}

Result<Identity> find_kea_user(const std::string& configured)
{
    if (!configured.empty()) {
        return find_user(configured);
    }
    for (const char* name : {"_kea", "kea"}) {
        auto user = look_up_user(name);
        if (!user) {
            return user.error();
        }
        if (*user) {
            return std::move(**user);
        }
    }
    return not_found("there is neither a user _kea nor a user kea for Kea to run as")
        .hint("Kea's package makes one; or name one with kea.user");
}

Result<gid_t> find_group(const std::string& name)
{
    group entry{};
    std::vector<char> buffer;
    const auto lookup = [&name](group* result, char* text, std::size_t size, group** found) {
        return ::getgrnam_r(name.c_str(), result, text, size, found);
    };
    const auto found = look_up(entry, buffer, "group " + name, lookup);
    if (!found) {
        return found.error();
    }
    if (!*found) {
        return not_found("there is no group " + name);
    }
    return entry.gr_gid;
}

} // namespace keavrf::process
