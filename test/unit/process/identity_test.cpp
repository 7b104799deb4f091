#include "core/unique_fd.hpp"
#include "process/identity.hpp"
#include "support/deep_program.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace {

using namespace keavrf::process;
using keavrf::ProcessId;
using keavrf::UniqueFd;

// Fields 3 to 21, then the start time, then the rest, as the kernel prints them.
const std::string before = " S 1 100 100 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 ";
const std::string after = " 1234 56 18446744073709551615 1 1 0\n";

} // namespace

BOOST_AUTO_TEST_SUITE(process_identity_of)

BOOST_AUTO_TEST_CASE(finds_the_start_time_behind_any_command_name)
{
    for (const std::string name : {"kea-dhcp4", "a b", "a) S 1 2 3", "((()", ") ) )", "", "a\nb"}) {
        BOOST_TEST_CONTEXT("name '" << name << "'")
        {
            const auto line = "77 (" + name + ")" + before + "987654" + after;
            BOOST_TEST((parse_start_time(line) == std::uint64_t{987654}));
        }
    }
}

BOOST_AUTO_TEST_CASE(refuses_a_line_without_a_start_time)
{
    for (const std::string& line :
         {std::string(), std::string("77"), "77 (a)" + before, "77 (a)" + before + "12x" + after,
          "77 (a)" + before + "-5" + after, "77 (a" + before + "9" + after,
          "77 (a)" + before + "99999999999999999999999" + after}) {
        BOOST_TEST_CONTEXT(line)
        {
            BOOST_TEST(!parse_start_time(line).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(the_user_is_the_effective_one)
{
    BOOST_TEST(parse_user("Name:\ta\nUmask:\t0022\nUid:\t1\t112\t3\t4\nGid:\t5\t6\t7\t8\n").value() == 112U);
    for (const std::string& text :
         {std::string(), std::string("Uid:\t1\t2\t3\t4\n"), std::string("\nUid:\n"), std::string("\nUid:\t1"),
          std::string("\nUid:\t1\t\n"), std::string("\nUid:\t1\n2\t3"), std::string("\nUid:\t1\tx2\t3\t4\n"),
          std::string("\nUid:\t1\t99999999999\t3\t4\n")}) {
        BOOST_TEST(!parse_user(text).has_value(), text);
    }
    BOOST_TEST(user_of(ProcessId(::getpid())).value() == ::geteuid());
    BOOST_TEST(user_of(ProcessId(0x7fffffff)).error().is(ENOENT));
}

BOOST_AUTO_TEST_CASE(of_this_very_process)
{
    const auto identity = process_identity(ProcessId(::getpid()));
    BOOST_REQUIRE(identity.has_value());
    BOOST_TEST(identity->executable == std::filesystem::read_symlink("/proc/self/exe").string());
    BOOST_TEST(!identity->executable_replaced);
    BOOST_TEST(identity->start_time > 0U);
    BOOST_TEST(identity->network_namespace.value() == own_network_namespace().value().value());
    const UniqueFd name_space(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    BOOST_TEST(network_namespace_of(name_space.get()).value().value() == identity->network_namespace.value());
    auto other = *identity;
    BOOST_TEST(identity->same_process(other));
    ++other.start_time;
    BOOST_TEST(!identity->same_process(other));
}

BOOST_AUTO_TEST_CASE(of_no_process_is_an_error_that_names_the_pid)
{
    // Above the largest pid that the kernel gives.
    const auto identity = process_identity(ProcessId(0x7fffffff));
    BOOST_REQUIRE(identity.has_error());
    BOOST_TEST(identity.error().is(ENOENT));
    BOOST_TEST(identity.error().message().starts_with("process 2147483647: "));
}

// As whoever took over a Kea can have it: it must not keep root from knowing where the process lives.
BOOST_AUTO_TEST_CASE(of_a_program_whose_path_is_longer_than_the_kernel_tells)
{
    const keavrf::test::DeepProgram program;
    const auto identity = process_identity(program.pid());
    BOOST_REQUIRE_MESSAGE(identity.has_value(), identity.error().message());
    BOOST_TEST(identity->executable == "(a path that is too long)");
    BOOST_TEST(identity->network_namespace.value() == own_network_namespace().value().value());
}

BOOST_AUTO_TEST_SUITE_END()
