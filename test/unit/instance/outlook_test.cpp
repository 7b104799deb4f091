#include "instance/outlook.hpp"
#include "machine_lab.hpp"

#include <string>
#include <vector>

using namespace keavrf::instance;
using namespace std::chrono_literals;

namespace {

Sight serving()
{
    Sight sight;
    sight.state = State::serving;
    sight.kea_ready = true;
    return sight;
}

} // namespace

BOOST_AUTO_TEST_SUITE(instance_outlook)

BOOST_AUTO_TEST_CASE(tells_what_the_machine_says_where_nothing_else_is_known)
{
    BOOST_TEST(outlook_of(serving()).state == State::serving);
    BOOST_TEST(outlook_of(serving()).reason.empty());
    Sight waiting;
    waiting.reason = "no such device";
    BOOST_TEST(outlook_of(waiting).state == State::waiting);
    BOOST_TEST(outlook_of(waiting).reason == "no such device");
}

BOOST_AUTO_TEST_CASE(a_kea_that_has_ended_or_is_told_to_does_not_serve)
{
    auto ended = serving();
    ended.kea_ready = false;
    BOOST_TEST(outlook_of(ended).state == State::backoff);
    BOOST_TEST(outlook_of(ended).reason == "its Kea has ended");
    auto stopping = serving();
    stopping.kea_stopping = true;
    BOOST_TEST(outlook_of(stopping).state == State::starting);
    BOOST_TEST(outlook_of(stopping).reason == "its Kea is being stopped");
    stopping.state = State::stopping;
    stopping.reason = "keavrfd stops";
    BOOST_TEST(outlook_of(stopping).state == State::stopping);
    BOOST_TEST(outlook_of(stopping).reason == "its Kea is being stopped; keavrfd stops");
}

BOOST_AUTO_TEST_CASE(tells_the_worst_that_is_known_of_a_kea)
{
    auto sight = serving();
    sight.engaged = 999ms;
    BOOST_TEST(outlook_of(sight).reason.empty());
    sight.engaged = 7900ms;
    BOOST_TEST(outlook_of(sight).reason ==
               "its Kea was told a new configuration 7 s ago and has not answered yet; requests wait for it");
    sight.tests = true;
    BOOST_TEST(outlook_of(sight).reason ==
               "its Kea was asked to test a configuration 7 s ago and has not answered yet; requests wait for it");
    sight.tests = false;
    sight.silent = 999ms;
    BOOST_TEST(outlook_of(sight).reason.find("told a new configuration") != std::string::npos);
    sight.silent = 4200ms;
    BOOST_TEST(outlook_of(sight).reason ==
               "its Kea was told a new configuration 7 s ago and has not answered yet; requests wait for it");
    sight.silent = 8899ms;
    BOOST_TEST(outlook_of(sight).reason.find("nor anything else") == std::string::npos);
    sight.silent = 8900ms;
    BOOST_TEST(outlook_of(sight).reason == "its Kea was told a new configuration 7 s ago and has not answered yet, nor "
                                           "anything else for 8 s; requests wait for it");
    sight.engaged = 999ms;
    BOOST_TEST(outlook_of(sight).reason == "its Kea has not answered for 8 s");
    sight.engaged.reset();
    sight.silent = 4200ms;
    BOOST_TEST(outlook_of(sight).reason == "its Kea has not answered for 4 s");
    sight.to_go = "it does not answer";
    BOOST_TEST(outlook_of(sight).reason == "its Kea is replaced by a new one: it does not answer");
    BOOST_TEST(outlook_of(sight).state == State::serving);
}

BOOST_AUTO_TEST_CASE(keeps_the_reason_that_there_was)
{
    auto sight = serving();
    sight.reason = "port eth1: cannot bind";
    sight.silent = 4s;
    BOOST_TEST(outlook_of(sight).reason == "its Kea has not answered for 4 s; port eth1: cannot bind");
}

BOOST_AUTO_TEST_SUITE_END()
