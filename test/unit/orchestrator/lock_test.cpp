#include "orchestrator/lock.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace {

using keavrf::orchestrator::Lock;

struct Folder {
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "keavrf-lock-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }
    [[nodiscard]] std::string file() const { return path + "/lock"; }
    std::string path;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(orchestrator_lock, Folder)

BOOST_AUTO_TEST_CASE(the_second_one_is_told_who_holds_it_and_what_to_do)
{
    const auto first = Lock::acquire(file(), "the state folder " + path);
    BOOST_REQUIRE(first.has_value());
    const auto second = Lock::acquire(file(), "the state folder " + path);
    BOOST_REQUIRE(second.has_error());
    BOOST_TEST(second.error().message() ==
               "another keavrfd (pid " + std::to_string(::getpid()) + ") already uses the state folder " + path +
                   " (stop it first, or give this one a runtime-dir, state-dir, log-dir and "
                   "netns-prefix of its own)");
}

BOOST_AUTO_TEST_CASE(letting_go_leaves_no_file_and_lets_the_next_one_in)
{
    {
        const auto first = Lock::acquire(file(), "it");
        BOOST_REQUIRE(first.has_value());
        BOOST_TEST(std::filesystem::exists(file()));
    }
    BOOST_TEST(!std::filesystem::exists(file()));
    BOOST_TEST(Lock::acquire(file(), "it").has_value());
}

BOOST_AUTO_TEST_CASE(what_a_killed_holder_was_about_to_execute_is_waited_for)
{
    // The holder dies at once; its child has a copy of the lock for a moment more, as between clone and execve.
    const auto holder = ::fork();
    if (holder == 0) {
        const auto held = Lock::acquire(file(), "it");
        if (::fork() == 0) {
            ::usleep(200'000);
        }
        ::_exit(held ? 0 : 1);
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(holder, &status, 0) == holder);
    BOOST_REQUIRE(status == 0);
    BOOST_TEST(Lock::acquire(file(), "it").has_value());
}

BOOST_AUTO_TEST_CASE(a_file_left_by_a_killed_holder_locks_nobody_out)
{
    const auto child = ::fork();
    if (child == 0) {
        const auto held = Lock::acquire(file(), "it");
        ::_exit(held ? 0 : 1); // without letting go, as by SIGKILL
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_REQUIRE(status == 0);
    BOOST_REQUIRE(std::filesystem::exists(file()));
    BOOST_TEST(Lock::acquire(file(), "it").has_value());
}

BOOST_AUTO_TEST_CASE(a_file_that_somebody_removed_is_made_anew_and_locks_the_next_one_out)
{
    std::filesystem::create_directory(path + "/folder");
    auto lock = Lock::acquire(path + "/folder/lock", "it");
    BOOST_REQUIRE(lock.has_value());
    BOOST_TEST(!lock->keep().value(), "it is there");
    std::filesystem::remove_all(path + "/folder");
    BOOST_TEST(lock->keep().value());
    BOOST_TEST(!lock->keep().value());
    const auto second = Lock::acquire(path + "/folder/lock", "it");
    BOOST_REQUIRE(second.has_error());
    BOOST_TEST(second.error().message().find("pid " + std::to_string(::getpid())) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(where_another_was_quicker_it_is_named_and_its_file_is_left_alone)
{
    std::optional<Lock> first;
    {
        auto made = Lock::acquire(file(), "it");
        BOOST_REQUIRE(made.has_value());
        first.emplace(std::move(*made));
    }
    std::filesystem::remove(file());
    const auto second = Lock::acquire(file(), "it");
    BOOST_REQUIRE(second.has_value());
    const auto kept = first->keep();
    BOOST_REQUIRE(kept.has_error());
    BOOST_TEST(kept.error().message().find("another keavrfd (pid " + std::to_string(::getpid())) != std::string::npos);
    first.reset();
    BOOST_TEST(std::filesystem::exists(file()));
}

BOOST_AUTO_TEST_CASE(whoever_keeps_a_lock_waits_for_nobody)
{
    auto first = Lock::acquire(file(), "it");
    BOOST_REQUIRE(first.has_value());
    std::filesystem::remove(file());
    // Another takes it and dies; its child keeps a copy for as long as the pipe is open.
    std::array<int, 2> pipe{};
    BOOST_REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    const auto holder = ::fork();
    if (holder == 0) {
        const auto held = Lock::acquire(file(), "it");
        if (::fork() == 0) {
            ::close(pipe[1]);
            char byte = 0;
            ::_exit(::read(pipe[0], &byte, 1) == 0 ? 0 : 1);
        }
        ::_exit(held ? 0 : 1);
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(holder, &status, 0) == holder);
    BOOST_REQUIRE(status == 0);
    const auto kept = first->keep();
    ::close(pipe[0]);
    ::close(pipe[1]);
    BOOST_REQUIRE(kept.has_error());
    BOOST_TEST(kept.error().message().find("(pid " + std::to_string(holder) + ")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_file_holds_the_pid_and_nothing_of_an_older_one)
{
    std::ofstream(file()) << "1234567890123 and more\n";
    const auto lock = Lock::acquire(file(), "it");
    BOOST_REQUIRE(lock.has_value());
    std::ostringstream text;
    text << std::ifstream(file()).rdbuf();
    BOOST_TEST(text.str() == std::to_string(::getpid()) + "\n");
}

BOOST_AUTO_TEST_CASE(a_link_in_the_file_s_place_is_not_followed)
{
    std::filesystem::create_symlink(path + "/elsewhere", file());
    BOOST_TEST(Lock::acquire(file(), "it").has_error());
    BOOST_TEST(!std::filesystem::exists(path + "/elsewhere"));
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_there_is_an_error_that_names_it)
{
    const auto lock = Lock::acquire(path + "/none/lock", "it");
    BOOST_REQUIRE(lock.has_error());
    BOOST_TEST(lock.error().message().find(path + "/none/lock: No such file or directory") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
