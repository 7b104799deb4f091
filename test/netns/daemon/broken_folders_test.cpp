// Folders that cannot be used or read: their VRF says which and why, the others serve on, and it comes back by itself
// when the cause has gone (DESIGN section 6).
#include "injected.hpp"
#include "pair.hpp"
#include "support/sanitizer.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

using namespace keavrf::test;

namespace fs = std::filesystem;

namespace {

const std::string state_folder = "/var/lib/keavrfd/red";
const std::string log_folder = "/var/log/keavrfd/red";
const std::string runtime_folder = "/run/keavrfd/red";
const std::string kea_folder = runtime_folder + "/kea";
const std::string lease_file = state_folder + "/kea-leases4.csv";

struct Fault {
    const char* name;
    std::function<void()> happen;
    std::vector<std::string> told; // of the VRF, in one line
    std::function<void()> mend;
    std::string unseen = {}; // why the leases could not be looked at, which Kea does not say
};

void put_aside(const std::string& path)
{
    fs::rename(path, path + ".aside");
}

void put_back(const std::string& path)
{
    fs::remove_all(path);
    fs::rename(path + ".aside", path);
}

Fault a_file_in_place_of(const std::string& path, const char* name)
{
    return {name,
            [path] { put_aside(path), std::ofstream(path) << "no folder\n"; },
            {path, "Not a directory"},
            [path] { put_back(path); }};
}

// To itself.
void put_a_loop_in_place_of(const std::string& path)
{
    put_aside(path);
    fs::create_symlink(path, path);
}

std::vector<Fault> faults()
{
    const std::string configuration = runtime_folder + "/kea-dhcp4.conf";
    return {
        a_file_in_place_of(state_folder, "a file in place of the state folder"),
        a_file_in_place_of(log_folder, "a file in place of the log folder"),
        a_file_in_place_of(kea_folder, "a file in place of Kea's folder"),
        {"a loop in place of the state folder",
         [] { put_a_loop_in_place_of(state_folder); },
         {state_folder, "Not a directory"},
         [] { put_back(state_folder); }},
        {"a loop in place of the lease file",
         [] {
             put_a_loop_in_place_of(lease_file);
             // One that runs still has the file, which is put back (leases_gone).
             for (const auto& kea : processes_with("-c " + runtime_folder)) {
                 ::kill(kea.pid, SIGKILL);
             }
         },
         {lease_file, "unable to open"},
         [] { put_back(lease_file); },
         "Too many levels of symbolic links"},
        {"a folder in place of the configuration",
         [=] { put_aside(configuration), fs::create_directories(configuration + "/full"); },
         {configuration, "directory"},
         [=] { put_back(configuration); }},
        {"Kea may not reach its leases",
         [] { ::chmod("/var/lib/keavrfd", 0700); },
         {lease_file, "unable to open"},
         [] { ::chmod("/var/lib/keavrfd", 0711); },
         "Permission denied"},
    };
}

// What comes of it, the test knows.
void restart(const Daemon& daemon)
{
    const auto asked = run({built("keavrfctl"), "restart", "red"}, {}, 60s);
    BOOST_REQUIRE_MESSAGE(asked.errors.find("cannot reach") == std::string::npos, asked.errors << daemon.log());
}

void fill(const std::string& folder, unsigned files)
{
    for (unsigned number = 0; number < files; ++number) {
        std::ofstream(folder + "/file" + std::to_string(number));
    }
}

struct Both : Pair {
    Daemon daemon = Daemon::with(red_and_blue);
    pid_t kea_of_blue = 0;

