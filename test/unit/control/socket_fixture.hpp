// A folder of its own for each test, and a client that sends what it is told, byte by byte if need be.
#pragma once

#include "core/unique_fd.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <stdlib.h>
#include <string>
#include <string_view>

namespace keavrf::test {

struct TemporaryFolder {
    TemporaryFolder()
    {
        std::string name = "/tmp/keavrf-control-XXXXXX";
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path); }

    [[nodiscard]] std::string socket() const { return path / "control.sock"; }

    std::filesystem::path path;
};

inline sockaddr_un address_of(const std::string& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    BOOST_REQUIRE(path.size() < sizeof(address.sun_path));
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

// Non-blocking, so that client and server live in one thread.
class RawClient {
public:
    explicit RawClient(const std::string& path)
        : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0))
    {
        const auto address = address_of(path);
        BOOST_REQUIRE(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    }

    // How many bytes the socket took.
    std::size_t send(std::string_view bytes)
    {
        const auto count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        return count > 0 ? static_cast<std::size_t>(count) : 0;
    }
    void finish() { ::shutdown(socket_.get(), SHUT_WR); }
    void close() { socket_.reset(); }

    // Takes what has arrived.
    void poll()
    {
        std::array<char, 65536> buffer{};
        ssize_t count = 0;
        while ((count = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0) {
            received.append(buffer.data(), static_cast<std::size_t>(count));
        }
        closed = closed || count == 0 || errno == ECONNRESET;
    }

    std::string received;
    bool closed = false;

private:
    UniqueFd socket_;
};

} // namespace keavrf::test
