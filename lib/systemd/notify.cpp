#include "systemd/notify.hpp"

#include "core/unique_fd.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace keavrf::systemd {

namespace {

std::string_view environment(const char* name)
{
    // Read at start, before anything could change it. NOLINTNEXTLINE(concurrency-mt-unsafe)
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view{} : std::string_view(value);
}

std::optional<std::uint64_t> number(std::string_view text)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size() && !text.empty();
    return whole ? std::optional(value) : std::nullopt;
}

// $WATCHDOG_PID, where it is set, must be ours: the variable may have been inherited.
std::optional<std::chrono::microseconds> watchdog_from_environment()
{
    const auto interval = number(environment("WATCHDOG_USEC"));
    const auto pid = environment("WATCHDOG_PID");
    if (!interval || *interval == 0 || *interval > std::uint64_t{INT64_MAX} ||
        (!pid.empty() && number(pid) != static_cast<std::uint64_t>(::getpid()))) {
        return std::nullopt;
    }
    return std::chrono::microseconds(static_cast<std::int64_t>(*interval));
}

// Assignments are lines, so a value is one line.
std::string status_line(std::string_view text)
{
    std::string line = "STATUS=" + std::string(text);
    std::replace(line.begin(), line.end(), '\n', ' ');
    return line;
}

// The address and how many bytes of it count; 0 for a name that does not fit.
socklen_t make_address(const std::string& name, sockaddr_un& address)
{
    address.sun_family = AF_UNIX;
    if (name.empty() || name.size() >= sizeof(address.sun_path)) {
        return 0;
    }
    std::copy(name.begin(), name.end(), std::begin(address.sun_path));
    const bool abstract = name.front() == '@';
    if (abstract) {
        address.sun_path[0] = '\0';
    }
    return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (abstract ? 0 : 1));
}

std::string with_status(std::string message, std::string_view status)
{
    if (!status.empty()) {
        message += "\n" + status_line(status);
    }
    return message;
}

} // namespace

Notifier Notifier::from_environment()
{
    return Notifier(std::string(environment("NOTIFY_SOCKET")), watchdog_from_environment());
}

void Notifier::ready(std::string_view status) const
{
    send(with_status("READY=1", status));
}

void Notifier::status(std::string_view text) const
{
    send(status_line(text));
}

void Notifier::reloading() const
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
    send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds.count()));
}

void Notifier::extend(std::chrono::microseconds time) const
{
    send("EXTEND_TIMEOUT_USEC=" + std::to_string(time.count()));
}

void Notifier::stopping(std::string_view status) const
{
    send(with_status("STOPPING=1", status));
}

void Notifier::watchdog() const
{
    send("WATCHDOG=1");
}

bool Notifier::send(std::string_view message) const
{
    sockaddr_un address{};
    const auto length = make_address(socket_, address);
    if (length == 0) {
        return false;
    }
    const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return socket &&
           ::sendto(socket.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                    reinterpret_cast<const sockaddr*>(&address), length) == static_cast<ssize_t>(message.size());
}

bool stderr_is_journal()
{
    struct stat status {};
    return ::fstat(STDERR_FILENO, &status) == 0 &&
           matches_journal_stream(environment("JOURNAL_STREAM"), status.st_dev, status.st_ino);
}

bool matches_journal_stream(std::string_view variable, unsigned long long device, unsigned long long inode)
{
    const auto colon = variable.find(':');
    if (colon == std::string_view::npos) {
        return false;
    }
    return number(variable.substr(0, colon)) == device && number(variable.substr(colon + 1)) == inode;
}

} // namespace keavrf::systemd
