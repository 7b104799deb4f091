#include "kea/environment.hpp"
#include "kea/version.hpp"
#include "process/run.hpp"

#include <cerrno>

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

Error with_advice(const Error& error)
{
    if (error.is(ENOENT)) {
        return error.hint("is Kea installed? Debian: apt install kea-dhcp4-server; or name it with kea.dhcp4");
    }
    if (error.is(EACCES)) {
        return error.hint(
            "kea.user must be able to execute it: look at its mode, and at those of the folders above it");
    }
    if (error.is(ETIMEDOUT)) {
        return error.hint("is it kea-dhcp4, or a script that waits for something? Try it by hand; is the disk slow?");
    }
    return error;
}

} // namespace

asio::awaitable<Result<Version>> async_detect_version(std::string path, std::optional<process::Identity> identity)
{
    auto options = version_options(path, identity);
    const auto run = co_await process::async_run(std::move(options), version_limit);
    if (!run) {
        co_return with_advice(run.error());
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
