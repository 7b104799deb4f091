// Lease files on the disk, and the child that looks at them; what is in them: lease_mender_test.cpp.
#include "core/unique_fd.hpp"
#include "kea/lease_file.hpp"
#include "kea/lease_work.hpp"
#include "lease_folder.hpp"
#include "support/await.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <thread>

namespace {

using namespace keavrf::kea;
using keavrf::test::await;
using namespace std::chrono_literals;

const std::string header = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,"
                           "user_context\n";
const std::string row = "10.50.0.7,02:00:00:00:01:03,,3600,1795851295,1,0,0,,0,\n";
const std::string other_row = "10.50.0.8,02:00:00:00:01:04,,3600,1795851295,1,0,0,,0,\n";
const std::string torn = header + row.substr(0, 20) + other_row;

struct Folder : keavrf::test::LeaseFolder {
    [[nodiscard]] long files() const
    {
        return std::distance(std::filesystem::directory_iterator(path()), std::filesystem::directory_iterator());
    }
    [[nodiscard]] LeaseFindings work(LeaseWork work) const
    {
        return work_on_leases(path("leases.csv"), task().subnets, work);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(kea_lease_file, Folder)

BOOST_AUTO_TEST_CASE(what_was_found_survives_the_way_to_keavrfd_whatever_bytes_it_holds)
{
    LeaseFindings findings;
    findings.files.push_back({"/a\"b", 1, 2, 3, true, true, 4, {{5, "\xff\x01,\n\""}, {6, ""}}, {}});
    findings.files.push_back({"/c", 0, 0, 0, true, false, 0, {}, "no such luck"});
    findings.failure = "disk full";
    findings.in_use = true;
    const auto said = to_text(findings);
    const auto heard = parse_findings(said);
    BOOST_REQUIRE(heard.has_value());
    BOOST_TEST(to_text(*heard) == said);
    BOOST_TEST(heard->files[0].examples[0].text == "\xff\x01,\n\"");
    BOOST_TEST(heard->files[0].mended);
    BOOST_TEST(heard->files[1].damaged);
    BOOST_TEST(heard->files[1].unseen == "no such luck");
    BOOST_TEST(heard->failure == "disk full");
    BOOST_TEST(heard->in_use);
}

BOOST_AUTO_TEST_CASE(what_no_honest_child_says_is_an_error)
{
    for (const auto* said : {"", "null", "[]", "{}", "{\"files\":[],\"failure\":1}",
                             "{\"files\":[{}],\"failure\":\"\"}", "{\"files\":[],\"failure\":\"\"} and more"}) {
        BOOST_TEST(parse_findings(said).has_error(), said);
    }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_whole_is_mended_and_keeps_its_mode)
{
    append("leases.csv", torn);
    append("leases.csv.output", "half");
    append("leases.csv.keavrfd-new", "half");
    BOOST_REQUIRE(::chmod(path("leases.csv").c_str(), 0604) == 0);
    const auto mended = await(context, async_mend_leases(task()));
    BOOST_TEST(mended.has_value());
    BOOST_TEST(read("leases.csv") == header + other_row);
    struct stat status {};
    BOOST_REQUIRE(::stat(path("leases.csv").c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 0777U) == 0604U);
    BOOST_TEST(files() == 1);
}

BOOST_AUTO_TEST_CASE(a_file_that_kea_works_on_is_only_looked_at)
{
    append("leases.csv", torn);
    append("leases.csv.output", "half");
    BOOST_TEST((await(context, async_lease_state(task())).value() == LeaseState::mendable));
    BOOST_TEST(read("leases.csv") == torn);
    BOOST_TEST(read("leases.csv.output") == "half");
    BOOST_TEST(files() == 2);
    append("leases.csv.completed", header);
    std::filesystem::remove(path("leases.csv"));
    append("leases.csv", header + row);
    BOOST_TEST((await(context, async_lease_state(task())).value() == LeaseState::whole));
}

// With a new configuration Kea loads the file again, and would hand both addresses to the one client.
BOOST_AUTO_TEST_CASE(a_lease_that_was_never_acknowledged_is_a_reason_to_mend_before_a_reload)
{
    const std::string same_client_later = "10.50.0.8,02:00:00:00:01:03,,3600,1795851295,1,0,0,,0,\n";
    append("leases.csv", header + row + same_client_later);
    const auto found = work(LeaseWork::look).files.back();
    BOOST_TEST(found.ghosts == 1U);
    BOOST_TEST(found.separated + found.zeroed == 0U);
    BOOST_TEST((await(context, async_lease_state(task())).value() == LeaseState::mendable));
}

BOOST_AUTO_TEST_CASE(what_is_no_lease_file_is_told_and_left)
{
    BOOST_REQUIRE(::mkfifo(path("leases.csv").c_str(), 0600) == 0);
    BOOST_TEST(work(LeaseWork::mend).files.back().unseen.find("is no plain file") != std::string::npos);
    BOOST_TEST(await(context, async_mend_leases(task())).has_value());
    BOOST_TEST(std::filesystem::is_fifo(path("leases.csv")));
}

BOOST_AUTO_TEST_CASE(with_no_file_there_is_nothing_to_do)
{
    BOOST_TEST(await(context, async_mend_leases(task())).has_value());
    BOOST_TEST(std::filesystem::is_empty(path()));
}

BOOST_AUTO_TEST_CASE(kea_s_user_alone_does_it)
{
    if (::geteuid() != 0) {
        return;
    }
    append("leases.csv", torn);
    BOOST_REQUIRE(::chmod(path().c_str(), 0755) == 0);
    auto foreign = task();
    foreign.identity = keavrf::process::Identity{65534, 65534, {}};
    // Root's folder, in which that user can make nothing.
    const auto mended = await(context, async_mend_leases(foreign));
    BOOST_REQUIRE(mended.has_error());
    BOOST_TEST(mended.error().message().find("is not whole and cannot be mended") != std::string::npos,
               mended.error().message());
    // Before a Kea that works there is stopped for it.
    const auto state = await(context, async_lease_state(foreign));
    BOOST_REQUIRE(state.has_error());
    BOOST_TEST(state.error().message().find("is not whole and cannot be mended") != std::string::npos,
               state.error().message());
    BOOST_TEST(state.error().message().find("(Kea goes on with the configuration it runs") != std::string::npos);
    BOOST_TEST(read("leases.csv") == torn);
}

BOOST_AUTO_TEST_CASE(what_is_mended_on_trial_is_left_as_it_is)
{
    append("leases.csv", torn);
    BOOST_TEST(work(LeaseWork::prove).failure.empty());
    BOOST_TEST(!work(LeaseWork::prove).files.back().mended);
    BOOST_TEST(work(LeaseWork::prove).files.back().damaged);
    BOOST_TEST(read("leases.csv") == torn);
    BOOST_TEST(files() == 1);
}

BOOST_AUTO_TEST_CASE(what_takes_room_on_the_disk_takes_time_and_holes_do_not)
{
    BOOST_TEST((lease_allowance(path("leases.csv")) == 0s));
    append("leases.csv", std::string(std::size_t{3} << 20U, 'x'));
    BOOST_TEST((lease_allowance(path("leases.csv")) >= 3s));
    BOOST_TEST((lease_allowance(path("leases.csv")) < 5s));
    BOOST_REQUIRE(::truncate(path("leases.csv").c_str(), 0) == 0);
    BOOST_REQUIRE(::truncate(path("leases.csv").c_str(), off_t{1} << 40U) == 0);
    BOOST_TEST((lease_allowance(path("leases.csv")) == 0s));
}

// Not even removed, what looks unfinished: it may be the other's.
BOOST_AUTO_TEST_CASE(where_another_process_writes_nothing_is_touched_and_it_is_named)
{
    append("leases.csv", torn);
    append("leases.csv.output", "x");
    keavrf::process::SpawnOptions options;
    options.path = "/bin/sh";
    options.arguments = {"-c", "exec 3>>" + path("leases.csv") + "; : > " + path("ready") + "; exec sleep 1000"};
    options.environment = {"PATH=/usr/bin:/bin"};
    auto writer = keavrf::process::spawn(context.get_executor(), options);
    BOOST_REQUIRE_MESSAGE(writer.has_value(), writer.error().message());
    while (!std::filesystem::exists(path("ready"))) {
        std::this_thread::yield();
    }
    const auto refused = await(context, async_mend_leases(task()));
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST(refused.error().is(EWOULDBLOCK));
    const auto pid = "pid " + std::to_string(writer->process.pid().value()) + " (/";
    BOOST_TEST(refused.error().message().find(pid) != std::string::npos, refused.error().message());
    BOOST_TEST(refused.error().message().find(path("leases.csv")) != std::string::npos, refused.error().message());
    BOOST_TEST(read("leases.csv") == torn);
    BOOST_TEST(std::filesystem::exists(path("leases.csv.output")));
    await(context, writer->process.async_stop(0s));
    BOOST_TEST(await(context, async_mend_leases(task())).has_value());
    BOOST_TEST(!std::filesystem::exists(path("leases.csv.output")));
}

BOOST_AUTO_TEST_CASE(who_only_reads_is_in_nobodys_way)
{
    append("leases.csv", header + row);
    const keavrf::UniqueFd reader(::open(path("leases.csv").c_str(), O_RDONLY | O_CLOEXEC));
    BOOST_REQUIRE(reader);
    BOOST_TEST(await(context, async_mend_leases(task())).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
