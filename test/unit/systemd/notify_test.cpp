#include "core/unique_fd.hpp"
#include "systemd/notify.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>

namespace {

using keavrf::UniqueFd;
using keavrf::systemd::matches_journal_stream;
using keavrf::systemd::Notifier;
using namespace std::chrono_literals;

// The service manager's end: a datagram socket with a name.
class Manager {
public:
    explicit Manager(const std::string& name) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0))
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name.copy(static_cast<char*>(address.sun_path), sizeof(address.sun_path) - 1);
        const bool abstract = name.front() == '@';
        if (abstract) {
            address.sun_path[0] = '\0';
        }
        const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (abstract ? 0 : 1));
        BOOST_REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
    }

    // The datagram that has arrived; a unix datagram has by the time send returns. Empty: none.
    [[nodiscard]] std::string receive() const
    {
        std::array<char, 4096> buffer{};
        const auto count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
        return count < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(count));
    }

private:
    UniqueFd socket_;
};

struct Fixture {
    Fixture()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "keavrfd-notify-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        folder = pattern;
    }
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;
    ~Fixture()
    {
        std::filesystem::remove_all(folder);
        for (const auto* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) {
            ::unsetenv(name);
        }
    }
    std::string folder;
};

long long monotonic_microseconds()
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000LL + now.tv_nsec / 1000;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(systemd_notify, Fixture)

BOOST_AUTO_TEST_CASE(each_event_is_one_datagram)
{
    const auto name = folder + "/notify";
    const Manager manager(name);
    const Notifier notifier(name);
    BOOST_TEST(notifier.active());
    notifier.ready("serving 3 VRFs");
    BOOST_TEST(manager.receive() == "READY=1\nSTATUS=serving 3 VRFs");
    notifier.ready();
    BOOST_TEST(manager.receive() == "READY=1");
    notifier.status("two\nlines");
    BOOST_TEST(manager.receive() == "STATUS=two lines");
    notifier.stopping("stopping 3 servers");
    BOOST_TEST(manager.receive() == "STOPPING=1\nSTATUS=stopping 3 servers");
    notifier.watchdog();
    BOOST_TEST(manager.receive() == "WATCHDOG=1");
    notifier.extend(30s);
    BOOST_TEST(manager.receive() == "EXTEND_TIMEOUT_USEC=30000000");
    BOOST_TEST(manager.receive().empty());
}

BOOST_AUTO_TEST_CASE(a_reload_bears_the_monotonic_time)
{
    const auto name = folder + "/notify";
    const Manager manager(name);
    const auto before = monotonic_microseconds();
    Notifier(name).reloading();
    const auto after = monotonic_microseconds();
    const auto message = manager.receive();
    const std::string prefix = "RELOADING=1\nMONOTONIC_USEC=";
    BOOST_REQUIRE(message.starts_with(prefix));
    const auto time = std::stoll(message.substr(prefix.size()));
    BOOST_TEST(time >= before);
    BOOST_TEST(time <= after);
}

BOOST_AUTO_TEST_CASE(a_name_that_begins_with_an_at_sign_is_abstract)
{
    const auto name = "@keavrfd-test-" + std::to_string(::getpid());
    const Manager manager(name);
    BOOST_TEST(Notifier(name).send("READY=1"));
    BOOST_TEST(manager.receive() == "READY=1");
}

BOOST_AUTO_TEST_CASE(without_a_socket_nothing_is_sent)
{
    BOOST_TEST(!Notifier().active());
    BOOST_TEST(!Notifier().send("READY=1"));
    BOOST_TEST(!Notifier(folder + "/nobody").send("READY=1"));
    BOOST_TEST(!Notifier("/" + std::string(200, 'x')).send("READY=1"));
}

BOOST_AUTO_TEST_CASE(a_manager_that_does_not_read_blocks_nobody)
{
    const auto name = folder + "/notify";
    const Manager manager(name);
    const Notifier notifier(name);
    int sent = 0;
    while (sent < 1'000'000 && notifier.send("WATCHDOG=1")) {
        ++sent;
    }
    BOOST_TEST(sent < 1'000'000);
}

BOOST_AUTO_TEST_CASE(the_environment_says_where_and_how_often)
{
    ::setenv("NOTIFY_SOCKET", "/run/somewhere", 1);
    ::setenv("WATCHDOG_USEC", "30000000", 1);
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    auto notifier = Notifier::from_environment();
    BOOST_TEST(notifier.active());
    BOOST_TEST((notifier.watchdog_interval() == std::chrono::microseconds(30s)));
    // Somebody else's.
    ::setenv("WATCHDOG_PID", "1", 1);
    BOOST_TEST(!Notifier::from_environment().watchdog_interval().has_value());
    ::unsetenv("WATCHDOG_PID");
    BOOST_TEST(Notifier::from_environment().watchdog_interval().has_value());
    for (const auto* nonsense : {"", "0", "x", "-1", "1x"}) {
        ::setenv("WATCHDOG_USEC", nonsense, 1);
        BOOST_TEST(!Notifier::from_environment().watchdog_interval().has_value());
    }
    ::unsetenv("NOTIFY_SOCKET");
    BOOST_TEST(!Notifier::from_environment().active());
}

BOOST_AUTO_TEST_CASE(the_journal_stream_names_device_and_inode)
{
    BOOST_TEST(matches_journal_stream("8:1234", 8, 1234));
    BOOST_TEST(!matches_journal_stream("8:1234", 8, 1235));
    BOOST_TEST(!matches_journal_stream("9:1234", 8, 1234));
    for (const auto* nonsense : {"", ":", "8", "8:", ":1234", "8:1234x", "a:b"}) {
        BOOST_TEST(!matches_journal_stream(nonsense, 8, 1234));
    }
}

BOOST_AUTO_TEST_SUITE_END()
