#include "control_socket.hpp"

#include "core/file.hpp"
#include "core/log.hpp"

#include <sys/stat.h>

#include <chrono>
#include <utility>

namespace keavrf {

namespace {

constexpr std::chrono::seconds control_interval{1};
constexpr std::chrono::seconds control_retry{5};

ino_t inode_of(const std::string& path)
{
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

} // namespace

Result<control::Listener> open_control_socket(const std::string& path, const std::string& group)
{
    const auto made = make_folders(path.substr(0, path.rfind('/')), 0711);
    return made ? control::open_listener(path, group) : Result<control::Listener>(made.error());
}

asio::awaitable<void> keep_socket_file(control::Server* server, std::string path, std::string group)
{
    auto inode = inode_of(path);
    bool told = false;
    while (true) {
        co_await async_sleep(control_interval);
        if (inode_of(path) == inode) {
            continue;
        }
        if (!std::exchange(told, true)) {
            log::warning("control.lost", "", "the control socket is gone; it is made anew", {{"socket", path}});
        }
        auto again = open_control_socket(path, group);
        const auto listening = again ? server->listen_on(std::move(*again)) : Result<void>(again.error());
        if (listening) {
            inode = inode_of(path);
            told = false;
        } else {
            log::warning("control.failed", "", listening.error().message());
            inode = 0;
            co_await async_sleep(control_retry);
        }
    }
}

} // namespace keavrf
