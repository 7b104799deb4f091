#include "process/privileges.hpp"

#include <boost/test/unit_test.hpp>

#include <linux/capability.h>
#include <sys/resource.h>

#include <array>

namespace {

using namespace keavrf::process;

} // namespace

BOOST_AUTO_TEST_SUITE(process_privileges)

BOOST_AUTO_TEST_CASE(capabilities_have_the_names_of_the_manual)
{
    BOOST_TEST(capability_name(CAP_CHOWN) == "CAP_CHOWN");
    BOOST_TEST(capability_name(CAP_NET_BIND_SERVICE) == "CAP_NET_BIND_SERVICE");
    BOOST_TEST(capability_name(CAP_NET_ADMIN) == "CAP_NET_ADMIN");
    BOOST_TEST(capability_name(CAP_SYS_ADMIN) == "CAP_SYS_ADMIN");
    BOOST_TEST(capability_name(CAP_SYS_PTRACE) == "CAP_SYS_PTRACE");
    BOOST_TEST(capability_name(CAP_SYS_RESOURCE) == "CAP_SYS_RESOURCE");
    BOOST_TEST(capability_name(CAP_SETFCAP) == "CAP_SETFCAP");
    BOOST_TEST(capability_name(CAP_CHECKPOINT_RESTORE) == "CAP_CHECKPOINT_RESTORE");
    BOOST_TEST(capability_name(63) == "capability 63");
    BOOST_TEST(capability_name(-1) == "capability -1");
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_what_the_effective_set_lacks)
{
    const auto held = effective_capabilities().value();
    // No kernel has 63, so nobody holds it.
    const std::array<int, 3> needed{CAP_NET_ADMIN, 63, CAP_NET_RAW};
    std::vector<std::string> expected;
    for (const int capability : needed) {
        if ((held & capability_bit(capability)) == 0) {
            expected.push_back(capability_name(capability));
        }
    }
    BOOST_TEST(missing_capabilities(needed) == expected, boost::test_tools::per_element());
    BOOST_TEST(!expected.empty());
}

BOOST_AUTO_TEST_CASE(users_and_groups_are_found_by_name)
{
    const auto root = find_user("root");
    BOOST_REQUIRE(root.has_value());
    BOOST_TEST(root->user == 0U);
    BOOST_TEST(root->group == 0U);
    BOOST_TEST(!root->supplementary.empty());
    BOOST_TEST(find_group("root").value() == 0U);
    BOOST_TEST(find_kea_user("root").value().user == 0U);
}

BOOST_AUTO_TEST_CASE(an_unknown_user_or_group_is_named)
{
    BOOST_TEST(find_user("no-such-user-here").error().message() == "there is no user no-such-user-here");
    BOOST_TEST(find_kea_user("no-such-user-here").error().message() == "there is no user no-such-user-here");
    BOOST_TEST(find_group("no-such-group-here").error().message() == "there is no group no-such-group-here");
}

BOOST_AUTO_TEST_CASE(the_limit_of_open_files_is_raised_but_never_lowered)
{
    rlimit before{};
    BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit low{64, before.rlim_max};
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
    BOOST_TEST(raise_open_files_limit(96).value() == 96U);
    BOOST_TEST(raise_open_files_limit(10).value() == 96U);
    BOOST_TEST(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
