#include "core/log.hpp"
#include "core/task_group.hpp"
#include "kea/log_follower.hpp"
#include "support/await.hpp"
#include "temporary_folder.hpp"

namespace {

using keavrf::TaskGroup;
using keavrf::VrfName;
using keavrf::kea::LogFollower;
using keavrf::log::Capture;
using keavrf::log::Level;
using keavrf::log::Record;
using keavrf::test::TemporaryFolder;
namespace asio = boost::asio;
namespace fs = std::filesystem;

const std::string when = "2026-11-22 15:43:47.861 ";

// Follows the file "log" of its folder; lines_until() runs it until a line with the text was repeated.
struct Fixture : TemporaryFolder {
    Fixture()
        : capture([this](const Record& record) {
              lines.push_back(std::string(record.vrf) + "|" + std::string(record.event) + "|" +
                              std::string(record.message));
              levels.push_back(record.level);
          })
    {
    }

    void follow()
    {
        tasks.spawn("follower", follower.run());
        context.poll();
    }

    std::vector<std::string> lines_until(const std::string& text)
    {
        context.restart();
        while (lines.empty() || lines.back().find(text) == std::string::npos) {
            context.run_one();
        }
        return std::exchange(lines, {});
    }

    ~Fixture()
    {
        tasks.stop();
        keavrf::test::await(context, tasks.async_join());
    }

    asio::io_context context;
    TaskGroup tasks{context.get_executor()};
    LogFollower follower{VrfName("red"), path(), "log"};
    std::vector<std::string> lines;
    std::vector<Level> levels;
    Capture capture;
};

using Lines = std::vector<std::string>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(kea_log_follower, Fixture)

BOOST_AUTO_TEST_CASE(repeats_new_lines_with_the_vrf_and_the_level)
{
    append("log", when + "INFO  [kea-dhcp4.dhcp4/1.2] OLD line\n");
    follow();
    append("log", when + "INFO  [kea-dhcp4.dhcp4/1.2] DHCP4_STARTED Kea started\n" + when +
                      "WARN  [kea-dhcp4.dhcp4/1.2] W look\n" + when + "ERROR [kea-dhcp4.dhcp4/1.2] E act\n");
    const Lines expected{"red|kea.log|DHCP4_STARTED Kea started", "red|kea.log|W look", "red|kea.log|E act"};
    BOOST_TEST(lines_until("E act") == expected, boost::test_tools::per_element());
    BOOST_REQUIRE(levels.size() == 3U);
    BOOST_TEST((levels[0] == Level::info && levels[1] == Level::warning && levels[2] == Level::error));
}

BOOST_AUTO_TEST_CASE(waits_for_the_end_of_a_line)
{
    follow();
    append("log", "one\nhal");
    BOOST_TEST(lines_until("one") == Lines{"red|kea.log|one"}, boost::test_tools::per_element());
    append("log", "f\n");
    BOOST_TEST(lines_until("half") == Lines{"red|kea.log|half"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(goes_on_with_the_new_file_after_a_rotation)
{
    append("log", "before\n");
    follow();
    append("log", "last of the old\n");
    fs::rename(path("log"), path("log.1"));
    append("log", "first of the new\n");
    const Lines expected{"red|kea.log|last of the old", "red|kea.log|first of the new"};
    BOOST_TEST(lines_until("first of the new") == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(starts_over_when_the_file_is_emptied)
{
    append("log", "a long line that was there before\n");
    follow();
    fs::resize_file(path("log"), 0);
    append("log", "new\n");
    BOOST_TEST(lines_until("new") == Lines{"red|kea.log|new"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(skips_what_grows_too_fast_and_says_so)
{
    append("log", "");
    follow();
    append("log", std::string(3U << 20U, 'x') + "\nlast\n");
    const auto repeated = lines_until("last");
    BOOST_REQUIRE(repeated.size() == 2U);
    BOOST_TEST(repeated[0].starts_with("red|kea.log-skipped|"));
    BOOST_TEST(repeated[1] == "red|kea.log|last");
}

BOOST_AUTO_TEST_CASE(cuts_a_line_that_does_not_end)
{
    append("log", "");
    follow();
    append("log", std::string(100000, 'x') + "\nlast\n");
    const auto repeated = lines_until("last");
    BOOST_REQUIRE(repeated.size() == 2U);
    BOOST_TEST(repeated[0].size() < 17000U);
}

BOOST_AUTO_TEST_SUITE_END()
