#include "control/client.hpp"

#include "core/text.hpp"

#include <boost/json/serialize.hpp>

#include <grp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <fstream>
#include <vector>

namespace keavrf::control {

namespace json = boost::json;

namespace {

using Clock = std::chrono::steady_clock;

// An answer with the leases of a large VRF.
constexpr std::size_t longest_answer = std::size_t{256} << 20U;

std::string group_of(const std::string& path)
{
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || (status.st_mode & S_IWGRP) == 0) {
        return {};
    }
    std::vector<char> buffer(std::size_t{64} << 10U);
    group entry{};
    group* found = nullptr;
    const int failed = ::getgrgid_r(status.st_gid, &entry, buffer.data(), buffer.size(), &found);
    return failed == 0 && found != nullptr ? std::string(entry.gr_name) : std::to_string(status.st_gid);
}

timeval as_timeval(std::chrono::milliseconds time)
{
    timeval value{};
    value.tv_sec = static_cast<time_t>(time.count() / 1000);
    value.tv_usec = static_cast<suseconds_t>(time.count() % 1000 * 1000);
    return value;
}

std::string seconds_of(std::chrono::milliseconds time)
{
    const auto tenths = (time.count() + 50) / 100;
    const auto whole = std::to_string(tenths / 10);
    return tenths % 10 == 0 ? whole + " s" : whole + "." + std::to_string(tenths % 10) + " s";
}

// The keavrfd that has the folder of this socket, though it does not listen: 0 where there is none, or where it cannot
// be told, as by others than root. Its lock file holds its process id.
pid_t holder_of_folder(const std::string& socket)
{
    std::ifstream lock(socket.substr(0, socket.rfind('/') + 1) + ".lock");
    pid_t pid = 0;
    lock >> pid;
    std::ifstream process("/proc/" + std::to_string(pid) + "/comm");
    std::string name;
    return std::getline(process, name) && name == "keavrfd" ? pid : 0;
}

} // namespace

Error connect_error(const std::string& path, int number, const std::string& socket_group)
{
    auto error = Error::from_errno("cannot reach keavrfd at " + path, number);
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return error.hint("is keavrfd running? another --socket?");
    case ECONNREFUSED:
        return error.hint("nobody listens there any more: is keavrfd running? another --socket?");
    case EACCES:
    case EPERM:
        return error.hint(socket_group.empty()
                              ? "only root may: try sudo"
                              : "root and members of group " + socket_group + " may: try sudo, or join that group");
    case EAGAIN:
        return Error(error.code(), "cannot reach keavrfd at " + path + ": it accepts no connection")
            .hint("it is busy, stopped or hung: look at its log");
    case ENAMETOOLONG:
        return error.hint("a path of a unix socket has 107 characters at most");
    case ENOTSOCK:
    case EPROTOTYPE:
        return error.hint("this is not keavrfd's control socket");
    default:
        return error;
    }
}

Result<Client> Client::connect(const std::string& path, std::chrono::milliseconds timeout)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) {
        return connect_error(path, ENAMETOOLONG, {});
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) {
        return Error::from_errno("cannot make a socket");
    }
    // The only way to bound a unix socket's connect(), which waits for room in the listener's queue.
    const auto limit = as_timeval(timeout);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        const int number = errno;
        const auto holder = number == ENOENT || number == ECONNREFUSED ? holder_of_folder(path) : 0;
        if (holder != 0) {
            return Error::from_errno("cannot reach keavrfd at " + path, number)
                .hint("keavrfd (pid " + std::to_string(holder) + ") starts or stops: its log says which");
        }
        return connect_error(path, number, group_of(path));
    }
    return Client(std::move(socket), path, timeout);
}

Client::Client(UniqueFd socket, std::string path, std::chrono::milliseconds timeout)
    : socket_(std::move(socket)), path_(std::move(path)), timeout_(timeout), framer_(longest_answer, longest_answer)
{
}

Result<json::object> Client::call(const json::object& command)
{
    const auto sent = send(command);
    if (!sent && !sent.error().is(EPIPE) && !sent.error().is(ECONNRESET)) {
        return sent.error();
    }
    // A daemon that closes while it is being sent to has said why.
    auto answer = receive();
    return !sent && !answer ? Result<json::object>(sent.error()) : std::move(answer);
}

Result<void> Client::send(const json::object& command)
{
    const auto text = replace_invalid_utf8(json::serialize(command));
    const auto deadline = Clock::now() + timeout_;
    std::string_view rest = text;
    while (!rest.empty()) {
        if (const auto ready = wait(POLLOUT, deadline); !ready) {
            return ready.error();
        }
        const auto count = ::send(socket_.get(), rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && errno != EAGAIN && errno != EINTR) {
            return lost("cannot send to", errno);
        }
        rest.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
    }
    return {};
}

Result<json::object> Client::receive()
{
    const auto deadline = Clock::now() + timeout_;
    std::array<char, 65536> buffer{};
    while (true) {
        received_.erase(0, framer_.feed(received_));
        if (framer_.state() == Framer::State::complete) {
            return framer_.take();
        }
        if (framer_.state() == Framer::State::failed) {
            return framer_.error().in("keavrfd at " + path_ + " gave an answer that cannot be read");
        }
        if (const auto ready = wait(POLLIN, deadline); !ready) {
            return ready.error();
        }
        const auto count = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count < 0 && errno != EAGAIN && errno != EINTR) {
            return lost("lost the connection to", errno);
        }
        if (count == 0) {
            return lost("no answer from", ECONNRESET).hint("it closed the connection: look at its log");
        }
        received_.append(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    }
}

Result<void> Client::wait(short events, Clock::time_point deadline) const
{
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        pollfd ready{.fd = socket_.get(), .events = events, .revents = 0};
        const int count = left > 0 ? ::poll(&ready, 1, static_cast<int>(left)) : 0;
        if (count > 0) {
            return {};
        }
        if (count == 0) {
            return Error(boost::system::errc::make_error_code(boost::system::errc::timed_out),
                         "keavrfd at " + path_ + " did not answer within " + seconds_of(timeout_))
                .hint("it may still carry the command out; --timeout waits longer");
        }
        if (errno != EINTR) {
            return lost("cannot wait for", errno);
        }
    }
}

Error Client::lost(std::string_view what, int number) const
{
    return Error::from_errno(std::string(what) + " keavrfd at " + path_, number);
}

} // namespace keavrf::control
