// What keavrfd itself lacks says nothing about Kea: one that cannot be asked whether it is well is left alone.
#include "injected.hpp"
#include "pair.hpp"
#include "support/sanitizer.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/resource.h>

#include <string>

using namespace keavrf::test;

namespace {

constexpr auto long_enough = 8s; // for three misses, and what comes of them

const std::string often = "kea: {timeouts: {probe: 1s}}\n" + red_and_blue;

// red's Kea is asked on its control channel, every second, since it answers no DHCPINFORM.
const std::string red_by_channel = "kea: {timeouts: {probe: 1s}}\nvrfs:\n  red:\n    device: none\n"
                                   "    interfaces: [eth1]\n    dhcp4:\n"
                                   "      client-classes: [{name: DROP, test: \"pkt4.msgtype == 8\"}]\n"
                                   "  blue: {device: none, interfaces: [eth2]}\n";

// To fewer than it has; false: as far as it goes.
void limit_descriptors(pid_t pid, bool limited)
{
    rlimit limit{};
    BOOST_REQUIRE(::prlimit(pid, RLIMIT_NOFILE, nullptr, &limit) == 0);
    limit.rlim_cur = limited ? 10 : limit.rlim_max;
    BOOST_REQUIRE(::prlimit(pid, RLIMIT_NOFILE, &limit, nullptr) == 0);
}

struct Watched : Pair {
    Daemon daemon;
    pid_t kea_of_red;
    pid_t kea_of_blue;

    explicit Watched(const std::string& configuration)
        : daemon(Daemon::with(configuration)), kea_of_red(daemon.wait_until("red", "serving").kea.value()),
          kea_of_blue(daemon.wait_until("blue", "serving").kea.value())
    {
    }
    // Of no Kea's, whatever it looks like.
    void nobody_is_blamed()
    {
        for (const auto* event : {"kea.hung", "kea.distrusted", "instance.failed"}) {
            BOOST_TEST(daemon.log_lines({event}).empty(), daemon.log());
        }
    }
    void all_is_as_before()
    {
        daemon.wait_until("red", "serving");
        BOOST_TEST(daemon.kea("red") == kea_of_red, daemon.log());
        BOOST_TEST(daemon.kea("blue") == kea_of_blue, daemon.log());
        BOOST_TEST(serves(red), daemon.log());
        BOOST_TEST(serves(blue), daemon.log());
    }
};

struct ByProbe : Watched {
    ByProbe() : Watched(often) {}
};

// Its Kea has little time to get ready.
struct Hurried : Watched {
    Hurried() : Watched("kea: {timeouts: {probe: 1s, start: 2s}}\n" + red_and_blue) {}
};

struct ByChannel : Watched {
    ByChannel() : Watched(red_by_channel)
    {
        const bool asked_by_channel = daemon.logs({"red", "kea.no-probes"});
        BOOST_REQUIRE_MESSAGE(asked_by_channel, daemon.log());
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(own_shortage)

BOOST_FIXTURE_TEST_CASE(a_probe_that_cannot_be_sent_is_no_probe_that_was_not_answered, ByProbe, *unless_sanitized())
{
    {
        Injected no_room(daemon.pid(), "sendto:error=ENOBUFS");
        BOOST_TEST(no_room.happened(), daemon.log());
        BOOST_TEST(!daemon.logs({"kea.hung"}, long_enough), daemon.log());
    }
    nobody_is_blamed();
    all_is_as_before();
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(without_a_descriptor_to_ask_with_nothing_is_asked, ByChannel, *unless_sanitized())
{
    limit_descriptors(daemon.pid(), true);
    BOOST_TEST(!daemon.logs({"kea.hung"}, long_enough), daemon.log());
    limit_descriptors(daemon.pid(), false);
    nobody_is_blamed();
    all_is_as_before();
    daemon.stop();
}

// As where its user may watch no more of them: epoll(7).
BOOST_FIXTURE_TEST_CASE(nor_where_it_cannot_be_watched, ByChannel, *unless_sanitized())
{
    {
        Injected no_watch(daemon.pid(), "epoll_ctl:error=ENOSPC");
        BOOST_TEST(no_watch.happened(), daemon.log());
        BOOST_TEST(!daemon.logs({"kea.hung"}, long_enough), daemon.log());
    }
    nobody_is_blamed();
    all_is_as_before();
    daemon.stop();
}

// Its blame would be that of one Kea.
BOOST_FIXTURE_TEST_CASE(a_reload_that_cannot_be_told_fails_and_kea_goes_on, ByProbe, *unless_sanitized())
{
    daemon.write_configuration(often + "defaults: {dhcp4: {valid-lifetime: 777}}\n");
    {
        // Each of the two has been asked what it thinks of it by then.
        Injected no_socket(daemon.pid(), "socket:error=ENFILE:when=3+");
        BOOST_TEST(!daemon.reload(), daemon.log());
    }
    nobody_is_blamed();
    all_is_as_before();
    BOOST_TEST(daemon.reload(), daemon.log());
    daemon.stop();
}

// Nor are the sockets by which nothing came any more.
BOOST_FIXTURE_TEST_CASE(sockets_towards_kea_that_fail_are_opened_anew, ByProbe, *unless_sanitized())
{
    {
        Injected no_memory(daemon.pid(), "recvmmsg:error=ENOMEM");
        for (const auto* vrf : {"vrf=red ", "vrf=blue "}) {
            BOOST_TEST(daemon.logs({"relay.uplink-failed", vrf, "Cannot allocate memory"}), daemon.log());
        }
        const auto not_served = [](const auto& status) {
            return status.state == "backoff" && status.reason.find("towards Kea") != std::string::npos;
        };
        BOOST_TEST(daemon.becomes("red", not_served), daemon.log());
    }
    nobody_is_blamed();
    all_is_as_before();
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(one_that_starts_has_its_time_from_when_it_can_be_asked, Hurried, *unless_sanitized())
{
    {
        Injected no_room(daemon.pid(), "connect:error=ENOBUFS");
        ::kill(kea_of_red, SIGKILL);
        BOOST_TEST(no_room.happened(), daemon.log());
        BOOST_TEST(!daemon.logs({"red", "instance.backoff", "not ready within"}, 5s), daemon.log());
    }
    BOOST_TEST(daemon.wait_until("red", "serving").restarts == 1U, daemon.log());
    BOOST_TEST(serves(red), daemon.log());
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
