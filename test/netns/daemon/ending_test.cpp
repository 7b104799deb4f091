// SIGTERM at a bad moment: while somebody waits for what keavrfd does not do any more (DESIGN section 7).
#include "core/unique_fd.hpp"
#include "pair.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

using namespace keavrf::test;

namespace {

const std::string reluctant_kea = "/run/reluctant-kea";

// A Kea that hangs over a check once the file `hang` is there, and neither to start nor to say its version.
void write_reluctant_kea()
{
    std::ofstream(reluctant_kea) << "#!/bin/sh\ncase \"$*\" in *-t*) [ ! -e /run/hang ] || exec sleep 1234.5 ;; esac\n"
                                    "exec /usr/sbin/kea-dhcp4 \"$@\"\n";
    std::filesystem::permissions(reluctant_kea, std::filesystem::perms(0755));
}

const std::string red_alone = "vrfs:\n  red: {device: none, interfaces: [eth1]}\n";

// Of the control channel; it only asks, and hears what comes before the other side closes.
class Talker {
public:
    Talker(const std::string& path, const std::string& question)
        : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        const auto* where = reinterpret_cast<const sockaddr*>(&address);
        BOOST_REQUIRE(::connect(socket_.get(), where, sizeof address) == 0);
        BOOST_REQUIRE(::send(socket_.get(), question.data(), question.size(), MSG_NOSIGNAL) > 0);
    }
    [[nodiscard]] std::string answers() const
    {
        std::string all;
        std::array<char, 4096> buffer{};
        ssize_t count = 0;
        while ((count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0)) > 0) {
            all.append(buffer.data(), static_cast<std::size_t>(count));
        }
        return all;
    }

private:
    keavrf::UniqueFd socket_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(ending)

BOOST_FIXTURE_TEST_CASE(one_that_keeps_what_serves_may_end_before_anything_does, Pair)
{
    for (const auto* moment : {"instance.new", "port.opened", "daemon.starting"}) {
        BOOST_TEST_CONTEXT(moment)
        {
            auto keeping = Daemon::with("on-exit: keep\n" + red_and_blue);
            BOOST_REQUIRE_MESSAGE(keeping.logs({moment}), keeping.log());
            keeping.program().signal(SIGTERM);
            BOOST_TEST((keeping.program().wait_for_exit() == 0), keeping.log());
            auto next = Daemon::with(red_and_blue);
            next.wait_until("red", "serving");
            next.wait_until("blue", "serving");
            BOOST_TEST(serves(red), next.log());
            next.stop();
            check_nothing_left();
        }
    }
}

// Of a client that goes on talking, and whose command has a process to end when it is cancelled.
BOOST_FIXTURE_TEST_CASE(a_client_that_stays_connected_keeps_nobody_from_ending, Pair)
{
    write_reluctant_kea();
    const std::string kea = "kea: {dhcp4: " + reluctant_kea + "}\n";
    auto daemon = Daemon::with(kea + red_alone);
    daemon.wait_until("red", "serving");
    daemon.write_configuration(kea + red_and_blue);
    std::ofstream("/run/hang") << "x";
    const Talker client(daemon.control_socket, R"({"command":"config-reload","keep-open":true})");
    BOOST_REQUIRE_MESSAGE(eventually([] { return !processes_with("sleep 1234.5").empty(); }), daemon.log());
    daemon.program().signal(SIGTERM);
    BOOST_TEST((daemon.program().wait_for_exit() == 0), daemon.log());
    BOOST_TEST(client.answers().find("keavrfd stops: 'config-reload' is given up before its end") != std::string::npos);
    BOOST_TEST(daemon.log_lines({"control.handler"}).empty(), daemon.log());
}

BOOST_AUTO_TEST_SUITE_END()
