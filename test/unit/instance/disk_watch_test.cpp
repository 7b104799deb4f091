// The child that tries a disk; the disk is a FIFO here, which whoever opens it waits for.
#include "core/task_group.hpp"
#include "core/unique_fd.hpp"
#include "instance/disk_watch.hpp"
#include "support/await.hpp"
#include "support/wait.hpp"

#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace keavrf;
using instance::DiskWatch;
using keavrf::test::await;

struct Fifo {
    Fifo()
    {
        BOOST_REQUIRE(::mkdtemp(folder.data()) != nullptr);
        path = folder + "/disk";
        BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    }
    Fifo(const Fifo&) = delete;
    Fifo& operator=(const Fifo&) = delete;
    ~Fifo()
    {
        ::unlink(path.c_str());
        ::unlink((folder + "/count").c_str());
        ::rmdir(folder.c_str());
    }
    [[nodiscard]] std::function<int()> attempt() const
    {
        return [path = path, count = folder + "/count"] {
            const UniqueFd counted(::open(count.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
            const bool noted = ::write(counted.get(), "x", 1) == 1;
            const UniqueFd opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
            return noted && opened ? 0 : 1;
        };
    }
    [[nodiscard]] unsigned tries() const
    {
        struct stat status {};
        return ::stat((folder + "/count").c_str(), &status) == 0 ? static_cast<unsigned>(status.st_size) : 0;
    }
    // For good: whoever opens it from now on does not wait.
    void answer() { writer = UniqueFd(::open(path.c_str(), O_RDWR | O_CLOEXEC)); }

    std::string folder = "/tmp/keavrf-disk-XXXXXX";
    std::string path;
    UniqueFd writer;
};

asio::awaitable<void> ask(DiskWatch* disk, std::vector<Result<void>>* answers)
{
    const auto answer = co_await disk->async_ask();
    answers->push_back(answer);
}

asio::awaitable<void> ask_together(DiskWatch* disk, std::vector<Result<void>>* answers)
{
    TaskGroup group(co_await asio::this_coro::executor);
    for (unsigned number = 0; number < 3; ++number) {
        group.spawn("ask", ask(disk, answers));
    }
    co_await group.async_join();
}

asio::awaitable<void> ask_twice_and_again_when_it_is_back(DiskWatch* disk, Fifo* fifo, const bool* is_back,
                                                          std::vector<Result<void>>* answers)
{
    co_await ask(disk, answers);
    co_await ask(disk, answers);
    fifo->answer();
    while (!*is_back) {
        co_await async_sleep(std::chrono::milliseconds(5));
    }
    co_await ask(disk, answers);
}

// Runs `task` beside disk.run(), which ends with it.
asio::awaitable<void> beside(DiskWatch* disk, asio::awaitable<void> task)
{
    const auto executor = co_await asio::this_coro::executor;
    TaskGroup group(executor);
    group.spawn("disk", disk->run());
    co_await asio::post(executor, asio::use_awaitable); // it runs, then
    co_await std::move(task);
    group.stop();
    co_await group.async_join();
}

// What the child does cannot be copied for it while `now`.
struct Refuses {
    Refuses(bool* when, std::function<int()> what) : now(when), attempt(std::move(what)) { *now = false; }
    Refuses(const Refuses& other) : now(other.now), attempt(other.attempt)
    {
        if (*now) {
            throw std::bad_alloc();
        }
    }
    Refuses(Refuses&&) = default;
    Refuses& operator=(const Refuses&) = delete;
    Refuses& operator=(Refuses&&) = delete;
    ~Refuses() = default;
    int operator()() const { return attempt(); }

    bool* now;
    std::function<int()> attempt;
};

asio::awaitable<void> ask_when_short_and_again(DiskWatch* disk, bool* short_of_memory,
                                               std::vector<Result<void>>* answers)
{
    *short_of_memory = true;
    co_await ask(disk, answers);
    *short_of_memory = false;
    co_await ask(disk, answers);
}

// The child says who it is, each time; `kill`: nobody but itself could.
std::function<int()> attempt_that_tells(const std::string& path, bool kill)
{
    return [path, kill] {
        const auto text = std::to_string(::getpid()) + "\n";
        const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
        const bool told = ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
        if (kill) {
            ::kill(::getpid(), SIGKILL);
        }
        return told ? 0 : 1;
    };
}

asio::awaitable<void> ask_three_times(DiskWatch* disk, std::vector<Result<void>>* answers)
{
    for (unsigned number = 0; number < 3; ++number) {
        co_await ask(disk, answers);
        co_await async_sleep(std::chrono::milliseconds(110)); // an answer holds for 100
    }
}

std::vector<std::string> lines_of(const std::string& path)
{
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
        lines.push_back(line);
    }
    return lines;
}

struct Disk : Fifo {
    asio::io_context context;
    DiskWatch disk{context.get_executor(), "state-dir", folder, attempt()};
    std::vector<Result<void>> answers;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(disk_watch, Disk)

BOOST_AUTO_TEST_CASE(one_that_answers_is_tried_once_for_all_who_ask)
{
    answer();
    await(context, beside(&disk, ask_together(&disk, &answers)));
    BOOST_REQUIRE(answers.size() == 3U);
    for (const auto& told : answers) {
        BOOST_TEST(told.has_value());
    }
    BOOST_TEST(tries() == 1U);
}

BOOST_AUTO_TEST_CASE(one_that_hangs_is_told_of_at_once_until_it_is_back)
{
    bool is_back = false;
    disk.on_return([&] { is_back = true; });
    await(context, beside(&disk, ask_twice_and_again_when_it_is_back(&disk, this, &is_back, &answers)));
    BOOST_REQUIRE(answers.size() == 3U);
    for (std::size_t early = 0; early < 2; ++early) {
        BOOST_REQUIRE(answers[early].has_error());
        BOOST_TEST(answers[early].error().is(ETIMEDOUT));
        BOOST_TEST(answers[early].error().message().find("the disk under state-dir (" + folder + ") does not answer") ==
                   0U);
    }
    BOOST_TEST(answers[2].has_value());
    BOOST_TEST(tries() == 1U);
}

BOOST_AUTO_TEST_CASE(one_child_tries_it_again_and_again)
{
    const auto told = folder + "/count";
    DiskWatch other(context.get_executor(), "state-dir", folder, attempt_that_tells(told, false));
    await(context, beside(&other, ask_three_times(&other, &answers)));
    const auto children = lines_of(told);
    BOOST_REQUIRE(children.size() == 3U);
    BOOST_TEST(children[0] == children[1]);
    BOOST_TEST(children[1] == children[2]);
    BOOST_TEST(keavrf::test::eventually([] { return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }));
}

// That it ended is an answer: it waits for no disk.
BOOST_AUTO_TEST_CASE(one_that_is_killed_over_it_is_made_anew)
{
    const auto told = folder + "/count";
    DiskWatch other(context.get_executor(), "state-dir", folder, attempt_that_tells(told, true));
    await(context, beside(&other, ask_three_times(&other, &answers)));
    BOOST_REQUIRE(answers.size() == 3U);
    for (const auto& answer : answers) {
        BOOST_TEST(answer.has_value());
    }
    const auto children = lines_of(told);
    BOOST_REQUIRE(children.size() == 3U);
    BOOST_TEST(children[0] != children[1]);
    BOOST_TEST(children[1] != children[2]);
}

// keavrfd lacks something: it knows nothing of the disk, and asks again the next time.
BOOST_AUTO_TEST_CASE(one_that_cannot_be_tried_is_tried_the_next_time)
{
    answer();
    bool short_of_memory = true;
    DiskWatch other(context.get_executor(), "state-dir", folder, Refuses{&short_of_memory, attempt()});
    await(context, beside(&other, ask_when_short_and_again(&other, &short_of_memory, &answers)));
    BOOST_REQUIRE(answers.size() == 2U);
    BOOST_TEST(answers[0].has_value());
    BOOST_TEST(answers[1].has_value());
    BOOST_TEST(tries() == 1U);
}

BOOST_AUTO_TEST_CASE(the_child_that_waits_goes_with_its_watch)
{
    await(context, beside(&disk, ask(&disk, &answers)));
    BOOST_REQUIRE(answers.size() == 1U);
    BOOST_TEST(answers[0].has_error());
    BOOST_TEST(keavrf::test::eventually([] { return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }));
}

BOOST_AUTO_TEST_CASE(where_nobody_watches_nobody_waits)
{
    await(context, ask(&disk, &answers));
    BOOST_REQUIRE(answers.size() == 1U);
    BOOST_TEST(answers[0].has_value());
    BOOST_TEST(tries() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
