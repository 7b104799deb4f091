// A child that does a piece of our work instead of running a program.
#include "core/unique_fd.hpp"
#include "fixture.hpp"
#include "process/run.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

namespace {

using namespace keavrf::process;
using keavrf::UniqueFd;
using keavrf::test::await;
using keavrf::test::ProcessFixture;
using namespace std::chrono_literals;

struct Fixture : ProcessFixture {
    static SpawnOptions doing(std::function<int()> work)
    {
        SpawnOptions options;
        options.path = "worker";
        options.work = std::move(work);
        return options;
    }
};

int say(const std::string& text)
{
    return ::write(STDOUT_FILENO, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1;
}

long open_descriptors()
{
    const std::filesystem::directory_iterator descriptors("/proc/self/fd");
    return std::distance(begin(descriptors), end(descriptors)) - 1; // the iterator's own
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(process_work, Fixture)

BOOST_AUTO_TEST_CASE(its_output_and_exit_code_come_back)
{
    const std::string inherited(1000, 'x');
    auto options = doing([&] { return say(inherited) + 3; });
    const auto result = await(context, async_run(options, 60s));
    BOOST_REQUIRE_MESSAGE(result.has_value(), result.error().message());
    BOOST_TEST(result->output == inherited);
    BOOST_TEST(result->status.describe() == "exited with 3");
}

BOOST_AUTO_TEST_CASE(it_has_the_user_and_the_descriptors_given_and_no_others_and_nobody_may_trace_it)
{
    const UniqueFd other(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    auto options = doing([] {
        return say(std::to_string(::getuid()) + " " + std::to_string(::prctl(PR_GET_DUMPABLE)) + " " +
                   std::to_string(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)) + " " +
                   std::to_string(::open("/proc/1/mem", O_RDONLY) < 0 ? errno : 0));
    });
    options.identity = Identity{65534, 65534, {}};
    const auto result = await(context, async_run(options, 60s));
    BOOST_REQUIRE_MESSAGE(result.has_value(), result.error().message());
    BOOST_TEST(result->output == "65534 0 1 " + std::to_string(EACCES));
    // As ourselves, or /proc/self would be closed to it.
    auto counting = doing([] { return static_cast<int>(open_descriptors()); });
    const auto counted = await(context, async_run(counting, 60s));
    BOOST_REQUIRE(counted.has_value());
    BOOST_TEST(counted->status.describe() == "exited with 3");
}

BOOST_AUTO_TEST_CASE(what_it_throws_ends_it_alone)
{
    auto options = doing([]() -> int { throw std::runtime_error("no"); });
    const auto result = await(context, async_run(options, 60s));
    BOOST_REQUIRE(result.has_value());
    BOOST_TEST(result->status.describe() == "exited with 125");
}

BOOST_AUTO_TEST_CASE(it_is_killed_when_it_takes_too_long)
{
    auto options = doing([] {
        for (;;) {
            ::pause();
        }
        return 0;
    });
    const auto result = await(context, async_run(options, 50ms));
    BOOST_REQUIRE(result.has_error());
    BOOST_TEST(result.error().message() == "worker did not end within 50 ms and was killed");
}

BOOST_AUTO_TEST_CASE(it_dies_with_whoever_began_it)
{
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    output.reset(ends[0]);
    UniqueFd write_end(ends[1]);
    const auto keavrfd = ::fork();
    if (keavrfd == 0) {
        auto options = doing([] { return say("begun\n") + ::pause(); });
        options.identity = Identity{65534, 65534, {}};
        options.standard_output = write_end.get();
        const auto spawned = spawn(context.get_executor(), options);
        write_end.reset();
        for (;;) {
            ::pause();
        }
    }
    write_end.reset();
    BOOST_TEST(read_line() == "begun");
    ::kill(keavrfd, SIGKILL);
    BOOST_TEST(::waitpid(keavrfd, nullptr, 0) == keavrfd);
    // The pipe's end: its only other holder is gone.
    BOOST_TEST(read_line().empty());
}

BOOST_AUTO_TEST_SUITE_END()
