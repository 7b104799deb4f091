#include "lab.hpp"
#include "relay/admission.hpp"
#include "request_lab.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <map>
#include <random>

using keavrf::relay::Admission;
using namespace keavrf::test;
using namespace std::chrono_literals;
using Kind = Admission::Kind;

namespace {

// A server that reads one request at a time, and what is asked of it. Time goes in steps of 10 us.
struct Served {
    struct Request {
        std::uint64_t number;
        bool answered;
        unsigned port;
    };
    static constexpr std::size_t room = 170;

    bool ask(unsigned port, Kind kind = Kind::first, bool is_answered = true)
    {
        auto& share = shares[port];
        if (!admission.has_room(share, kind, now)) {
            ++refused[port];
            return false;
        }
        const auto number = admission.take(share, kind, now);
        if (buffer.size() < room) {
            buffer.push_back({number, is_answered, port});
        } else {
            ++lost;
        }
        ++admitted[port];
        return true;
    }
    void step()
    {
        now += 10us;
        if (buffer.empty()) {
            done = now + service;
            ++idle;
            return;
        }
        if (now < done) {
            return;
        }
        done = now + service;
        const auto request = buffer.front();
        buffer.pop_front();
        if (request.answered) {
            admission.answered(request.number, now);
            ++answered[request.port];
        }
    }
    void run(std::chrono::microseconds time)
    {
        for (const auto end = now + time; now < end;) {
            step();
        }
    }

