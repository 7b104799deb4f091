// The name of an instance's namespace, when the instance goes.
#include "core/unique_fd.hpp"
#include "instance/name_removal.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/resource.h>

#include <cerrno>
#include <filesystem>

using namespace keavrf;

namespace {

// No descriptor beyond the highest that is in use.
class NoDescriptors {
public:
    NoDescriptors()
    {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const UniqueFd next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        auto none = before_;
        none.rlim_cur = static_cast<rlim_t>(next.get());
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

} // namespace

BOOST_AUTO_TEST_SUITE(name_removal)

// That it cannot be looked at does not mean that it is gone: whoever took it for that would forget it, name and all.
BOOST_AUTO_TEST_CASE(a_name_that_cannot_be_looked_at_is_an_error_and_stays)
{
    const auto made = netns::create("keavrf-gone");
    BOOST_REQUIRE(made.has_value());
    {
        const NoDescriptors none;
        const auto removed = instance::remove_own_name(*made);
        BOOST_REQUIRE(removed.has_error());
        BOOST_TEST(removed.error().is(EMFILE), removed.error().message());
    }
    BOOST_TEST(netns::open("keavrf-gone").has_value());
    BOOST_TEST(instance::remove_own_name(*made).has_value());
    BOOST_TEST(!std::filesystem::exists("/run/netns/keavrf-gone"));
    BOOST_TEST(instance::remove_own_name(*made).has_value(), "it is gone, as it should be");
}

BOOST_AUTO_TEST_CASE(what_has_the_name_by_now_and_is_anothers_is_left_alone)
{
    const auto ours = netns::create("keavrf-taken");
    BOOST_REQUIRE(ours.has_value());
    BOOST_REQUIRE(netns::remove("keavrf-taken", ours->inode).has_value());
    const auto another = netns::create("keavrf-taken");
    BOOST_REQUIRE(another.has_value());
    BOOST_TEST(instance::remove_own_name(*ours).has_value());
    const auto there = netns::open("keavrf-taken");
    BOOST_REQUIRE(there.has_value());
    BOOST_TEST((there->inode == another->inode));
    BOOST_REQUIRE(netns::remove("keavrf-taken", another->inode).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
