// What a server that is silent is asked, and what is known of requests in flight: what nobody answers is no sign that
// it is busy.
#include "relay/admission.hpp"
#include "served.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

using keavrf::relay::Admission;
using namespace keavrf::test;
using namespace std::chrono_literals;
using Kind = Admission::Kind;

BOOST_AUTO_TEST_SUITE(relay4_admission)

// A pool without a free address: Kea answers no DISCOVER, but all is well with it.
BOOST_FIXTURE_TEST_CASE(holds_no_silence_against_a_server, Served)
{
    for (unsigned turn = 0; turn < 300'000; ++turn) { // 250/s for three seconds
        if (turn % 400 == 0) {
            ask(1, Kind::first, false);
        }
        step();
        BOOST_TEST(sockets[1].empty());
    }
    BOOST_TEST(refused[1] == 0);
}

BOOST_FIXTURE_TEST_CASE(serves_who_can_be_served_beside_a_crowd_that_cannot, Served)
{
    for (unsigned turn = 0; turn < 300'000; ++turn) {
        if (turn % 20 == 0) { // 5,000/s
            ask(1, Kind::first, false);
        }
        if (turn % 5'000 == 0) {
            ask(1, Kind::later);
        }
        step();
    }
    run(100ms);
    BOOST_TEST(answered[1] == 60);
}

// RELEASEs, which nobody answers, more than are in flight within the patience; the server is idle all the while.
BOOST_FIXTURE_TEST_CASE(does_not_keep_others_waiting_behind_what_is_never_answered, Served)
{
    for (unsigned turn = 0; turn < 300'000; ++turn) {
        if (turn % 50 == 0) { // 2,000/s
            ask(1, Kind::later, false);
        }
        if (turn % 10'010 == 0) {
            ask(2);
        }
        step();
    }
    run(100ms);
    BOOST_TEST(answered[2] == 30);
    BOOST_TEST((longest[2] < 3 * Admission::burst_patience));
    BOOST_TEST(refused[1] == 0);
    BOOST_TEST(probes > 50);
    BOOST_TEST(lost == 0);
}

// One that answers no probe either is asked for little more than what it does not read.
BOOST_FIXTURE_TEST_CASE(asks_a_server_that_stands_still_only_now_and_then, Served)
{
    done = now + 10s;
    for (unsigned turn = 0; turn < 200'000; ++turn) {
        ask(1);
        step();
    }
    BOOST_TEST(probes >= 2);
    BOOST_TEST(probes <= 8);
}

BOOST_FIXTURE_TEST_CASE(learns_from_a_probe_only_what_was_sent_before_it, Served)
{
    auto& share = shares[1];
    admission.probe_answered(now); // to none
    for (unsigned number = 0; number < 60; ++number) {
        admission.take(share, Kind::first, now);
    }
    BOOST_TEST(!admission.wants_probe(now));
    now += Admission::burst_patience;
    BOOST_TEST(admission.wants_probe(now));
    admission.probed(now);
    BOOST_TEST(!admission.wants_probe(now));
    admission.take(share, Kind::first, now);
    admission.probe_answered(now);
    BOOST_TEST(admission.in_flight() == 1);
    admission.take(share, Kind::first, now);
    admission.probe_answered(now); // twice
    BOOST_TEST(admission.in_flight() == 2);
    admission.probed(now);
    admission.reset();
    admission.take(share, Kind::first, now);
    admission.probe_answered(now); // of a server before
    BOOST_TEST(admission.in_flight() == 1);
}

// All processors are taken: the server reads nothing for a while. What it has room for is left to those who have had
// little.
BOOST_FIXTURE_TEST_CASE(keeps_room_for_the_quiet_while_a_server_stands_still, Served)
{
    for (unsigned turn = 0; turn < 200'000; ++turn) {
        ask(1);
        if (turn == 100'000) {
            done = now + 250ms;
        }
        if (turn > 100'000 && turn % 5'000 == 0) {
            ask(2);
        }
        step();
    }
    run(500ms);
    BOOST_TEST(answered[2] == 19);
    BOOST_TEST(lost == 0);
}

BOOST_FIXTURE_TEST_CASE(takes_an_answer_for_all_before_it, Served)
{
    for (unsigned number = 0; number < 100; ++number) {
        ask(1, Kind::first, false);
    }
    ask(1, Kind::later);
    read(1);
    read(1);
    BOOST_TEST(admission.in_flight() == 101);
    run(50ms);
    BOOST_TEST(admission.in_flight() == 0);
}

BOOST_FIXTURE_TEST_CASE(counts_answers_that_belong_to_no_request_it_knows, Served)
{
    auto& share = shares[1];
    admission.take(share, Kind::first, now);
    admission.take(share, Kind::first, now);
    admission.answered(0, now);
    BOOST_TEST(admission.in_flight() == 1);
    admission.answered(0, now);
    admission.answered(0, now); // once too often
    BOOST_TEST(admission.in_flight() == 0);
    admission.take(share, Kind::first, now);
    BOOST_TEST(admission.in_flight() == 1);
    admission.answered(1'000, now);
    BOOST_TEST(admission.in_flight() == 0);
}

BOOST_FIXTURE_TEST_CASE(forgets_what_a_server_before_had_to_read, Served)
{
    for (unsigned turn = 0; turn < 20'000; ++turn) {
        ask(1);
        step();
    }
    BOOST_TEST(admission.busy());
    admission.reset();
    BOOST_TEST(admission.in_flight() == 0);
    BOOST_TEST(!admission.busy());
    BOOST_TEST(admission.may_read(now) == Admission::window);
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
            BOOST_REQUIRE_MESSAGE(served.unread() <= served.admission.in_flight(), "seed " << seed);
        }
        BOOST_TEST(served.lost == 0);
    }
}

BOOST_AUTO_TEST_SUITE_END()
