#include "judge.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace std::chrono_literals;
using keavrf::Ipv4Address;
using keavrf::faults::Judge;
using keavrf::faults::Origin;
using keavrf::faults::Who;

const Ipv4Address ten{0x0a320064U};
const Ipv4Address eleven{0x0a320065U};
const Ipv4Address gateway{0x0a320001U};
constexpr Who red1{0, 1};
constexpr Who red2{0, 2};
constexpr Who blue1{1, 1};

struct Court {
    Judge judge;
    keavrf::faults::Clock::time_point now{};

    Court() { judge.expect(0, "red", {gateway}); }
    void acknowledge(Who who, Ipv4Address address) { judge.acknowledged(who, address, now, 60s); }
    void check(std::size_t violations, const std::string& text = {}) const
    {
        BOOST_TEST(judge.violations().size() == violations);
        if (violations > 0) {
            BOOST_TEST(judge.violations().back().find(text) != std::string::npos, judge.violations().back());
        }
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(judge, Court)

BOOST_AUTO_TEST_CASE(a_lease_that_is_renewed_is_in_order)
{
    acknowledge(red1, ten);
    acknowledge(red1, ten);
    acknowledge(red2, eleven);
    check(0);
    BOOST_TEST(judge.acknowledgements() == 3U);
}

BOOST_AUTO_TEST_CASE(tenants_have_the_same_addresses)
{
    acknowledge(red1, ten);
    acknowledge(blue1, ten);
    check(0);
}

BOOST_AUTO_TEST_CASE(a_lease_given_to_another_client_is_a_violation)
{
    acknowledge(red1, ten);
    acknowledge(red2, ten);
    check(1, "tenant 0 client 2 was given 10.50.0.100, which tenant 0 client 1 holds");
}

BOOST_AUTO_TEST_CASE(a_lease_that_was_released_or_ran_out_may_go_to_another)
{
    acknowledge(red1, ten);
    judge.released(red1);
    acknowledge(red2, ten);
    now += 61s;
    acknowledge(red1, ten);
    check(0);
}

BOOST_AUTO_TEST_CASE(another_address_for_a_client_that_holds_one_is_a_violation)
{
    acknowledge(red1, ten);
    acknowledge(red1, eleven);
    check(1, "lost 10.50.0.100");
}

BOOST_AUTO_TEST_CASE(a_refusal_of_a_held_lease_is_a_violation)
{
    judge.refused(red1, now);
    check(0);
    acknowledge(red1, ten);
    judge.refused(red1, now);
    check(1, "the server refuses it");
    BOOST_TEST(!judge.lease_of(red1).has_value());
}

BOOST_AUTO_TEST_CASE(a_refusal_that_is_excused_is_counted_and_the_lease_must_be_known_afterwards)
{
    acknowledge(red1, ten);
    judge.excuse_refusals(true);
    judge.refused(red1, now);
    check(0);
    BOOST_TEST(judge.excused_refusals() == 1U);
    judge.excuse_refusals(false);
    acknowledge(red1, eleven);
    check(1, "lost 10.50.0.100");
}

BOOST_AUTO_TEST_CASE(an_offer_of_a_lease_to_another_is_a_violation_while_it_is_held_without_a_break)
{
    acknowledge(red1, ten);
    const auto first = judge.holding(red1);
    BOOST_REQUIRE(first);
    acknowledge(red1, ten);
    BOOST_TEST((judge.holding(red1) == first));
    judge.released(red1);
    judge.poached(red1, *first, ten);
    acknowledge(red1, ten);
    judge.poached(red1, *first, ten);
    check(0);
    judge.poached(red1, judge.holding(red1).value(), eleven);
    check(0);
    judge.poached(red1, judge.holding(red1).value(), ten);
    check(1, "the server offers it to another");
}

BOOST_AUTO_TEST_CASE(answers_are_those_of_the_tenant_s_own_server_by_way_of_its_relay)
{
    struct Case {
        Origin origin;
        bool asked;
        std::string violation;
    };
    const std::vector<Case> cases{
        {{"red", gateway}, true, ""},
        {{"blue", gateway}, true, "another tenant's server"},
        {{"", gateway}, true, "another tenant's server"},
        {{"red", Ipv4Address(0xa9fe0102U)}, true, "server identifier 169.254.1.2"},
        {{"red", std::nullopt}, true, "server identifier none"},
        {{"red", gateway}, false, "nobody of this tenant asked"},
    };
    for (const auto& [origin, asked, expected] : cases) {
        judge = {};
        judge.expect(0, "red", {gateway});
        judge.answered(red1, origin, asked);
        check(expected.empty() ? 0 : 1, expected);
    }
}

BOOST_AUTO_TEST_CASE(the_same_violation_is_told_once)
{
    judge.answered(red1, {"blue", gateway}, true);
    judge.answered(red1, {"blue", gateway}, true);
    check(1, "another tenant's server");
}

BOOST_AUTO_TEST_SUITE_END()
