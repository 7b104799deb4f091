#include "kea/version.hpp"
#include "support/await.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>

namespace {

using keavrf::kea::async_detect_version;
using keavrf::kea::check_version;
using keavrf::kea::Version;

} // namespace

BOOST_AUTO_TEST_SUITE(kea_version)

BOOST_AUTO_TEST_CASE(reads_what_kea_prints)
{
    struct Case {
        const char* text;
        Version version;
    };
    const Case cases[] = {
        {"2.2.0\n", {2, 2, 0}}, {"2.4.1 (stable)\n", {2, 4, 1}},     {"2.7.8-git\n", {2, 7, 8}},
        {"3.0.0", {3, 0, 0}},   {"10.20.30\n2.0.0\n", {10, 20, 30}}, {"3.2.0 (stable)\ntarball\n", {3, 2, 0}},
    };
    for (const auto& [text, version] : cases) {
        BOOST_TEST_CONTEXT(text)
        {
            BOOST_TEST((Version::parse(text) == version));
        }
    }
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_version)
{
    for (const auto* text : {"", "kea", "2", "2.2", "2.2.", "2..0", ".2.2.0", "-1.2.0", " 2.2.0", "2.2.0.1", "2.2.0rc1",
                             "99999999999.0.0", "usage: kea-dhcp4", "2.2.x"}) {
        BOOST_TEST_CONTEXT(text)
        {
            BOOST_TEST(!Version::parse(text).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(orders_by_number_not_by_text)
{
    BOOST_TEST((Version{2, 10, 0} > Version{2, 9, 9}));
    BOOST_TEST((Version{3, 0, 0} > Version{2, 99, 99}));
    BOOST_TEST((Version{2, 6, 2} >= Version{2, 6, 2}));
    BOOST_TEST((Version{2, 6, 1} < Version{2, 6, 2}));
}

BOOST_AUTO_TEST_CASE(says_what_is_too_old)
{
    BOOST_TEST(check_version({2, 0, 1}).error().message() == "Kea 2.0.1 is too old (2.2.0 or later is needed)");
    BOOST_TEST(check_version({1, 9, 11}).has_error());
    BOOST_TEST(check_version({2, 2, 0}).has_value());
    BOOST_TEST(check_version({3, 2, 0}).has_value());
}

BOOST_AUTO_TEST_CASE(a_missing_binary_and_one_that_is_no_kea_are_told_apart)
{
    boost::asio::io_context context;
    const auto missing = keavrf::test::await(context, async_detect_version("/no/such/kea-dhcp4", {}));
    BOOST_REQUIRE(missing.has_error());
    BOOST_TEST(missing.error().is(ENOENT));
    BOOST_TEST(missing.error().message().starts_with(
        "cannot start /no/such/kea-dhcp4: execve: No such file or directory (is Kea installed?"));
    const auto other = keavrf::test::await(context, async_detect_version("/bin/echo", {}));
    BOOST_REQUIRE(other.has_error());
    BOOST_TEST(other.error().message() == "/bin/echo -v does not print a Kea version (is it kea-dhcp4?)");
    const auto failing = keavrf::test::await(context, async_detect_version("/bin/false", {}));
    BOOST_REQUIRE(failing.has_error());
    BOOST_TEST(failing.error().message() == "/bin/false -v exited with 1");
}

BOOST_AUTO_TEST_SUITE_END()
