// A process that is not keavrfd's and works on a VRF's leases is never touched, and never joined: that VRF waits, and
// says for whom (DESIGN section 7).
#include "pair.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <filesystem>
#include <string>

using namespace keavrf::test;

namespace {

const std::string leases = "/var/lib/keavrfd/red/kea-leases4.csv";

bool has_open(pid_t pid, const std::string& path)
{
    std::error_code failure;
    std::filesystem::directory_iterator entry("/proc/" + std::to_string(pid) + "/fd", failure);
    for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
        std::error_code gone;
        if (std::filesystem::read_symlink(entry->path(), gone) == path) {
            return true;
        }
    }
    return false;
}

struct Foreign : Pair {
    // Leases of one service, and no keavrfd.
    void serve_once()
    {
        auto daemon = Daemon::with(red_and_blue);
        daemon.wait_until("red", "serving");
        BOOST_TEST(serves(red), daemon.log());
        daemon.stop();
    }
    // While it lives, red has no Kea and says why; then it is served.
    void check_that_red_waits_for(Program& program, const std::string& name)
    {
        auto daemon = Daemon::with(red_and_blue);
        daemon.wait_until("blue", "serving");
        const auto pid = "pid " + std::to_string(program.pid()) + " (" + name;
        BOOST_TEST(daemon.logs({"instance.backoff", "vrf=red", pid, leases, "stop it"}), daemon.log());
        BOOST_TEST(daemon.kea("red") == 0);
        BOOST_TEST(serves(blue), daemon.log());
        BOOST_TEST(program.running());
        ::kill(program.pid(), SIGKILL);
        BOOST_TEST(program.wait_for_exit().has_value());
        daemon.wait_until("red", "serving", 40s);
        BOOST_TEST(serves(red), daemon.log());
        daemon.stop();
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(foreign_processes)

BOOST_FIXTURE_TEST_CASE(a_kea_that_somebody_started_on_these_leases_is_named_and_not_joined, Foreign)
{
    serve_once();
    const auto file = write_file("by-hand.json", R"({"Dhcp4": {"interfaces-config": {"interfaces": []},
        "lease-database": {"type": "memfile", "name": ")" +
                                                     leases + R"("}, "subnet4": []}})");
    ProgramOptions options;
    options.environment = {{"KEA_PIDFILE_DIR", folder()}, {"KEA_LOCKFILE_DIR", folder()}};
    Program kea({"/usr/sbin/kea-dhcp4", "-c", file}, options);
    BOOST_REQUIRE(eventually([&] { return has_open(kea.pid(), leases); }));
    check_that_red_waits_for(kea, "/usr/sbin/kea-dhcp4)");
}

BOOST_FIXTURE_TEST_CASE(whoever_holds_the_lock_on_the_leases_is_named_whatever_it_is, Foreign)
{
    serve_once();
    Program holder({"flock", "--no-fork", "/var/lib/keavrfd/.locks/red", "sleep", "1000"});
    BOOST_REQUIRE(eventually([] { return !processes_with("sleep 1000").empty(); }));
    check_that_red_waits_for(holder, "/");
}

BOOST_AUTO_TEST_SUITE_END()
