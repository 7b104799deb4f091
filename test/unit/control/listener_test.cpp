#include "control/server.hpp"
#include "socket_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace {

using namespace keavrf::control;
using keavrf::test::TemporaryFolder;

struct Fixture {
    TemporaryFolder folder;
    std::string path = folder.socket();

    [[nodiscard]] struct stat status() const
    {
        struct stat status {};
        BOOST_REQUIRE(::lstat(path.c_str(), &status) == 0);
        return status;
    }
};

std::string own_group()
{
    const auto* entry = ::getgrgid(::getgid());
    BOOST_REQUIRE(entry != nullptr);
    return entry->gr_name;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(listener, Fixture)

BOOST_AUTO_TEST_CASE(the_socket_is_for_its_group_and_goes_away_with_its_owner)
{
    {
        const auto listener = open_listener(path, own_group());
        BOOST_REQUIRE_MESSAGE(listener.has_value(), (listener ? "" : listener.error().message()));
        BOOST_TEST(!listener->group_missing());
        BOOST_TEST(S_ISSOCK(status().st_mode));
        BOOST_TEST((status().st_mode & 07777U) == 0660U);
        BOOST_TEST(status().st_gid == ::getgid());
    }
    BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_CASE(without_its_group_the_socket_is_for_root_alone_and_the_caller_hears_of_it)
{
    {
        const auto listener = open_listener(path, "keavrf-no-such-group");
        BOOST_REQUIRE(listener.has_value());
        BOOST_TEST(listener->group_missing());
        BOOST_TEST((status().st_mode & 07777U) == 0600U);
    }
    const auto listener = open_listener(path, "");
    BOOST_REQUIRE(listener.has_value());
    BOOST_TEST(!listener->group_missing());
    BOOST_TEST((status().st_mode & 07777U) == 0600U);
}

BOOST_AUTO_TEST_CASE(a_file_left_by_a_killed_daemon_is_replaced)
{
    const auto address = keavrf::test::address_of(path);
    {
        const keavrf::UniqueFd killed(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        BOOST_REQUIRE(::bind(killed.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
        BOOST_REQUIRE(::listen(killed.get(), 1) == 0);
    }
    BOOST_REQUIRE(std::filesystem::exists(path));
    BOOST_TEST(open_listener(path, "").has_value());
}

BOOST_AUTO_TEST_CASE(another_daemon_s_socket_is_left_alone_even_when_its_queue_is_full)
{
    const auto address = keavrf::test::address_of(path);
    const keavrf::UniqueFd other(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    BOOST_REQUIRE(::bind(other.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    BOOST_REQUIRE(::listen(other.get(), 0) == 0);
    const auto inode = status().st_ino;
    for (int attempt = 0; attempt < 3; ++attempt) {
        const auto listener = open_listener(path, "");
        BOOST_REQUIRE(!listener.has_value());
        BOOST_TEST(listener.error().is(EADDRINUSE));
        BOOST_TEST(listener.error().message().find("another keavrfd listens on it (") != std::string::npos);
    }
    BOOST_TEST(status().st_ino == inode);
}

BOOST_AUTO_TEST_CASE(what_is_no_socket_is_left_alone)
{
    std::ofstream(path) << "precious";
    const auto listener = open_listener(path, "");
    BOOST_REQUIRE(!listener.has_value());
    BOOST_TEST(listener.error().message().find("something that is no socket is in the way") != std::string::npos);
    BOOST_TEST(std::filesystem::file_size(path) == 8U);
}

BOOST_AUTO_TEST_CASE(a_successor_s_file_is_not_removed)
{
    {
        auto first = open_listener(path, "");
        BOOST_REQUIRE(first.has_value());
        std::filesystem::remove(path);
        std::ofstream(path) << "successor";
    }
    BOOST_TEST(std::filesystem::exists(path));
}

BOOST_AUTO_TEST_CASE(says_why_a_path_cannot_be_used)
{
    const auto missing = open_listener(folder.path / "none" / "control.sock", "");
    BOOST_REQUIRE(!missing.has_value());
    BOOST_TEST(missing.error().message().find("No such file or directory") != std::string::npos);
    const auto longest = open_listener("/tmp/" + std::string(103, 'x'), "");
    BOOST_REQUIRE(!longest.has_value());
    BOOST_TEST(longest.error().message().find("1 to 107 characters, not 108") != std::string::npos);
    BOOST_TEST(!open_listener("", "").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
