#include "kea/version.hpp"

#include "kea/environment.hpp"
#include "process/run.hpp"

#include <array>
#include <cerrno>
#include <charconv>

namespace keavrf::kea {

namespace {

constexpr std::chrono::seconds version_limit{10};

process::SpawnOptions version_options(const std::string& path, const std::optional<process::Identity>& identity)
{
    process::SpawnOptions options;
    options.path = path;
    options.arguments = {"-v"};
    options.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "KEA_LOCKFILE_DIR=none"};
    options.identity = identity;
    options.apparmor_profile = apparmor_profile;
    return options;
}

} // namespace

std::optional<Version> Version::parse(std::string_view text)
{
    std::array<unsigned, 3> numbers{};
    const char* at = text.data();
    const char* const end = text.data() + text.size();
    for (std::size_t index = 0; index < numbers.size(); ++index) {
        if (index > 0 && (at == end || *at++ != '.')) {
            return std::nullopt;
        }
        const auto [next, error] = std::from_chars(at, end, numbers.at(index));
        if (error != std::errc{}) {
            return std::nullopt;
        }
        at = next;
    }
    // "2.2.0.1" and "2.2.0rc1" are nothing that Kea was ever called; "-git" and " (stable)" are.
    if (at != end && std::string_view(" \n\t-").find(*at) == std::string_view::npos) {
        return std::nullopt;
    }
    return Version{numbers[0], numbers[1], numbers[2]};
}

std::string Version::str() const
{
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

Result<Version> check_version(Version version)
{
    if (version < minimum_version) {
        return Error(boost::system::errc::make_error_code(boost::system::errc::not_supported),
                     "Kea " + version.str() + " is too old (" + minimum_version.str() + " or later is needed)");
    }
    return version;
}

asio::awaitable<Result<Version>> async_detect_version(std::string path, std::optional<process::Identity> identity)
{
    auto options = version_options(path, identity);
    const auto run = co_await process::async_run(std::move(options), version_limit);
    if (!run) {
        co_return run.error().is(ENOENT)
            ? run.error().hint("is Kea installed? Debian: apt install kea-dhcp4-server; or name it with kea.dhcp4")
            : run.error();
    }
    if (!run->status.success()) {
        co_return Error(path + " -v " + run->status.describe());
    }
    const auto version = Version::parse(run->output);
    if (!version) {
        co_return Error(path + " -v does not print a Kea version").hint("is it kea-dhcp4?");
    }
    auto checked = check_version(*version);
    if (!checked) {
        co_return checked.error().in(path).hint("install a newer Kea, or name another with kea.dhcp4");
    }
    co_return checked;
}

} // namespace keavrf::kea
