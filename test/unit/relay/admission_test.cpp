// What is read from the ports while the server keeps up, while it is flooded, and afterwards.
#include "lab.hpp"
#include "relay/admission.hpp"
#include "request_lab.hpp"
#include "served.hpp"

#include <boost/test/unit_test.hpp>

using keavrf::relay::Admission;
using namespace keavrf::test;
using namespace std::chrono_literals;
using Kind = Admission::Kind;

BOOST_AUTO_TEST_SUITE(relay4_admission)

// More than the server's socket holds, at once: it waits in the port's, and all of it is answered.
BOOST_FIXTURE_TEST_CASE(loses_nothing_of_a_burst, Served)
{
    service = 50us;
    for (unsigned number = 0; number < 600; ++number) {
        ask(1);
    }
    run(1s);
    BOOST_TEST(answered[1] == 600);
    BOOST_TEST(!admission.busy());
}

// 128 clients, each of which asks again as soon as it has its answer: nobody waits.
BOOST_FIXTURE_TEST_CASE(leaves_a_crowd_alone_that_waits_for_its_answers, Served)
{
    for (unsigned client = 0; client < 128; ++client) {
        ask(1);
    }
    for (unsigned turn = 0; turn < 20'000; ++turn) {
        const auto before = answered[1];
        step();
        BOOST_TEST(sockets[1].size() <= 64);
        for (auto more = answered[1] - before; more > 0; --more) {
            ask(1, turn % 2 == 0 ? Kind::first : Kind::later);
        }
    }
    BOOST_TEST(idle <= 1);
    BOOST_TEST(!admission.busy());
}

BOOST_FIXTURE_TEST_CASE(never_lets_a_flood_fill_the_servers_socket, Served)
{
    for (unsigned turn = 0; turn < 100'000; ++turn) {
        for (unsigned number = 0; number < 10; ++number) {
            ask(1, Kind::first, turn % 3 != 0);
        }
        step();
        BOOST_REQUIRE(unread() <= admission.in_flight());
    }
    BOOST_TEST(admission.busy());
    BOOST_TEST(lost == 0);
    BOOST_TEST(refused[1] > 900'000);
    BOOST_TEST(answered[1] > 2'000);
    BOOST_TEST(overflowed[1] < 60'000); // before it was busy
}

BOOST_FIXTURE_TEST_CASE(leaves_the_server_time_between_bursts, Served)
{
    for (unsigned turn = 0; turn < 100'000; ++turn) {
        ask(1);
        step();
    }
    BOOST_TEST(idle > 30'000);
    BOOST_TEST(idle < 60'000);
}

BOOST_FIXTURE_TEST_CASE(lets_a_slow_server_rest_for_a_moment_only, Served)
{
    service = 10ms;
    for (unsigned turn = 0; turn < 1'000'000; ++turn) {
        ask(1);
        step();
    }
    BOOST_TEST(idle < 50'000);
}

BOOST_FIXTURE_TEST_CASE(serves_other_ports_and_later_messages_through_a_flood, Served)
{
    unsigned wanted = 0;
    for (unsigned turn = 0; turn < 100'000; ++turn) {
        ask(1);
        if (turn > 10'000 && turn % 1'000 == 0) {
            ask(1, Kind::later);
            ask(2);
            ++wanted;
        }
        step();
    }
    run(100ms);
    BOOST_TEST(refused[2] == 0);
    BOOST_TEST(answered[2] == wanted);
    BOOST_TEST(admission.in_flight() == 0);
}

// A crowd that fits again is not kept waiting any more.
BOOST_FIXTURE_TEST_CASE(is_calm_again_after_a_flood, Served)
{
    for (unsigned turn = 0; turn < 20'000; ++turn) {
        ask(1);
        step();
    }
    BOOST_TEST(admission.busy());
    for (unsigned turn = 0; turn < 30'000; ++turn) {
        if (turn % 20 == 0) { // half of what the server can do
            ask(1);
        }
        step();
    }
    BOOST_TEST(!admission.busy());
    const auto before = refused[1];
    for (unsigned number = 0; number < 128; ++number) {
        ask(1);
    }
    run(100ms);
    BOOST_TEST(refused[1] == before);
}

// A crowd that comes back after a flood and a silence is not the flood.
BOOST_FIXTURE_TEST_CASE(forgets_a_flood_while_nobody_asks, Served)
{
    for (unsigned turn = 0; turn < 20'000; ++turn) {
        ask(1);
        step();
    }
    BOOST_TEST(admission.busy());
    run(10ms); // what still waits is decided upon
    BOOST_TEST(sockets[1].empty());
    BOOST_TEST(admission.busy());
    now += 20s; // nothing happens, not even a look at it
    const auto refused_before = refused;
    const auto answered_before = answered[2];
    for (unsigned number = 0; number < 600; ++number) {
        ask(2);
    }
    run(1s);
    BOOST_TEST(answered[2] - answered_before == 600);
    BOOST_TEST((refused == refused_before));
}

BOOST_FIXTURE_TEST_CASE(drops_as_server_busy_what_kea_cannot_keep_up_with, Lab)
{
    keeps_up = false;
    const auto asking = [](std::uint32_t xid) {
        return message(discover, [xid](Dhcp4& made) { made.xid = xid; }).bytes();
    };
    auto& admission = domain.admission();
    for (std::uint32_t number = 0; number < Admission::window; ++number) {
        BOOST_TEST(request(2, asking(number)).decision == "forward");
    }
    auto& share = domain.port(keavrf::InterfaceIndex(2))->share;
    BOOST_TEST(admission.may_read(now) == 0);
    admission.waits(share, true, now);
    now += Admission::burst_time;
    admission.waits(share, true, now);
    BOOST_TEST(admission.may_read(now) > Admission::window); // all is read now, and decided upon
    BOOST_TEST(request(2, asking(2000)).decision == "server-busy");
    // Another interface and a client that is further along have room still.
    BOOST_TEST(request(3, asking(3000)).decision == "forward");
    BOOST_TEST(request(2, message(keavrf::test::request).bytes()).decision == "forward");
    domain.set_serving(false);
    domain.set_serving(true);
    BOOST_TEST(request(2, asking(4000)).decision == "forward");
}

BOOST_AUTO_TEST_SUITE_END()
