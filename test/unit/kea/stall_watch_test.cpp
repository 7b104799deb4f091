#include "core/task_group.hpp"
#include "kea/stall_watch.hpp"
#include "support/await.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <vector>

namespace {

using namespace std::chrono_literals;
using keavrf::ProcessId;
using keavrf::kea::StallWatch;
using keavrf::kea::WorkSeen;
namespace asio = boost::asio;

// A process that waits, or works, for ever.
class Child {
public:
    explicit Child(bool works) : pid_(::fork())
    {
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            while (true) {
                works ? ::getppid() : ::pause();
            }
        }
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child()
    {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] ProcessId pid() const { return ProcessId(pid_); }

private:
    pid_t pid_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(kea_stall_watch)

BOOST_AUTO_TEST_CASE(no_processor_time_for_the_limit_is_a_stall_and_a_late_look_is_none)
{
    struct Look {
        std::chrono::milliseconds at;
        std::chrono::nanoseconds taken;
        bool stalled;
    };
    struct Case {
        const char* name;
        std::vector<Look> looks;
    };
    const std::vector<Case> cases{
        {"works a little each time",
         {{1s, 1ns, false}, {3s, 2ns, false}, {5s, 3ns, false}, {7s, 4ns, false}, {9s, 5ns, false}}},
        {"stands still from the first look on",
         {{1s, 7ns, false}, {3s, 7ns, false}, {5s, 7ns, false}, {7s, 7ns, false}, {9s, 7ns, true}}},
        {"stands still from the beginning",
         {{2s, 0ns, false}, {4s, 0ns, false}, {6s, 0ns, false}, {7999ms, 0ns, false}, {8s, 0ns, true}}},
        {"works again before the limit",
         {{1s, 7ns, false}, {3s, 7ns, false}, {5s, 7ns, false}, {7s, 8ns, false}, {9s, 8ns, false}, {11s, 8ns, false}}},
        {"we stood still ourselves",
         {{1s, 7ns, false},
          {3s, 7ns, false},
          {60s, 7ns, false},
          {62s, 7ns, false},
          {64s, 7ns, false},
          {66s, 7ns, false},
          {68s, 7ns, true}}},
    };
    for (const auto& [name, looks] : cases) {
        BOOST_TEST_CONTEXT(name)
        {
            const WorkSeen::TimePoint start{1h};
            WorkSeen work(start, 8s, 0ns);
            BOOST_TEST((work.interval() == 1s));
            for (const auto& [at, taken, stalled] : looks) {
                BOOST_TEST_CONTEXT(at.count() << " ms")
                {
                    BOOST_TEST(work.stalled(start + at, taken) == stalled);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_process_that_stands_still_is_told_once_and_one_that_works_is_not)
{
    asio::io_context context;
    const Child waits(false);
    const Child works(true);
    int waiting = 0;
    int working = 0;
    {
        const StallWatch first(context.get_executor(), waits.pid(), 200ms, [&] { ++waiting; });
        const StallWatch second(context.get_executor(), works.pid(), 1s, [&] { ++working; });
        keavrf::test::await(context, keavrf::async_sleep(1500ms));
    }
    BOOST_TEST(waiting == 1);
    BOOST_TEST(working == 0);
}

BOOST_AUTO_TEST_CASE(a_watch_that_is_gone_and_a_process_that_is_gone_tell_nothing)
{
    asio::io_context context;
    int told = 0;
    const Child waits(false);
    {
        const StallWatch watch(context.get_executor(), waits.pid(), 10ms, [&] { ++told; });
    }
    const StallWatch of_nobody(context.get_executor(), ProcessId(0x3fffffff), 10ms, [&] { ++told; });
    keavrf::test::await(context, keavrf::async_sleep(200ms));
    BOOST_TEST(told == 0);
}

BOOST_AUTO_TEST_SUITE_END()
