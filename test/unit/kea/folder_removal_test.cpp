#include "core/task_group.hpp"
#include "kea/folder_removal.hpp"
#include "support/await.hpp"
#include "temporary_folder.hpp"

#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace keavrf::kea;
namespace asio = boost::asio;
namespace fs = std::filesystem;

struct Fixture : keavrf::test::TemporaryFolder {
    Fixture() { fs::create_directories(path("red/kea")); }

    void fill(const std::string& name, int files) const
    {
        fs::create_directories(path(name));
        for (int number = 0; number < files; ++number) {
            append(name + "/" + std::to_string(number), "");
        }
    }
    keavrf::Result<void> remove()
    {
        return keavrf::test::await(context, async_remove_folder(path("red"), std::chrono::minutes(2)));
    }

    asio::io_context context;
};

// Everybody else: how often they have their turn.
asio::awaitable<void> count_turns(int* turns)
{
    while (true) {
        ++*turns;
        co_await keavrf::async_sleep(std::chrono::milliseconds(1));
    }
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(kea_folder_removal, Fixture)

BOOST_AUTO_TEST_CASE(what_kea_leaves_goes_at_once)
{
    append("red/instance.json", "{}");
    append("red/kea-dhcp4.conf", "{}");
    append("red/kea/kea-dhcp4.kea-dhcp4.pid", "17");
    const auto removed = remove_small_folder(path("red"), 64);
    BOOST_TEST((removed && *removed));
    BOOST_TEST(!fs::exists(path("red")));
    BOOST_TEST(remove().has_value());
}

BOOST_AUTO_TEST_CASE(what_is_large_is_not_begun_by_whoever_others_wait_for)
{
    fill("red/kea", 100);
    auto removed = remove_small_folder(path("red"), 64);
    BOOST_TEST((removed && !*removed));
    BOOST_TEST(fs::exists(path("red/kea")));
    const auto large = path("other/kea/large");
    fs::create_directories(path("other/kea"));
    append("other/kea/large", std::string(3U << 20U, 'x'));
    removed = remove_small_folder(path("other"), 64);
    BOOST_TEST((removed && !*removed));
    BOOST_TEST(fs::file_size(large) == 3U << 20U);
}

BOOST_AUTO_TEST_CASE(others_have_their_turns_while_many_files_go)
{
    fill("red/kea", 20'000);
    int turns = 0;
    keavrf::TaskGroup others(context.get_executor());
    others.spawn("others", count_turns(&turns));
    const auto removed = remove();
    BOOST_TEST(removed.has_value());
    BOOST_TEST(!fs::exists(path("red")));
    BOOST_TEST(turns > 3);
    others.stop();
    keavrf::test::await(context, others.async_join());
}

// No path reaches the innermost, and nobody may have a descriptor for each.
BOOST_AUTO_TEST_CASE(folders_go_however_deep_they_are)
{
    int folder = ::open(path("red/kea").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int depth = 0; depth < 1500; ++depth) {
        BOOST_REQUIRE(::mkdirat(folder, "in", 0700) == 0);
        const int inner = ::openat(folder, "in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        BOOST_REQUIRE(inner >= 0);
        ::close(folder);
        folder = inner;
    }
    ::close(folder);
    const auto removed = remove();
    BOOST_TEST(removed.has_value(), removed.error().message());
    BOOST_TEST(!fs::exists(path("red")));
}

BOOST_AUTO_TEST_CASE(no_link_is_followed_and_no_mode_stands_in_the_way)
{
    append("target", "kept");
    fill("elsewhere", 3);
    fill("red/kea/closed", 100);
    fs::create_symlink(path("target"), path("red/kea/file"));
    fs::create_directory_symlink(path("elsewhere"), path("red/kea/folder"));
    BOOST_REQUIRE(::mkfifo(path("red/kea/fifo").c_str(), 0600) == 0);
    for (const auto* name : {"red/kea/closed", "red/kea"}) {
        BOOST_REQUIRE(::chmod(path(name).c_str(), 01000) == 0);
        BOOST_REQUIRE(::geteuid() != 0 || ::chown(path(name).c_str(), 12345, 12345) == 0);
    }
    if (::geteuid() == 0) {
        const auto removed = remove();
        BOOST_TEST(removed.has_value(), removed.error().message());
        BOOST_TEST(!fs::exists(path("red")));
    }
    BOOST_TEST(read("target") == "kept");
    BOOST_TEST(std::distance(fs::directory_iterator(path("elsewhere")), fs::directory_iterator()) == 3);
}

BOOST_AUTO_TEST_CASE(a_link_in_place_of_the_folder_is_told_and_left)
{
    fill("elsewhere", 3);
    fs::create_directory_symlink(path("elsewhere"), path("link"));
    BOOST_TEST(keavrf::test::await(context, async_remove_folder(path("link"))).has_error());
    BOOST_TEST(std::distance(fs::directory_iterator(path("elsewhere")), fs::directory_iterator()) == 3);
}

BOOST_AUTO_TEST_SUITE_END()
