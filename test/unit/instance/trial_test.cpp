#include "instance/trial.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using keavrf::instance::Failure;
using keavrf::instance::longest_trial;
using keavrf::instance::Trial;

const std::string told = "the new one";

} // namespace

BOOST_AUTO_TEST_SUITE(instance_trial)

BOOST_AUTO_TEST_CASE(what_is_held_against_the_configuration_is_refused)
{
    struct Case {
        const char* name;
        bool replaces;
        Failure failure;
        bool of_kea;
        bool fails;
    };
    const std::vector<Case> cases{
        {"Kea refuses it", true, Failure::rejected, true, true},
        {"Kea refuses it at its start", false, Failure::rejected, true, true},
        {"a running Kea dies or hangs over it", true, Failure::transient, true, true},
        {"no Kea can be started, as before the reload", false, Failure::transient, true, false},
        {"the wiring cannot be made", true, Failure::transient, false, false},
        {"the wiring cannot be made, and no Kea runs", false, Failure::transient, false, false}};
    for (const auto& [name, replaces, failure, of_kea, fails] : cases) {
        BOOST_TEST_CONTEXT(name)
        {
            Trial trial;
            trial.begin(told, replaces);
            BOOST_TEST(trial.outstanding());
            BOOST_TEST((trial.failed(trial.tried(), failure, of_kea, "why") == Failure::rejected) == fails);
            BOOST_TEST(!trial.outstanding());
            BOOST_TEST(trial.failure().value_or("") == (fails ? "why" : ""));
            BOOST_TEST(trial.failed_otherwise() == (fails && failure != Failure::rejected));
        }
    }
}

BOOST_AUTO_TEST_CASE(without_a_trial_a_failure_is_what_it_is)
{
    Trial trial;
    for (const auto failure : {Failure::transient, Failure::rejected}) {
        BOOST_TEST((trial.failed(trial.tried(), failure, true, "why") == failure));
        BOOST_TEST(!trial.failure().has_value());
    }
    trial.begin(told, true);
    trial.end();
    BOOST_TEST((trial.failed(trial.tried(), Failure::transient, true, "later, by itself") == Failure::transient));
    BOOST_TEST(!trial.failure().has_value());
}

BOOST_AUTO_TEST_CASE(a_failure_is_kept_until_something_else_is_told)
{
    Trial trial;
    trial.begin(told, true);
    trial.failed(trial.tried(), Failure::transient, true, "first");
    BOOST_TEST((trial.failed(trial.tried(), Failure::transient, true, "second") == Failure::transient));
    trial.end();
    BOOST_TEST(trial.failure().value_or("") == "first");
    trial.begin(told, true);
    BOOST_TEST(!trial.failure().has_value());
    trial.failed(trial.tried(), Failure::transient, true, "third");
    trial.forget();
    BOOST_TEST(!trial.failure().has_value());
    BOOST_TEST(!trial.outstanding());
}

BOOST_AUTO_TEST_CASE(what_was_begun_before_it_says_nothing_about_the_configuration)
{
    for (const auto failure : {Failure::transient, Failure::rejected}) {
        for (const bool another : {false, true}) {
            Trial trial;
            if (another) {
                trial.begin("another", true);
            }
            const auto before = trial.tried();
            trial.forget();
            trial.begin(told, true);
            BOOST_TEST((trial.failed(before, failure, true, "why") == failure));
            BOOST_TEST(trial.outstanding());
            BOOST_TEST(!trial.failure().has_value());
            BOOST_TEST((trial.failed(trial.tried(), failure, true, "why") == Failure::rejected));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_tried_is_known_while_it_is)
{
    Trial trial;
    BOOST_TEST(trial.tried() == 0U);
    trial.begin(told, false);
    BOOST_TEST(trial.tried() != 0U);
    trial.end();
    BOOST_TEST(trial.tried() == 0U);
}

// The host changes what is tried while it is.
BOOST_AUTO_TEST_CASE(what_was_begun_in_it_counts_whatever_the_host_has_made_of_it_since)
{
    Trial trial;
    trial.begin(told, true);
    const auto tried = trial.tried();
    trial.forget();
    trial.go_on("with one subnet more", false);
    BOOST_TEST(trial.tried() == tried);
    BOOST_TEST((trial.failed(tried, Failure::transient, true, "it died over it") == Failure::rejected));
    BOOST_TEST(trial.failure().value_or("") == "it died over it");
}

// Its start was on its way when the trial began.
BOOST_AUTO_TEST_CASE(a_kea_that_comes_to_serve_with_another_configuration_is_replaced)
{
    for (const bool another : {false, true}) {
        Trial trial;
        trial.begin(told, false);
        trial.serves(another ? "the old one" : told);
        const auto seen = trial.failed(trial.tried(), Failure::transient, true, "it hung over it");
        BOOST_TEST((seen == Failure::rejected) == another);
        BOOST_TEST(trial.failure().has_value() == another);
    }
}

// Three and a half minutes for what Kea usually does; many leases are read eight times at most.
BOOST_AUTO_TEST_CASE(a_trial_may_take_what_its_steps_may)
{
    BOOST_TEST((longest_trial({10s, 5s, 0s}) == 210s));
    BOOST_TEST((longest_trial({10s, 5s, 100s}) == 210s + 8 * 100s));
    BOOST_TEST((longest_trial({80s, 5s, 0s}) == 350s));
    BOOST_TEST((longest_trial({10s, 60s, 0s}) == 265s));
}

BOOST_AUTO_TEST_SUITE_END()
