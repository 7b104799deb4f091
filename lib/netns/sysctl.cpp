#include "netns/sysctl.hpp"

#include "core/unique_fd.hpp"
#include "netns/scoped_enter.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string_view>
#include <utility>

namespace keavrf::netns {

namespace {

std::string path_of(const std::string& setting)
{
    return "/proc/sys/net/" + setting;
}

std::string interface_setting(std::string_view family, std::string_view scope, std::string_view name)
{
    std::string path(family);
    path.append("/conf/").append(scope).append("/").append(name);
    return path;
}

Result<std::string> read_here(const std::string& setting)
{
    const UniqueFd file(::open(path_of(setting).c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) {
        return Error::from_errno("cannot open " + path_of(setting));
    }
    std::array<char, 256> text{};
    const auto size = ::read(file.get(), text.data(), text.size());
    if (size < 0) {
        return Error::from_errno("cannot read " + path_of(setting));
    }
    std::string value(text.data(), static_cast<std::size_t>(size));
    while (value.ends_with('\n')) {
        value.pop_back();
    }
    return success(std::move(value));
}

Result<void> write_here(const std::string& setting, std::string_view value)
{
    const UniqueFd file(::open(path_of(setting).c_str(), O_WRONLY | O_CLOEXEC));
    if (!file || ::write(file.get(), value.data(), value.size()) != static_cast<ssize_t>(value.size())) {
        const auto what = "cannot write " + std::string(value) + " to " + path_of(setting);
        const auto error = Error::from_errno(what);
        return error.is(EROFS)
                   ? Error(error.code(), what).hint("/proc/sys is read-only: a container must be privileged")
                   : error;
    }
    return {};
}

// Also where it is not there and need not be.
Result<bool> in_place(const Sysctl& setting)
{
    const auto standing = read_here(setting.path);
    if (!standing) {
        const bool may_be_missing = standing.error().is(ENOENT) && setting.optional;
        return may_be_missing ? Result<bool>(true) : Result<bool>(standing.error());
    }
    return *standing == setting.value;
}

// /proc/sys/net shows the namespace of whoever opens it.
Result<void> apply_here(std::span<const Sysctl> settings)
{
    for (const auto& setting : settings) {
        const auto settled = in_place(setting);
        if (!settled) {
            return settled.error();
        }
        if (*settled) {
            continue;
        }
        if (auto written = write_here(setting.path, setting.value); !written) {
            return written;
        }
    }
    return {};
}

} // namespace

std::vector<Sysctl> isolated_namespace_sysctls(std::optional<std::uint16_t> unprivileged_port_start)
{
    std::vector<Sysctl> settings;
    // lo exists before `default` can be changed, so it is named too. Forwarding comes first: changing it resets
    // accept_redirects (ip-sysctl.rst, "ip_forward").
    for (const auto* scope : {"all", "default", "lo"}) {
        for (const auto* name : {"forwarding", "rp_filter", "arp_ignore", "arp_filter", "accept_redirects"}) {
            settings.push_back({interface_setting("ipv4", scope, name), "0", false});
        }
    }
    for (const auto* scope : {"all", "default", "lo"}) {
        for (const auto* name : {"forwarding", "accept_redirects", "accept_ra", "accept_dad", "dad_transmits"}) {
            settings.push_back({interface_setting("ipv6", scope, name), "0", true});
        }
    }
    if (unprivileged_port_start) {
        settings.push_back({"ipv4/ip_unprivileged_port_start", std::to_string(*unprivileged_port_start), false});
    }
    return settings;
}

Result<void> apply_sysctls(int namespace_fd, std::span<const Sysctl> settings)
{
    return run_in(namespace_fd, [settings] { return apply_here(settings); });
}

Result<bool> sysctls_in_place(int namespace_fd, std::span<const Sysctl> settings)
{
    return run_in(namespace_fd, [settings]() -> Result<bool> {
        for (const auto& setting : settings) {
            auto settled = in_place(setting);
            if (!settled || !*settled) {
                return settled;
            }
        }
        return true;
    });
}

Result<std::string> read_sysctl(int namespace_fd, const std::string& path)
{
    return run_in(namespace_fd, [&path] { return read_here(path); });
}

} // namespace keavrf::netns
