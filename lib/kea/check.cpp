#include "kea/check.hpp"

#include "core/unique_fd.hpp"
#include "kea/environment.hpp"
#include "kea/failure_reason.hpp"
#include "kea/server.hpp"
#include "process/run.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace keavrf::kea {

namespace {

constexpr std::string_view input_name = "/dev/stdin";

// The text as a file without a name, at its beginning.
Result<UniqueFd> file_in_memory(std::string_view text)
{
    UniqueFd file(::memfd_create("kea-configuration", MFD_CLOEXEC));
    if (!file) {
        return Error::from_errno("cannot make a file in memory");
    }
    while (!text.empty()) {
        const auto count = ::write(file.get(), text.data(), text.size());
        if (count < 0 && errno != EINTR) {
            return Error::from_errno("cannot write a file in memory");
        }
        text.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
    }
    ::lseek(file.get(), 0, SEEK_SET);
    return file;
}

process::SpawnOptions check_options(const CheckSpec& spec, int input)
{
    process::SpawnOptions options;
    options.path = spec.binary;
    // Opened anew by Kea, as a file of its own: a memfd can be, by every user; a pipe of root's could not.
    options.arguments = {"-t", std::string(input_name)};
    options.environment = kea_environment(spec.paths);
    // The lock is for a log file that others write too; a check writes none.
    options.environment.emplace_back("KEA_LOCKFILE_DIR=none");
    std::erase_if(options.environment, [](const std::string& entry) {
        return entry.starts_with("KEA_LOCKFILE_DIR=") && entry != "KEA_LOCKFILE_DIR=none";
    });
    options.network_namespace = spec.network_namespace;
    options.identity = spec.identity;
    options.standard_input = input;
    options.apparmor_profile = apparmor_profile;
    return options;
}

std::string without_input_name(std::string text)
{
    for (auto at = text.find(input_name); at != std::string::npos; at = text.find(input_name, at)) {
        text.replace(at, input_name.size(), "configuration");
    }
    return text;
}

// Its own word on the configuration, which another attempt would not change: not the loader's or the kernel's, which
// speak of what the system has to spare.
bool is_refusal(const process::ExitStatus& status, const std::string& reason)
{
    return status.exited && status.code == EXIT_FAILURE && reason.find("bad_alloc") == std::string::npos;
}

} // namespace

asio::awaitable<Result<void>> async_check(CheckSpec spec)
{
    const auto input = file_in_memory(spec.text);
    if (!input) {
        co_return input.error();
    }
    auto options = check_options(spec, input->get());
    const auto run = co_await process::async_run(std::move(options), spec.limit);
    if (!run && run.error().is(ETIMEDOUT)) {
        co_return run.error().hint("Kea could not check the configuration; is the disk slow, or the machine busy?");
    }
    if (!run) {
        co_return run.error();
    }
    if (run->status.success()) {
        co_return Result<void>();
    }
    const auto reason = without_input_name(failure_reason(run->output));
    if (!is_refusal(run->status, reason)) {
        co_return Error("Kea could not check the configuration: it " + run->status.describe() +
                        (reason.empty() ? "" : ": " + reason));
    }
    co_return Error(make_error_code(StartFailure::rejected),
                    "Kea refuses the configuration: " + (reason.empty() ? run->status.describe() : reason));
}

} // namespace keavrf::kea
