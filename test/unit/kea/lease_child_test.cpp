// The child that works on lease files: what its end means, and that no Kea comes before it.
#include "core/task_group.hpp"
#include "core/unique_fd.hpp"
#include "kea/folders.hpp"
#include "kea/lease_child.hpp"
#include "lease_folder.hpp"
#include "process/spawn.hpp"
#include "support/await.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace {

using namespace keavrf::kea;
using keavrf::Error;
using keavrf::Result;
using keavrf::TaskGroup;
using keavrf::process::not_ended;
using keavrf::process::RunResult;
using keavrf::test::await;
namespace asio = boost::asio;
using namespace std::chrono_literals;

const std::string header = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,"
                           "user_context\n";
const std::string row = "10.50.0.7,02:00:00:00:01:03,,3600,1795851295,1,0,0,,0,\n";
const std::string torn = row.substr(0, 20) + row;

constexpr auto all_works = {LeaseWork::look, LeaseWork::tidy, LeaseWork::mend, LeaseWork::prove};

Result<RunResult> ended(const std::string& output, int code = 0)
{
    RunResult run;
    run.status.exited = true;
    run.status.code = code;
    run.output = output;
    return run;
}

std::string unseen(const Result<LeaseFindings>& outcome)
{
    BOOST_REQUIRE(outcome.has_value());
    return outcome->files.empty() ? std::string() : outcome->files.front().unseen;
}

std::string error_of(const Result<LeaseFindings>& outcome)
{
    BOOST_REQUIRE(outcome.has_error());
    return outcome.error().message();
}

struct Folder : keavrf::test::LeaseFolder {
    // To look at all of it takes an hour.
    void make_a_tebibyte_of_holes() const
    {
        append("leases.csv", header + torn);
        BOOST_REQUIRE(::truncate(path("leases.csv").c_str(), off_t{1} << 40U) == 0);
    }
};

asio::awaitable<void> mend_and_forget(LeaseTask task)
{
    const auto mended = co_await async_mend_leases(std::move(task));
    (void)mended;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(kea_lease_child, Folder)

BOOST_AUTO_TEST_CASE(a_look_that_takes_too_long_tells_nothing_and_a_mend_that_does_is_an_error)
{
    const Result<RunResult> late(Error::from_errno("killed", ETIMEDOUT));
    for (const auto work : {LeaseWork::look, LeaseWork::tidy}) {
        BOOST_TEST(unseen(outcome_of(late, "/leases", work, 31s)) == "to look at it took longer than 31 s");
    }
    for (const auto work : {LeaseWork::mend, LeaseWork::prove}) {
        const auto mend = outcome_of(late, "/leases", work, 31s);
        BOOST_TEST(error_of(mend) == "the lease file /leases is not whole, and to mend it took longer than 31 s");
        BOOST_TEST(mend.error().is(ETIMEDOUT));
    }
}

BOOST_AUTO_TEST_CASE(one_that_does_not_end_or_was_stopped_by_others_is_an_error_whatever_it_did)
{
    const Result<RunResult> stuck(Error::from_errno("it does not end", not_ended));
    for (const auto work : all_works) {
        const auto outcome = outcome_of(stuck, "/leases", work, 31s);
        BOOST_TEST(error_of(outcome).find("the lease file /leases cannot be looked at: it does not end") == 0U);
        BOOST_TEST(outcome.error().is(not_ended));
        BOOST_TEST(error_of(outcome_of(ended("", 125), "/leases", work, 31s)).find("exited with 125") !=
                   std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(what_it_says_counts_where_it_ended_by_itself)
{
    for (const auto work : all_works) {
        const auto said = ended(to_text(nothing_seen("/leases", "no such luck")));
        BOOST_TEST(unseen(outcome_of(said, "/leases", work, 31s)) == "no such luck");
        BOOST_TEST(outcome_of(ended("nonsense"), "/leases", work, 31s).has_error());
    }
}

BOOST_AUTO_TEST_CASE(a_file_that_takes_too_long_to_look_at_does_not_keep_kea_from_starting)
{
    make_a_tebibyte_of_holes();
    append("leases.csv.keavrfd-new", "half");
    auto hurried = task();
    hurried.look_limit = 500ms;
    BOOST_TEST(await(context, async_mend_leases(hurried)).has_value());
    BOOST_TEST(std::filesystem::file_size(path("leases.csv")) == std::uintmax_t{1} << 40U);
}

BOOST_AUTO_TEST_CASE(a_mend_that_takes_too_long_keeps_kea_from_starting_until_one_is_quick_enough)
{
    std::string text = header;
    for (int number = 0; number < 50'000; ++number) {
        text += torn;
    }
    append("leases.csv", text);
    auto hurried = task();
    hurried.mend_limit = 0ms;
    const auto late = await(context, async_mend_leases(hurried));
    BOOST_REQUIRE(late.has_error());
    BOOST_TEST(late.error().message().find(" is not whole, and to mend it took longer than 0 s (Kea is not started") !=
                   std::string::npos,
               late.error().message());
    BOOST_TEST(!std::filesystem::exists(path("leases.csv.keavrfd-new")));
    BOOST_TEST((read("leases.csv") == text));
    BOOST_TEST(await(context, async_mend_leases(task())).has_value());
    BOOST_TEST(std::filesystem::file_size(path("leases.csv")) == header.size() + 50'000 * row.size());
}

BOOST_AUTO_TEST_CASE(no_kea_comes_before_it_has_ended)
{
    make_a_tebibyte_of_holes();
    auto lock = lock_file(path("locks/red"));
    BOOST_REQUIRE(lock.has_value());
    auto slow = task();
    slow.lock = lock->get();
    slow.look_limit = 1h;
    TaskGroup tasks(context.get_executor());
    tasks.spawn("mend", mend_and_forget(slow));
    context.restart();
    context.poll();
    lock->reset(); // as where the start that wanted it is given up
    const auto meanwhile = lock_file(path("locks/red"));
    BOOST_TEST((meanwhile.has_error() && meanwhile.error().is(EWOULDBLOCK)));
    tasks.stop();
    await(context, tasks.async_join());
    BOOST_TEST(lock_file(path("locks/red")).has_value());
}

// As every Kea has its lease file, whatever became of its lock.
BOOST_AUTO_TEST_CASE(a_file_that_a_process_has_open_for_writing_is_not_touched_and_the_process_is_named)
{
    const auto whole = header + row.substr(0, 20) + row;
    append("leases.csv", whole);
    keavrf::UniqueFd writer(::open(path("leases.csv").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    keavrf::process::SpawnOptions options;
    options.path = "/bin/sleep";
    options.arguments = {"1000"};
    options.standard_output = writer.get();
    auto child = keavrf::process::spawn(context.get_executor(), options);
    writer.reset();
    BOOST_REQUIRE_MESSAGE(child.has_value(), child.error().message());
    const auto refused = await(context, async_mend_leases(task()));
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST(refused.error().is(EWOULDBLOCK));
    const auto pid = "pid " + std::to_string(child->process.pid().value()) + " (/";
    BOOST_TEST(refused.error().message().find(pid) != std::string::npos, refused.error().message());
    BOOST_TEST((read("leases.csv") == whole));
    await(context, child->process.async_stop(0s));
    const keavrf::UniqueFd reader(::open(path("leases.csv").c_str(), O_RDONLY | O_CLOEXEC));
    BOOST_TEST(await(context, async_mend_leases(task())).has_value()); // who only reads it is in nobody's way
    BOOST_TEST((read("leases.csv") == header + row));
}

BOOST_AUTO_TEST_SUITE_END()
