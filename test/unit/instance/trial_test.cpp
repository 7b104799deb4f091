#include "instance/trial.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace {

using namespace std::chrono_literals;
using keavrf::instance::Failure;
using keavrf::instance::longest_trial;
using keavrf::instance::Trial;

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
            trial.begin(replaces);
            BOOST_TEST(trial.outstanding());
            BOOST_TEST((trial.failed(failure, of_kea, "why") == Failure::rejected) == fails);
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
        BOOST_TEST((trial.failed(failure, true, "why") == failure));
        BOOST_TEST(!trial.failure().has_value());
    }
    trial.begin(true);
    trial.end();
    BOOST_TEST((trial.failed(Failure::transient, true, "later, by itself") == Failure::transient));
    BOOST_TEST(!trial.failure().has_value());
}

BOOST_AUTO_TEST_CASE(a_failure_is_kept_until_something_else_is_told)
{
    Trial trial;
    trial.begin(true);
    trial.failed(Failure::transient, true, "first");
    BOOST_TEST((trial.failed(Failure::transient, true, "second") == Failure::transient));
    trial.end();
    BOOST_TEST(trial.failure().value_or("") == "first");
    trial.begin(true);
    BOOST_TEST(!trial.failure().has_value());
    trial.failed(Failure::transient, true, "third");
    trial.forget();
    BOOST_TEST(!trial.failure().has_value());
    BOOST_TEST(!trial.outstanding());
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
