#include "core/log_output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace keavrf::log {

namespace {

// Invalid where the descriptor cannot be opened again (no /proc, not ours, a FIFO without a reader).
UniqueFd open_again(int descriptor)
{
    const auto path = "/proc/self/fd/" + std::to_string(descriptor);
    // O_NOCTTY: a daemon without a controlling terminal must not gain one by logging.
    return UniqueFd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

} // namespace

LineOutput::LineOutput(int descriptor, bool open_own) : descriptor_(descriptor)
{
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) {
        return;
    }
    if (S_ISREG(status.st_mode)) {
        kind_ = Kind::file;
    } else if (S_ISSOCK(status.st_mode)) {
        kind_ = Kind::socket;
    } else if (open_own && (S_ISFIFO(status.st_mode) || ::isatty(descriptor) == 1)) {
        own_ = open_again(descriptor);
    }
}

std::size_t LineOutput::write_some(std::string_view bytes) const
{
    ssize_t written = -1;
    if (kind_ == Kind::socket) {
        written = ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    } else if (kind_ == Kind::file) {
        written = ::write(descriptor_, bytes.data(), bytes.size());
    } else {
        pollfd ready{.fd = target(), .events = POLLOUT, .revents = 0};
        if (::poll(&ready, 1, 0) == 1 && ready.revents == POLLOUT) {
            written = ::write(target(), bytes.data(), bytes.size());
        }
    }
    return written > 0 ? static_cast<std::size_t>(written) : 0;
}

bool LineOutput::flush_rest()
{
    if (!rest_.empty()) {
        rest_.erase(0, write_some(rest_));
    }
    return rest_.empty();
}

bool LineOutput::write(std::string_view line)
{
    if (!flush_rest()) {
        return false;
    }
    const auto written = write_some(line);
    if (written == 0) {
        return false;
    }
    rest_ = line.substr(written);
    return true;
}

} // namespace keavrf::log
