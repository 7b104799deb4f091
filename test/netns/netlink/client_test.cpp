// The client as such: errors, sharing, deadlines, cancellation.
#include "await.hpp"
#include "core/task_group.hpp"
#include "netlink/client.hpp"
#include "netlink/protocol.hpp"

#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <linux/filter.h>
#include <sys/socket.h>

namespace {

using namespace keavrf::netlink;
using namespace keavrf;
using keavrf::test::await;
using keavrf::test::run_until;

// Lets through, of what the kernel sends to the socket, so many bytes of each datagram: none, or all.
void filter(int socket, std::uint32_t bytes)
{
    sock_filter instruction{BPF_RET | BPF_K, 0, 0, bytes};
    const sock_fprog program{1, &instruction};
    BOOST_REQUIRE(::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0);
}

struct Fixture {
    Fixture() = default;
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;
    ~Fixture()
    {
        for (const auto& link : await(context, client.async_links()).value()) {
            if (!link.loopback()) {
                await(context, client.async_delete_link(link.index)).value();
            }
        }
    }

    asio::io_context context;
    Client client = Client::open(context.get_executor()).value();
};

asio::awaitable<void> make_bridge(Client client, std::string name, int* made)
{
    const auto created = co_await client.async_create_bridge(name);
    if (!created) {
        co_return;
    }
    const auto link = co_await client.async_link_by_name(name);
    *made += link && link->name == name && link->kind == "bridge" ? 1 : 0;
}

asio::awaitable<void> list_links(Client client, std::string* outcome)
{
    try {
        const auto links = co_await client.async_links();
        *outcome = links ? "listed" : links.error().message();
    } catch (const boost::system::system_error& error) {
        *outcome = error.code().message();
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(netlink_client)

BOOST_FIXTURE_TEST_CASE(an_error_says_what_failed_on_what_and_what_the_kernel_says, Fixture)
{
    const auto loopback = await(context, client.async_link_by_name("lo")).value().index;
    const auto gateway = *Ipv4Address::parse("9.9.9.9");
    await(context, client.async_set_link_up(loopback)).value();
    const auto unreachable = await(context, client.async_add_default_route_v4(gateway, loopback)).error();
    BOOST_TEST(unreachable.message() ==
               "add default route by 9.9.9.9 on link 1: Network is unreachable (kernel: Nexthop has invalid gateway)");
    BOOST_TEST(unreachable.is(ENETUNREACH));
    const auto no_device =
        await(context, client.async_add_address_v4(InterfaceIndex(9999), gateway, 24)).error().message();
    BOOST_TEST(no_device.starts_with("add address 9.9.9.9/24 to link 9999: No such device (kernel: "), no_device);
    BOOST_TEST(await(context, client.async_link_by_name("nosuch")).error().is(ENODEV));
    BOOST_TEST(await(context, client.async_delete_link(InterfaceIndex(9999))).error().is(ENODEV));
    BOOST_TEST(await(context, client.async_create_bridge("a/b")).error().is(EINVAL));
    BOOST_TEST(await(context, client.async_create_bridge("a-name-of-sixteen")).has_error());
    BOOST_TEST(await(context, client.async_create_bridge(std::string_view("a\0b", 3))).error().is(EINVAL));
}

BOOST_FIXTURE_TEST_CASE(a_name_that_is_taken_is_told_apart, Fixture)
{
    await(context, client.async_create_bridge("br0")).value();
    BOOST_TEST(await(context, client.async_create_bridge("br0")).error().is(EEXIST));
}

BOOST_FIXTURE_TEST_CASE(the_links_of_a_group_go_together_and_no_other, Fixture)
{
    for (const auto* name : {"br0", "br1", "br2"}) {
        await(context, client.async_create_bridge(name)).value();
    }
    for (const auto* name : {"br0", "br2"}) {
        const auto link = await(context, client.async_link_by_name(name)).value();
        await(context, client.async_set_link_group(link.index, 0xfffffff0U)).value();
    }
    BOOST_TEST(await(context, client.async_delete_links_of_group(0xfffffff1U)).error().is(ENODEV));
    await(context, client.async_delete_links_of_group(0xfffffff0U)).value();
    BOOST_TEST(await(context, client.async_link_by_name("br0")).error().is(ENODEV));
    BOOST_TEST(await(context, client.async_link_by_name("br1")).has_value());
    BOOST_TEST(await(context, client.async_link_by_name("br2")).error().is(ENODEV));
    BOOST_TEST(await(context, client.async_delete_links_of_group(0xfffffff0U)).error().is(ENODEV));
}

BOOST_FIXTURE_TEST_CASE(several_coroutines_share_one_client, Fixture)
{
    TaskGroup tasks(context.get_executor());
    int made = 0;
    for (int number = 0; number < 20; ++number) {
        tasks.spawn("make", make_bridge(client, "br" + std::to_string(number), &made));
    }
    run_until(context, [&tasks] { return tasks.size() == 0; });
    BOOST_TEST(made == 20);
    BOOST_TEST(await(context, client.async_links()).value().size() == 21U);
}

BOOST_FIXTURE_TEST_CASE(no_answer_ends_in_an_error_and_the_client_stays_usable, Fixture)
{
    auto socket = open_socket().value();
    const int fd = socket.get();
    const Client deaf(context.get_executor(), std::move(socket), ClientOptions{std::chrono::milliseconds(20), 5});
    filter(fd, 0);
    BOOST_TEST(await(context, deaf.async_links()).error().is(ETIMEDOUT));
    BOOST_TEST(await(context, deaf.async_create_bridge("br0")).error().is(ETIMEDOUT));
    filter(fd, 0xffffffff);
    // What was asked for has happened all the same.
    BOOST_TEST(await(context, deaf.async_link_by_name("br0")).value().kind == "bridge");
}

BOOST_FIXTURE_TEST_CASE(a_dump_that_was_given_up_does_not_stand_in_the_way_of_the_next, Fixture)
{
    // More than one datagram's worth: the kernel keeps the dump open until it has been read.
    for (int number = 0; number < 60; ++number) {
        await(context, client.async_create_bridge("br" + std::to_string(number))).value();
    }
    for (int steps = 1; steps < 12; ++steps) {
        TaskGroup tasks(context.get_executor());
        std::string outcome;
        tasks.spawn("list", list_links(client, &outcome));
        context.restart();
        for (int step = 0; step < steps; ++step) {
            context.poll_one();
        }
        tasks.stop();
        run_until(context, [&tasks] { return tasks.size() == 0; });
        BOOST_TEST(await(context, client.async_links()).value().size() == 61U, steps << ": " << outcome);
    }
}

BOOST_FIXTURE_TEST_CASE(whoever_waits_its_turn_can_be_cancelled, Fixture)
{
    auto socket = open_socket().value();
    filter(socket.get(), 0);
    const Client deaf(context.get_executor(), std::move(socket));
    TaskGroup tasks(context.get_executor());
    std::string first;
    std::string second;
    tasks.spawn("first", list_links(deaf, &first));
    tasks.spawn("second", list_links(deaf, &second));
    context.restart();
    context.poll();
    BOOST_TEST(first == "");
    BOOST_TEST(second == "");
    tasks.stop();
    run_until(context, [&tasks] { return tasks.size() == 0; });
    BOOST_TEST(first == "list links: Operation canceled");
    BOOST_TEST(second == "Operation canceled");
}

BOOST_AUTO_TEST_CASE(sockets_are_not_inherited_and_do_not_block)
{
    const auto socket = open_socket().value();
    BOOST_TEST((::fcntl(socket.get(), F_GETFD) & FD_CLOEXEC) != 0);
    BOOST_TEST((::fcntl(socket.get(), F_GETFL) & O_NONBLOCK) != 0);
    BOOST_TEST(open_socket_in(-1).error().is(EBADF));
}

BOOST_AUTO_TEST_SUITE_END()