    Both()
    {
        daemon.wait_until("red", "serving");
        kea_of_blue = daemon.wait_until("blue", "serving").kea.value();
    }
    void fails(const std::vector<std::string>& told, std::size_t since)
    {
        auto texts = told;
        texts.insert(texts.begin(), {"vrf=red", "instance.backoff"});
        const bool so_told = daemon.logs_since(since, texts);
        BOOST_TEST(so_told, daemon.log().substr(since));
        BOOST_TEST(serves(blue), daemon.log().substr(since));
        BOOST_TEST(daemon.kea("blue") == kea_of_blue);
    }
    void comes_back(std::size_t since)
    {
        const auto serving = [](const auto& now) { return now.state == "serving" && now.reason.empty(); };
        BOOST_TEST(daemon.becomes("red", serving, 40s), daemon.log().substr(since));
        BOOST_TEST(serves(red), daemon.log().substr(since));
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(broken_folders)

BOOST_FIXTURE_TEST_CASE(each_fails_its_vrf_alone_with_its_reason_until_it_is_mended, Both)
{
    for (const auto& fault : faults()) {
        BOOST_TEST_CONTEXT(fault.name)
        {
            const auto since = daemon.log_size();
            fault.happen();
            restart(daemon);
            fails(fault.told, since);
            BOOST_TEST((fault.unseen.empty() || daemon.logs_since(since, {"leases.unseen", lease_file, fault.unseen})));
            fault.mend();
            comes_back(since);
        }
    }
    daemon.stop();
}

// What an earlier Kea left in it could keep the next one from starting, so it is no use not to have read all of it.
BOOST_FIXTURE_TEST_CASE(one_that_fails_while_it_is_read_fails_its_vrf_alone_until_it_can_be_read, Both,
                        *unless_sanitized())
{
    const std::vector<std::pair<std::string, std::string>> failing{{"getdents64:error=EIO", kea_folder},
                                                                   {"openat:error=EIO", state_folder},
                                                                   {"openat:error=EACCES", runtime_folder}};
    for (const auto& [what, path] : failing) {
        BOOST_TEST_CONTEXT(what << " of " << path)
        {
            const auto since = daemon.log_size();
            Injected disk(daemon.pid(), what, path);
            restart(daemon);
            BOOST_TEST(disk.happened(), daemon.log().substr(since));
            fails({path, what.ends_with("EIO") ? "Input/output error" : "Permission denied"}, since);
            disk.mend();
            comes_back(since);
        }
    }
    daemon.stop();
}

// What is in the folders of another VRF says nothing about this one.
BOOST_FIXTURE_TEST_CASE(one_that_cannot_be_read_at_the_start_fails_its_vrf_alone_until_it_can_be_read, Both,
                        *unless_sanitized())
{
    daemon.stop();
    const std::vector<std::pair<std::string, std::string>> failing{
        {"openat:error=EIO", state_folder}, {"openat:error=EIO", runtime_folder}, {"getdents64:error=EIO", kea_folder}};
    for (const auto& [what, path] : failing) {
        BOOST_TEST_CONTEXT(what << " of " << path)
        {
            const InjectedFromStart disk(what, path);
            daemon = Daemon::with(red_and_blue);
            BOOST_TEST(disk.happened(), daemon.log());
            kea_of_blue = daemon.wait_until("blue", "serving").kea.value();
            fails({path, "Input/output error"}, 0);
            InjectedFromStart::mend(daemon.pid());
            comes_back(0);
            daemon.stop();
        }
    }
}

// Which records there are is asked first: without them what serves cannot be found, and is not touched.
BOOST_FIXTURE_TEST_CASE(where_records_cannot_be_read_at_the_start_nobody_who_serves_is_harmed, Both,
                        *unless_sanitized())
{
    const std::vector<std::pair<std::string, std::string>> failing{
        {"getdents64:error=EIO", "/run/keavrfd"},
        {"getdents64:error=EIO", "/var/lib/keavrfd/.records"},
        {"openat:error=EIO", "/run/keavrfd/red/instance.json"}};
    for (const auto& [what, path] : failing) {
        BOOST_TEST_CONTEXT(what << " of " << path)
        {
            const auto kea_of_red = daemon.kea("red");
            daemon.program().signal(SIGKILL);
            BOOST_REQUIRE(daemon.program().wait_for_exit().has_value());
            {
                const InjectedFromStart disk(what, path);
                daemon = Daemon::with(red_and_blue);
                BOOST_TEST(disk.happened(), daemon.log());
                BOOST_TEST(eventually([this] { return serves(red) && serves(blue); }), daemon.log());
            }
            BOOST_TEST(daemon.kea("red") == kea_of_red, daemon.log());
            BOOST_TEST(daemon.kea("blue") == kea_of_blue, daemon.log());
            InjectedFromStart::mend(daemon.pid());
        }
    }
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_hundred_thousand_files_in_keas_folders_are_no_obstacle, Both)
{
    fill(kea_folder, 100'000);
    fill(state_folder, 100'000);
    const auto since = daemon.log_size();
    restart(daemon);
    comes_back(since);
    BOOST_TEST(serves(blue), daemon.log());
    BOOST_TEST(daemon.kea("blue") == kea_of_blue);
    daemon.stop();
    BOOST_TEST(!fs::exists(runtime_folder));
    BOOST_TEST(fs::exists(state_folder + "/file99999"), "not ours, so left alone");
}

BOOST_AUTO_TEST_SUITE_END()
