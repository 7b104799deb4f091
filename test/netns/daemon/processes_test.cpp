// Where the system lets no process begin, or gives it no memory, that VRF says so, the others serve on, and it comes
// when the cause has gone.
#include "support/lab.hpp"
#include "support/sanitizer.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace keavrf::test;

namespace {

const std::string red_and_blue = "vrfs:\n  red: {device: none, interfaces: [eth1]}\n"
                                 "  blue: {device: none, interfaces: [eth2]}\n";

bool serves(const Tenant& tenant)
{
    return tenant.client().acquire().has_value();
}

// A cgroup for one process and what it starts, with a bound on their number; gone with the object.
class ProcessLimit {
public:
    explicit ProcessLimit(pid_t process)
    {
        std::error_code failure;
        std::filesystem::create_directory(folder_, failure);
        there_ = std::filesystem::exists(folder_ + "/pids.max", failure);
        if (there_) {
            there_ = write("cgroup.procs", std::to_string(process));
        }
    }
    ProcessLimit(const ProcessLimit&) = delete;
    ProcessLimit& operator=(const ProcessLimit&) = delete;
    ~ProcessLimit()
    {
        // Empty by now: processes end before their daemon has. Only then can it be removed.
        eventually([this] { return ::rmdir(folder_.c_str()) == 0 || errno == ENOENT; }, 5s);
    }
    [[nodiscard]] bool there() const { return there_; }
    // As many as there are now, and no more.
    [[nodiscard]] bool close() const { return write("pids.max", slurp(folder_ + "/pids.current")); }
    [[nodiscard]] bool open() const { return write("pids.max", "max"); }

private:
    [[nodiscard]] bool write(const std::string& file, const std::string& text) const
    {
        return static_cast<bool>(std::ofstream(folder_ + "/" + file) << text << std::flush);
    }
    std::string folder_ = "/sys/fs/cgroup/pids/keavrfd-test-" + std::to_string(::getppid()) + "-" +
                          std::filesystem::read_symlink("/proc/self/ns/pid").filename().string().substr(5, 10);
    bool there_ = false;
};

// The soft limit alone of a running process; RLIM_INFINITY: as far as it goes.
void limit(pid_t pid, __rlimit_resource which, rlim_t most)
{
    rlimit now{};
    BOOST_REQUIRE(::prlimit(pid, which, nullptr, &now) == 0);
    now.rlim_cur = std::min(most, now.rlim_max);
    BOOST_REQUIRE(::prlimit(pid, which, &now, nullptr) == 0);
}

rlim_t address_space(pid_t pid)
{
    const auto pages = slurp("/proc/" + std::to_string(pid) + "/statm");
    return std::stoull(pages.substr(0, pages.find(' '))) * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace

BOOST_AUTO_TEST_SUITE(faults_of_processes)

BOOST_FIXTURE_TEST_CASE(where_no_more_processes_are_allowed_a_new_kea_is_tried_again_until_they_are, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(red_and_blue);
    const ProcessLimit processes(daemon.pid());
    if (!processes.there()) {
        BOOST_TEST_MESSAGE("no pids cgroup here: skipped");
        daemon.stop();
        return;
    }
    const auto kea = daemon.wait_until("red", "serving").kea.value();
    BOOST_REQUIRE(processes.close());
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    BOOST_TEST(daemon.logs({"blue", "instance.backoff", "clone: Resource temporarily unavailable", "pids.max"}),
               daemon.log());
    BOOST_TEST(serves(red), daemon.log());
    BOOST_TEST(daemon.kea("red") == kea);
    // And a reload meanwhile, which needs a process to check what nobody runs yet, changes nothing.
    daemon.write_configuration(red_and_blue + "defaults: {dhcp4: {valid-lifetime: 777}}\n");
    BOOST_TEST(!daemon.reload(), daemon.log());
    BOOST_REQUIRE(processes.open());
    daemon.wait_until("blue", "serving", 40s);
    BOOST_TEST(serves(blue), daemon.log());
    BOOST_TEST(daemon.reload(), daemon.log());
    BOOST_TEST(daemon.kea("red") == kea);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(where_kea_s_user_may_have_no_more_processes_a_new_kea_is_tried_again_until_it_may, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(red_and_blue);
    const auto kea = daemon.wait_until("red", "serving").kea.value();
    limit(daemon.pid(), RLIMIT_NPROC, 0);
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    BOOST_TEST(daemon.logs({"blue", "instance.backoff", "Resource temporarily unavailable", "ulimit -u"}),
               daemon.log());
    BOOST_TEST(serves(red), daemon.log());
    limit(daemon.pid(), RLIMIT_NPROC, RLIM_INFINITY);
    daemon.wait_until("blue", "serving", 40s);
    BOOST_TEST(serves(blue), daemon.log());
    BOOST_TEST(daemon.kea("red") == kea);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(where_kea_gets_no_memory_its_configuration_is_not_blamed_and_it_is_tried_again, Lab,
                        *unless_sanitized())
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(red_and_blue);
    const auto kea = daemon.wait_until("red", "serving").kea.value();
    // keavrfd itself has room enough; what it starts inherits the limit, and cannot load its libraries.
    limit(daemon.pid(), RLIMIT_AS, address_space(daemon.pid()) + (rlim_t{4} << 20U));
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    BOOST_TEST(daemon.logs({"blue", "instance.backoff"}), daemon.log());
    BOOST_TEST(serves(red), daemon.log());
    limit(daemon.pid(), RLIMIT_AS, RLIM_INFINITY);
    daemon.wait_until("blue", "serving", 40s);
    BOOST_TEST(serves(blue), daemon.log());
    BOOST_TEST(daemon.kea("red") == kea);
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
