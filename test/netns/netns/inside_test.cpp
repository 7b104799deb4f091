// What is done inside a namespace: functions, settings, sockets.
#include "command.hpp"
#include "netns/namespace.hpp"
#include "netns/scoped_enter.hpp"
#include "netns/socket.hpp"
#include "netns/sysctl.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <stdexcept>

namespace {

using namespace keavrf::netns;
using keavrf::Error;
using keavrf::Ipv4Address;
using keavrf::Ipv6Address;
using keavrf::Result;
using keavrf::UniqueFd;
using keavrf::test::output_of;

std::uint64_t here()
{
    return current().value().inode.value();
}

struct Fixture {
    Fixture() : inside(create("inside").value()) {}
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;
    ~Fixture()
    {
        BOOST_TEST(here() == before);
        BOOST_TEST(remove(inside.name, inside.inode).has_value());
    }

    std::uint64_t before = here();
    Namespace inside;
};

} // namespace

BOOST_AUTO_TEST_SUITE(netns_inside)

BOOST_FIXTURE_TEST_CASE(a_function_runs_there_and_its_result_comes_back, Fixture)
{
    const int fd = inside.fd.get();
    BOOST_TEST(run_in(fd, here).value() == inside.inode.value());
    BOOST_TEST(here() == before);
    bool ran = false;
    BOOST_TEST(run_in(fd, [&ran] { ran = true; }).has_value());
    BOOST_TEST(ran);
    const Result<int> failed = run_in(fd, []() -> Result<int> { return Error::from_errno("it", ENOENT); });
    BOOST_TEST(failed.error().is(ENOENT));
    const Result<int> worked = run_in(fd, []() -> Result<int> { return 5; });
    BOOST_TEST(worked.value() == 5);
    BOOST_TEST(here() == before);
}

BOOST_FIXTURE_TEST_CASE(visits_may_be_nested, Fixture)
{
    const auto home = current().value();
    const auto seen = run_in(inside.fd.get(), [&] {
        const auto outer = here();
        const auto inner = run_in(home.fd.get(), here).value();
        return std::pair(inner, outer == here());
    });
    BOOST_TEST(seen.value().first == before);
    BOOST_TEST(seen.value().second);
}

BOOST_FIXTURE_TEST_CASE(an_exception_passes_through_at_home_again, Fixture)
{
    BOOST_CHECK_THROW(run_in(inside.fd.get(), [] { throw std::runtime_error("x"); }), std::runtime_error);
    BOOST_TEST(here() == before);
}

BOOST_FIXTURE_TEST_CASE(what_is_no_namespace_is_not_entered, Fixture)
{
    const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    BOOST_TEST(run_in(null.get(), here).error().is(EINVAL));
    BOOST_TEST(run_in(-1, here).error().is(EBADF));
}

BOOST_FIXTURE_TEST_CASE(settings_hold_inside_and_nowhere_else, Fixture)
{
    const auto home = current().value();
    const int home_fd = home.fd.get();
    for (const auto* setting : {"ipv4/conf/all/rp_filter", "ipv4/conf/default/rp_filter", "ipv4/conf/lo/rp_filter"}) {
        const std::vector<Sysctl> strict{{setting, "1", false}};
        BOOST_TEST(apply_sysctls(home_fd, strict).has_value());
        BOOST_TEST(apply_sysctls(inside.fd.get(), strict).has_value());
    }
    const std::vector<Sysctl> forwarding{{"ipv4/ip_forward", "1", false},
                                         {"ipv4/conf/all/accept_redirects", "1", false}};
    BOOST_TEST(apply_sysctls(inside.fd.get(), forwarding).has_value());

    const auto wanted = isolated_namespace_sysctls(67);
    const auto applied = apply_sysctls(inside.fd.get(), wanted);
    BOOST_TEST(applied.has_value(), (applied ? "" : applied.error().message()));
    for (const auto& setting : wanted) {
        const auto value = read_sysctl(inside.fd.get(), setting.path);
        BOOST_TEST((value ? *value : value.error().message()) == setting.value, setting.path);
    }
    BOOST_TEST(read_sysctl(home_fd, "ipv4/conf/all/rp_filter").value() == "1");
    BOOST_TEST(read_sysctl(home_fd, "ipv4/ip_unprivileged_port_start").value() == "1024");
    // A link that comes later starts with them.
    output_of("ip -n inside link add probe type bridge");
    BOOST_TEST(read_sysctl(inside.fd.get(), "ipv4/conf/probe/rp_filter").value() == "0");
    BOOST_TEST(read_sysctl(inside.fd.get(), "ipv6/conf/probe/accept_ra").value() == "0");
}

BOOST_FIXTURE_TEST_CASE(a_setting_that_does_not_exist_is_an_error_unless_it_is_optional, Fixture)
{
    std::vector<Sysctl> settings{{"ipv4/conf/nosuch/rp_filter", "0", true}};
    BOOST_TEST(apply_sysctls(inside.fd.get(), settings).has_value());
    settings.front().optional = false;
    const auto failed = apply_sysctls(inside.fd.get(), settings);
    BOOST_TEST(failed.error().is(ENOENT));
    BOOST_TEST(failed.error().message().find("ipv4/conf/nosuch/rp_filter") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_socket_is_bound_to_its_device_inside, Fixture)
{
    output_of("ip -n inside link add red0 type bridge && ip -n inside link add blue0 type bridge");
    const UdpBinding on_red{"red0", Ipv4Address(), 67, false};
    const UdpBinding on_blue{"blue0", Ipv4Address(), 67, false};
    const auto first = open_udp_socket_in(inside.fd.get(), on_red).value();
    // The same port once more, without SO_REUSEADDR: only because of its device.
    const auto second = open_udp_socket_in(inside.fd.get(), on_blue).value();
    char device[IFNAMSIZ] = {};
    socklen_t size = sizeof device;
    BOOST_TEST(::getsockopt(second.get(), SOL_SOCKET, SO_BINDTODEVICE, device, &size) == 0);
    BOOST_TEST(std::string(device) == "blue0");
    BOOST_TEST((::fcntl(first.get(), F_GETFD) & FD_CLOEXEC) != 0);
    BOOST_TEST((::fcntl(first.get(), F_GETFL) & O_NONBLOCK) != 0);

    const auto again = open_udp_socket_in(inside.fd.get(), on_red);
    BOOST_TEST(again.error().is(EADDRINUSE));
    BOOST_TEST(again.error().message().find("UDP 0.0.0.0 port 67 on red0") != std::string::npos);
    const UdpBinding nowhere{"nosuch", Ipv4Address(), 67, false};
    BOOST_TEST(open_udp_socket_in(inside.fd.get(), nowhere).error().is(ENODEV));
    // In the own namespace there is no such device.
    BOOST_TEST(open_udp_socket(on_red).error().is(ENODEV));
    const UdpBinding v6{"red0", Ipv6Address(), 67, false};
    BOOST_TEST(open_udp_socket_in(inside.fd.get(), v6).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
