// A name in /run/netns that somebody mounts something over: what is below it is not lost.
#include "instance/inheritance.hpp"
#include "instance/name_removal.hpp"
#include "instance/record_file.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/mount.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

using namespace keavrf;
using namespace keavrf::instance;

namespace {

const std::string name = "keavrf-red";

struct Hidden {
    netns::Namespace ours = netns::create(name).value();
    Record record;

    Hidden()
    {
        record.vrf = VrfName("red");
        BOOST_REQUIRE(describe_namespace(record, ours).has_value());
    }
    Hidden(const Hidden&) = delete;
    Hidden& operator=(const Hidden&) = delete;
    ~Hidden()
    {
        BOOST_TEST(!std::filesystem::exists(netns::path_of_name(name)));
        BOOST_TEST(netns::list("").value().empty());
    }
    // An empty file looks stale.
    static void cover(const std::string& text)
    {
        std::ofstream("/run/mounted") << text;
        BOOST_REQUIRE(::mount("/run/mounted", netns::path_of_name(name).c_str(), nullptr, MS_BIND, nullptr) == 0);
    }
    static void cover_by_namespace()
    {
        const auto other = netns::create("other").value();
        const auto path = netns::path_of_name("other");
        BOOST_REQUIRE(::mount(path.c_str(), netns::path_of_name(name).c_str(), nullptr, MS_BIND, nullptr) == 0);
        BOOST_REQUIRE(netns::remove("other", other.inode).has_value());
    }
    static void uncover() { BOOST_REQUIRE(::umount2(netns::path_of_name(name).c_str(), MNT_DETACH) == 0); }
    void check_hidden() const
    {
        BOOST_TEST(open_recorded_namespace(record).error().is(EBUSY));
        BOOST_TEST(remove_left_name("red", name, ours.inode).error().is(EBUSY));
        const auto removed = remove_own_name(ours);
        BOOST_REQUIRE(removed.has_error());
        BOOST_TEST(removed.error().is(EBUSY));
        const std::string message = removed.error().message();
        BOOST_TEST(message.find("mounted over /run/netns/keavrf-red") != std::string::npos, message);
        BOOST_TEST(message.find("umount /run/netns/keavrf-red") != std::string::npos, message);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(a_hidden_name)

BOOST_FIXTURE_TEST_CASE(is_neither_gone_nor_anothers_and_goes_when_it_shows_again, Hidden)
{
    for (const std::string kind : {"a file", "an empty file", "a namespace"}) {
        BOOST_TEST_CONTEXT(kind)
        {
            if (kind == "a namespace") {
                cover_by_namespace();
            } else {
                cover(kind == "a file" ? "somebody's" : "");
            }
            check_hidden();
            uncover();
            BOOST_TEST(open_recorded_namespace(record).has_value());
        }
    }
    BOOST_TEST(remove_left_name("red", name, ours.inode).has_value());
    BOOST_TEST(open_recorded_namespace(record).error().is(ENOENT));
}

// Numbers are given anew; cookies are not.
BOOST_FIXTURE_TEST_CASE(is_none_that_is_in_sight_and_anothers, Hidden)
{
    ++record.cookie;
    BOOST_TEST(open_recorded_namespace(record).error().is(EEXIST));
    BOOST_TEST(netns::remove(name, ours.inode).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
