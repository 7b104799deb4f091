// What a child of root's really is, by the word of /proc.
#include "../../unit/process/fixture.hpp"
#include "core/namespace_scope.hpp"
#include "process/privileges.hpp"
#include "process/run.hpp"
#include "support/wait.hpp"

#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace {

using namespace keavrf::process;
using keavrf::ProcessId;
using keavrf::UniqueFd;
using keavrf::test::await;
using keavrf::test::ProcessFixture;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int bind_service = CAP_NET_BIND_SERVICE;

// A network namespace that lives as long as its descriptor.
UniqueFd new_namespace()
{
    const auto home = keavrf::open_current_namespace().value();
    BOOST_REQUIRE(::unshare(CLONE_NEWNET) == 0);
    auto made = keavrf::open_current_namespace().value();
    BOOST_REQUIRE(::setns(home.get(), CLONE_NEWNET) == 0);
    return made;
}

std::string status_of(ProcessId pid)
{
    std::ostringstream text;
    text << std::ifstream("/proc/" + std::to_string(pid.value()) + "/status").rdbuf();
    return text.str();
}

std::string value_in(const std::string& status, const std::string& name)
{
    const auto at = status.find("\n" + name + ":\t");
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, name);
    const auto begin = at + name.size() + 3;
    return status.substr(begin, status.find('\n', begin) - begin);
}

std::set<std::string> descriptors_of(ProcessId pid)
{
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(pid.value()) + "/fd")) {
        names.insert(entry.path().filename());
    }
    return names;
}

struct Fixture : ProcessFixture {
    Fixture() : kea(find_kea_user("").value()), name_space(new_namespace()) {}

    SpawnOptions as_kea(const std::string& script) const
    {
        auto options = shell(script);
        options.identity = kea;
        options.network_namespace = name_space.get();
        options.capabilities = capability_bit(bind_service);
        return options;
    }

    Identity kea;
    UniqueFd name_space;
};

// Runs it in a process of its own, whose privileges may be ruined; true when it returned true.
bool in_a_fork(const std::function<bool()>& function)
{
    const auto pid = ::fork();
    BOOST_REQUIRE(pid >= 0);
    if (pid == 0) {
        ::_exit(function() ? 0 : 1);
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(spawn_as_kea, Fixture)

BOOST_AUTO_TEST_CASE(the_child_is_who_and_where_it_shall_be_and_holds_one_capability)
{
    const auto home = own_network_namespace().value();
    auto child = start_with_pipe(as_kea("echo here; exec sleep 1000"));
    BOOST_TEST(read_line() == "here");
    const auto status = status_of(child.pid());
    const auto user = std::to_string(kea.user);
    const auto group = std::to_string(kea.group);
    BOOST_TEST(value_in(status, "Uid") == user + "\t" + user + "\t" + user + "\t" + user);
    BOOST_TEST(value_in(status, "Gid") == group + "\t" + group + "\t" + group + "\t" + group);
    BOOST_TEST(value_in(status, "Groups").starts_with(group));
    for (const auto* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
        BOOST_TEST(value_in(status, set) == "0000000000000400", set);
    }
    BOOST_TEST(value_in(status, "NoNewPrivs") == "1");
    const std::set<std::string> expected{"0", "1", "2"};
    // sleep's loader holds files of its own for a moment, at any look; what was inherited is there at all of them.
    std::set<std::string> seen;
    BOOST_TEST(keavrf::test::eventually([&] { return (seen = descriptors_of(child.pid())) == expected; }));
    BOOST_TEST(seen == expected, boost::test_tools::per_element());

    const auto identity = process_identity(child.pid()).value();
    BOOST_TEST(identity.network_namespace.value() == network_namespace_of(name_space.get()).value().value());
    BOOST_TEST(identity.network_namespace.value() != home.value());
    BOOST_TEST(own_network_namespace().value().value() == home.value());
    BOOST_TEST(await(context, child.async_stop(60s)).describe() == "killed by SIGTERM");
}

BOOST_AUTO_TEST_CASE(without_capabilities_it_holds_none)
{
    auto options = as_kea("exec cat /proc/self/status");
    options.capabilities = 0;
    const auto result = await(context, async_run(options, 60s)).value();
    for (const auto* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
        BOOST_TEST(value_in(result.output, set) == "0000000000000000", set);
    }
}

BOOST_AUTO_TEST_CASE(root_is_reduced_to_the_capabilities_given_too)
{
    auto options = as_kea("exec cat /proc/self/status");
    options.identity = Identity{0, 0, {}};
    const auto result = await(context, async_run(options, 60s)).value();
    BOOST_TEST(value_in(result.output, "CapPrm") == "0000000000000400");
    BOOST_TEST(value_in(result.output, "CapBnd") == "0000000000000400");
}

BOOST_AUTO_TEST_CASE(a_daemon_that_has_dropped_its_own_capabilities_starts_children_all_the_same)
{
    const auto keep = capability_bit(CAP_SETUID) | capability_bit(CAP_SETGID) | capability_bit(bind_service) |
                      capability_bit(CAP_SYS_ADMIN) | capability_bit(CAP_KILL);
    const auto works = in_a_fork([&] {
        if (!drop_capabilities_to(keep)) {
            return false;
        }
        const std::array<int, 3> needed{CAP_SETUID, CAP_SETPCAP, CAP_NET_ADMIN};
        const std::vector<std::string> missing{"CAP_SETPCAP", "CAP_NET_ADMIN"};
        if (effective_capabilities().value() != keep || missing_capabilities(needed) != missing) {
            return false;
        }
        boost::asio::io_context own;
        const auto result = await(own, async_run(as_kea("exec cat /proc/self/status"), 60s));
        return result && result->output.find("CapPrm:\t0000000000000400\n") != std::string::npos &&
               result->output.find("CapEff:\t0000000000000400\n") != std::string::npos;
    });
    BOOST_TEST(works);
}

BOOST_AUTO_TEST_CASE(a_daemon_without_the_right_to_give_a_capability_says_so)
{
    const auto works = in_a_fork([&] {
        if (!drop_capabilities_to(capability_bit(CAP_SETUID) | capability_bit(CAP_SETGID) |
                                  capability_bit(CAP_SYS_ADMIN))) {
            return false;
        }
        boost::asio::io_context own;
        const auto spawned = spawn(own.get_executor(), as_kea("exit 0"));
        return spawned.has_error() &&
               spawned.error().message() == "cannot start /bin/sh: capset: Operation not permitted";
    });
    BOOST_TEST(works);
}

BOOST_AUTO_TEST_CASE(another_users_process_is_identified_and_adopted)
{
    auto child = start_with_pipe(as_kea("exec sleep 1000"));
    const auto is_sleep = [&] {
        const auto found = process_identity(child.pid());
        return found && fs::path(found->executable).filename() == "sleep";
    };
    BOOST_REQUIRE(keavrf::test::eventually(is_sleep));
    const auto identity = process_identity(child.pid()).value();
    auto adopted = Process::adopt(context.get_executor(), identity).value();
    BOOST_TEST(await(context, adopted.async_stop(60s)).describe() == "ended");
    BOOST_TEST(!child.running());
}

BOOST_AUTO_TEST_SUITE_END()
