// The life of a real Kea, in order.
#include "core/log.hpp"
#include "core/task_group.hpp"
#include "fixture.hpp"
#include "kea/log_follower.hpp"
#include "process/reaper.hpp"

#include <sys/stat.h>

#include <csignal>

namespace {

using namespace keavrf::kea;
using keavrf::TaskGroup;
using keavrf::VrfName;
using keavrf::process::process_identity;
using keavrf::test::KeaFixture;
namespace fs = std::filesystem;
namespace json = boost::json;

struct Ownership {
    uid_t user;
    gid_t group;
    mode_t mode;
};

Ownership ownership_of(const std::string& path)
{
    struct stat status {};
    BOOST_REQUIRE_MESSAGE(::lstat(path.c_str(), &status) == 0, path);
    return {status.st_uid, status.st_gid, status.st_mode & 07777U};
}

void check_ownership(const std::string& path, uid_t user, gid_t group, mode_t mode)
{
    BOOST_TEST_CONTEXT(path)
    {
        const auto actual = ownership_of(path);
        BOOST_TEST(actual.user == user);
        BOOST_TEST(actual.group == group);
        BOOST_TEST(actual.mode == mode);
    }
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(kea_server, KeaFixture)

BOOST_AUTO_TEST_CASE(the_installed_kea_tells_its_version)
{
    const auto version = wait(async_detect_version("/usr/sbin/kea-dhcp4", identity));
    BOOST_REQUIRE_MESSAGE(version.has_value(), version.error().message());
    BOOST_TEST((*version >= minimum_version));
}

BOOST_AUTO_TEST_CASE(starts_answers_and_stops)
{
    Server server(context.get_executor(), spec());
    BOOST_TEST(!server.running());
    BOOST_TEST(server.pid().value() == 0);
    start(server, configuration());
    BOOST_TEST(server.running());
    BOOST_TEST(listens(server.pid()));
    BOOST_TEST(reply_text(ask(server, "version-get")).starts_with("2."));

    const auto status = slurp("/proc/" + std::to_string(server.pid().value()) + "/status");
    BOOST_TEST(status.find("\nUid:\t" + std::to_string(identity.user) + "\t") != std::string::npos);
    BOOST_TEST(status.find("\nCapEff:\t0000000000000400\n") != std::string::npos);
    BOOST_TEST(status.find("\nNoNewPrivs:\t1\n") != std::string::npos);
    BOOST_TEST(process_identity(server.pid())->executable == spec().binary);
    const auto environment = slurp("/proc/" + std::to_string(server.pid().value()) + "/environ");
    BOOST_TEST(environment.find("HOME=") == std::string::npos);
    BOOST_TEST(environment.find("KEA_CONTROL_SOCKET_DIR=" + paths.kea_folder) != std::string::npos);

    const auto pid = server.pid();
    BOOST_TEST(wait(server.async_stop()).describe() == "exited with 0");
    BOOST_TEST(!server.running());
    BOOST_TEST(!fs::exists("/proc/" + std::to_string(pid.value())));
    BOOST_TEST(wait(server.async_stop()).describe() == "ended");
    BOOST_TEST(wait(server.async_wait_exit()).describe() == "ended");
}

BOOST_AUTO_TEST_CASE(its_folders_are_keas_only_where_kea_must_write)
{
    Server server(context.get_executor(), spec());
    start(server, configuration());
    const auto user = identity.user;
    const auto group = identity.group;
    check_ownership(base + "/run", 0, 0, 0711);
    check_ownership(paths.runtime_folder, 0, group, 0750);
    check_ownership(paths.configuration, 0, group, 0640);
    check_ownership(paths.kea_folder, user, group, 0750);
    check_ownership(paths.state_folder, user, group, 0750);
    check_ownership(paths.log_folder, user, group, 0750);
    BOOST_TEST(fs::exists(paths.lease_file));
    BOOST_TEST(fs::exists(paths.log_file));
    wait(server.async_stop());
    // The leases stay, whatever is done.
    BOOST_TEST(server.prepare_folders().has_value());
    BOOST_TEST(fs::exists(paths.lease_file));
}

BOOST_AUTO_TEST_CASE(tests_a_configuration_without_a_change)
{
    Server server(context.get_executor(), spec());
    start(server, configuration());
    const auto before = json::serialize(ask(server, "config-get"));
    const auto good = configuration(R"({"subnet4": [{"subnet": "10.0.0.0/8"}]})");
    BOOST_TEST(wait(server.async_test(good)).has_value());
    const auto bad =
        configuration(R"({"subnet4": [{"subnet": "10.0.0.0/8", "pools": [{"pool": "11.0.0.1 - 11.0.0.2"}]}]})");
    const auto refused = wait(server.async_test(bad));
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST(refused.error().message().starts_with("config-test: "));
    BOOST_TEST(refused.error().message().find("11.0.0.1") != std::string::npos);
    BOOST_TEST(wait(server.async_test(configuration(R"({"no-such-key": 1})"))).has_error());
    BOOST_TEST(json::serialize(ask(server, "config-get")) == before);
    wait(server.async_stop());
}

BOOST_AUTO_TEST_CASE(applies_a_configuration_live_and_for_the_next_start)
{
    Server server(context.get_executor(), spec());
    start(server, configuration());
    const auto pid = server.pid();
    const auto changed = configuration(R"({"subnet4": [{"subnet": "10.20.0.0/16"}]})");
    const auto applied = wait(server.async_apply(changed));
    BOOST_REQUIRE_MESSAGE(applied.has_value(), applied.error().message());
    BOOST_TEST(server.pid().value() == pid.value());
    BOOST_TEST(listens(pid));
    BOOST_TEST(json::serialize(ask(server, "config-get")).find("10.20.0.0/16") != std::string::npos);
    BOOST_TEST(slurp(paths.configuration) == changed);
    wait(server.async_stop());
}

BOOST_AUTO_TEST_CASE(puts_the_old_configuration_back_when_the_new_one_cannot_be_applied)
{
    Server server(context.get_executor(), spec());
    const auto old = configuration();
    start(server, old);
    // It parses, and only then the lease file cannot be made: Kea would live on, deaf.
    auto broken = old;
    const auto at = broken.find(paths.lease_file);
    BOOST_REQUIRE(at != std::string::npos);
    broken.replace(at, paths.lease_file.size(), "/no/such/folder/leases");
    const auto applied = wait(server.async_apply(broken));
    BOOST_REQUIRE(applied.has_error());
    BOOST_TEST(applied.error().message().starts_with("config-set: "));
    BOOST_TEST(applied.error().message().ends_with("(the configuration before is in force)"));
    BOOST_TEST(listens(server.pid()));
    BOOST_TEST(slurp(paths.configuration) == old);
    const auto file = fs::path(paths.configuration);
    BOOST_TEST(!fs::exists(file.parent_path() / ("." + file.filename().string() + ".new")),
               "nothing reads it any more");
    BOOST_TEST(json::serialize(ask(server, "config-get")).find("/no/such/folder") == std::string::npos);
    wait(server.async_stop());
}

BOOST_AUTO_TEST_CASE(tells_when_it_was_killed_and_starts_again_over_what_that_left)
{
    Server server(context.get_executor(), spec());
    start(server, configuration());
    const auto first = server.pid();
    BOOST_TEST(server.kill().has_value());
    BOOST_TEST(wait(server.async_wait_exit()).describe() == "killed by SIGKILL");
    BOOST_TEST(!server.running());
    BOOST_TEST(server.pid().value() == 0);
    // Its pid file is still there, and by now the pid might be anybody's: Kea itself would refuse to start.
    const auto pid_file = paths.kea_folder + "/kea-dhcp4.kea-dhcp4.pid";
    BOOST_TEST(fs::exists(pid_file));
    std::ofstream(pid_file) << 1;
    // The same of a kea-lfc that was killed with it.
    std::ofstream(paths.lease_file + ".pid") << 1;
    const auto restarted = wait(server.async_start());
    BOOST_REQUIRE_MESSAGE(restarted.has_value(), restarted.error().message());
    BOOST_TEST(server.pid().value() != first.value());
    wait(server.async_stop());
}

BOOST_AUTO_TEST_CASE(is_adopted_by_the_next_keavrfd)
{
    auto first = std::make_unique<Server>(context.get_executor(), spec());
    start(*first, configuration());
    const auto proof = process_identity(first->pid()).value();
    first.reset();
    Server second(context.get_executor(), spec());
    BOOST_TEST(second.adopt(proof).has_value());
    BOOST_TEST(second.running());
    BOOST_TEST(second.pid().value() == proof.pid.value());
    BOOST_TEST(reply_result(ask(second, "status-get")) == 0);
    BOOST_TEST(wait(second.async_stop()).describe() == "ended");
    BOOST_TEST(!second.running());
    // Here it is a child of this program all the same, so its zombie is ours.
    BOOST_TEST(keavrf::process::Reaper::reap_orphans() == 1U);
}

BOOST_AUTO_TEST_CASE(its_log_is_repeated_with_the_vrf)
{
    std::vector<std::string> lines;
    const keavrf::log::Capture capture([&lines](const keavrf::log::Record& record) {
        lines.push_back(std::string(record.vrf) + " " + std::string(record.message));
    });
    Server server(context.get_executor(), spec());
    prepare(server, configuration());
    LogFollower follower(VrfName("red"), paths.log_folder, "kea-dhcp4.log");
    TaskGroup tasks(context.get_executor());
    tasks.spawn("follower", follower.run());
    const auto started = wait(server.async_start());
    BOOST_REQUIRE_MESSAGE(started.has_value(), started.error().message());
    const auto seen = [&lines] {
        return std::any_of(lines.begin(), lines.end(),
                           [](const std::string& line) { return line.starts_with("red DHCP4_STARTED "); });
    };
    context.restart();
    while (!seen()) {
        context.run_one();
    }
    tasks.stop();
    keavrf::test::await(context, tasks.async_join());
    wait(server.async_stop());
}

BOOST_AUTO_TEST_SUITE_END()