    Admission admission;
    Admission::TimePoint now{1h};
    std::chrono::microseconds service{100};
    Admission::TimePoint done = now;
    std::map<unsigned, Admission::Share> shares;
    std::map<unsigned, unsigned> refused;
    std::map<unsigned, unsigned> admitted;
    std::map<unsigned, unsigned> answered;
    std::deque<Request> buffer;
    unsigned lost = 0;
    unsigned idle = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_admission)

BOOST_FIXTURE_TEST_CASE(lets_all_pass_that_the_servers_socket_has_room_for, Served)
{
    for (unsigned number = 0; number < Admission::window; ++number) {
        BOOST_TEST(ask(1));
    }
    BOOST_TEST(admission.in_flight() == Admission::window);
    BOOST_TEST(!admission.busy());
    BOOST_TEST(!ask(1));
    BOOST_TEST(admission.busy());
}

// 128 clients, each of which asks again as soon as it has its answer: nobody is refused.
BOOST_FIXTURE_TEST_CASE(leaves_a_crowd_alone_that_waits_for_its_answers, Served)
{
    for (unsigned client = 0; client < 128; ++client) {
        BOOST_TEST(ask(1));
    }
    for (unsigned turn = 0; turn < 20'000; ++turn) {
        const auto before = answered[1];
        step();
        for (auto more = answered[1] - before; more > 0; --more) {
            BOOST_TEST(ask(1, turn % 2 == 0 ? Kind::first : Kind::later));
        }
    }
    BOOST_TEST(refused[1] == 0);
}

BOOST_FIXTURE_TEST_CASE(never_lets_a_flood_fill_the_servers_socket, Served)
{
    for (unsigned turn = 0; turn < 100'000; ++turn) {
        for (unsigned number = 0; number < 10; ++number) {
            ask(1, Kind::first, turn % 3 != 0);
        }
        step();
        BOOST_REQUIRE(buffer.size() <= admission.in_flight());
        BOOST_REQUIRE(admission.in_flight() <= Admission::window);
    }
    BOOST_TEST(lost == 0);
    BOOST_TEST(refused[1] > 900'000);
    BOOST_TEST(answered[1] > 2'000);
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
        for (unsigned number = 0; number < 10; ++number) {
            ask(1);
        }
        if (turn > 5'000 && turn % 1'000 == 0) {
            BOOST_TEST(ask(1, Kind::later));
            BOOST_TEST(ask(2));
            ++wanted;
        }
        step();
    }
    run(100ms);
    BOOST_TEST(answered[2] == wanted);
}

BOOST_FIXTURE_TEST_CASE(is_calm_again_after_a_flood, Served)
{
    for (unsigned number = 0; number < 1000; ++number) {
        ask(1);
    }
    run(100ms);
    for (unsigned number = 0; number < Admission::window; ++number) {
        BOOST_TEST(ask(1));
    }
    BOOST_TEST(!admission.busy());
}

// A pool without a free address: Kea answers no DISCOVER, but all is well with it.
BOOST_FIXTURE_TEST_CASE(holds_no_silence_against_a_server, Served)
{
    for (unsigned turn = 0; turn < 200'000; ++turn) { // 1,000/s for two seconds
        if (turn % 100 == 0) {
            BOOST_TEST(ask(1, Kind::first, false));
        }
        step();
    }
    BOOST_TEST(refused[1] == 0);
}

BOOST_FIXTURE_TEST_CASE(takes_an_answer_for_all_before_it, Served)
{
    for (unsigned number = 0; number < 100; ++number) {
        ask(1, Kind::first, false);
    }
    ask(1, Kind::later);
    BOOST_TEST(admission.in_flight() == 101);
    run(50ms);
    BOOST_TEST(admission.in_flight() == 0);
}

BOOST_FIXTURE_TEST_CASE(counts_answers_that_belong_to_no_request_it_knows, Served)
{
    ask(1);
    ask(1);
    admission.answered(0, now);
    BOOST_TEST(admission.in_flight() == 1);
    admission.answered(0, now);
    admission.answered(0, now); // once too often
    BOOST_TEST(admission.in_flight() == 0);
    ask(1);
    BOOST_TEST(admission.in_flight() == 1);
    admission.answered(1'000, now);
    BOOST_TEST(admission.in_flight() == 0);
}

BOOST_FIXTURE_TEST_CASE(forgets_what_a_server_before_had_to_read, Served)
{
    for (unsigned number = 0; number <= Admission::window; ++number) {
        ask(1);
    }
    BOOST_TEST(admission.busy());
    admission.reset();
    BOOST_TEST(admission.in_flight() == 0);
    BOOST_TEST(!admission.busy());
    BOOST_TEST(ask(1));
}

// Whatever is asked, read, left unanswered or late: what lies in the server's socket is never more than what is
// thought to be in flight, as long as the server is not silent for longer than it may be.
BOOST_AUTO_TEST_CASE(never_thinks_less_in_flight_than_there_is)
{
    for (unsigned seed = 1; seed <= 50; ++seed) {
        std::mt19937 engine(seed);
        const auto random = [&] { return static_cast<unsigned>(engine()); };
        Served served;
        served.service = std::chrono::microseconds(20 + random() % 500);
        const auto silent = random() % 4;
        for (unsigned turn = 0; turn < 20'000; ++turn) {
            for (auto more = random() % 3; more > 0; --more) {
                served.ask(random() % 3, random() % 2 == 0 ? Kind::first : Kind::later, random() % 4 >= silent);
            }
            served.step();
            BOOST_REQUIRE_MESSAGE(served.buffer.size() <= served.admission.in_flight(), "seed " << seed);
        }
        BOOST_TEST(served.lost == 0);
    }
}

BOOST_FIXTURE_TEST_CASE(drops_as_server_busy_what_kea_cannot_keep_up_with, Lab)
{
    keeps_up = false;
    const auto asking = [](std::uint32_t xid) {
        return message(discover, [xid](Dhcp4& made) { made.xid = xid; }).bytes();
    };
    for (std::uint32_t number = 0; number < Admission::window; ++number) {
        BOOST_TEST(request(2, asking(number)).decision == "forward");
    }
    BOOST_TEST(request(2, asking(1000)).decision == "server-busy");
    // Another interface and a client that is further along have room as soon as Kea has answered anything.
    domain.admission().answered(1, now);
    BOOST_TEST(request(3, asking(1001)).decision == "forward");
    domain.set_serving(false);
    domain.set_serving(true);
    BOOST_TEST(request(2, asking(1002)).decision == "forward");
}

BOOST_AUTO_TEST_SUITE_END()
