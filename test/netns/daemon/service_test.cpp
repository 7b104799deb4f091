// What keavrfd tells the service manager that started it (DESIGN section 9); the manager is a socket of the test's.
#include "core/unique_fd.hpp"
#include "support/lab.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <string>

using namespace keavrf::test;

namespace {

class ServiceManager {
public:
    ServiceManager() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0))
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path().copy(static_cast<char*>(address.sun_path), sizeof(address.sun_path) - 1);
        BOOST_REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    }

    static std::string path() { return Sandbox::folder() + "/notify"; }
    static ProgramOptions options()
    {
        ProgramOptions options;
        options.environment = {{"NOTIFY_SOCKET", path()}};
        return options;
    }

    // Waits until a message has this text; those before it are forgotten.
    bool hears(const std::string& text)
    {
        return eventually([&] {
            std::array<char, 4096> buffer{};
            for (;;) {
                const auto count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
                if (count < 0) {
                    return false;
                }
                last_.assign(buffer.data(), static_cast<std::size_t>(count));
                if (last_.find(text) != std::string::npos) {
                    return true;
                }
            }
        });
    }
    // All that has come and was not heard yet.
    [[nodiscard]] std::string rest() const
    {
        std::string all;
        std::array<char, 4096> buffer{};
        while (true) {
            const auto count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
            if (count < 0) {
                return all;
            }
            all.append(buffer.data(), static_cast<std::size_t>(count)).append("\n");
        }
    }
    // What was heard last.
    [[nodiscard]] const std::string& last() const noexcept { return last_; }

private:
    keavrf::UniqueFd socket_;
    std::string last_;
};

std::string slow_to_read()
{
    std::string yaml = "vrfs:\n  absent0:\n    dhcp4:\n      option-data:\n";
    for (unsigned number = 0; number < 3000; ++number) {
        yaml += "        - {name: boot-file-name, data: \"" + std::to_string(number) + "\"}\n";
    }
    return yaml;
}

// Signals are held back, but not all, as while a program is started.
bool reads_its_file(pid_t keavrfd)
{
    return in_signal_set(keavrfd, "SigBlk", SIGHUP) && !in_signal_set(keavrfd, "SigBlk", SIGQUIT);
}

} // namespace

BOOST_AUTO_TEST_SUITE(service)

BOOST_FIXTURE_TEST_CASE(ready_comes_when_every_vrf_serves, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    ServiceManager manager;
    auto daemon = Daemon::with("vrfs:\n  red: {device: none, interfaces: [eth1]}\n", ServiceManager::options());
    BOOST_REQUIRE_MESSAGE(manager.hears("READY=1"), daemon.log());
    BOOST_TEST(manager.last() == "READY=1\nSTATUS=serving 1 of 1 VRFs");
    const auto status = daemon.status_of("red");
    BOOST_REQUIRE(status.has_value());
    BOOST_TEST(status->state == "serving");
    daemon.stop();
    BOOST_TEST(manager.hears("STOPPING=1"));
    const auto rest = manager.rest();
    BOOST_TEST(rest.find("STATUS=") == std::string::npos, rest);
}

BOOST_FIXTURE_TEST_CASE(a_refused_reload_stays_in_the_status_until_one_is_taken, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    const std::string file = "vrfs:\n  red: {device: none, interfaces: [eth1]}\n";
    ServiceManager manager;
    auto daemon = Daemon::with(file, ServiceManager::options());
    BOOST_REQUIRE_MESSAGE(manager.hears("READY=1"), daemon.log());
    daemon.write_configuration(file + "bad-key: secret-token\n");
    BOOST_TEST(!daemon.reload());
    BOOST_REQUIRE_MESSAGE(manager.hears("READY=1"), daemon.log());
    BOOST_TEST(manager.last().find("serving 1 of 1 VRFs; the last reload was refused: ") != std::string::npos,
               manager.last());
    BOOST_TEST(manager.last().find(".yaml:3:1: bad-key: ") != std::string::npos, manager.last());
    BOOST_TEST(manager.last().find("unknown key") == std::string::npos, "any user may ask for it");

    // Something else happens.
    network.add_address("eth1", "192.168.2.1/24");
    BOOST_REQUIRE_MESSAGE(manager.hears("STATUS="), daemon.log());
    BOOST_TEST(manager.last().find("the last reload was refused") != std::string::npos, manager.last());

    // What Kea says of it quotes it.
    daemon.write_configuration("vrfs:\n  red: {device: none, interfaces: [eth1], dhcp4: {secret-token: 1}}\n");
    BOOST_TEST(!daemon.reload());
    BOOST_REQUIRE_MESSAGE(manager.hears("READY=1"), daemon.log());
    BOOST_TEST(manager.last().find(".yaml:2:3: vrf red: Kea cannot run") != std::string::npos, manager.last());
    BOOST_TEST(manager.last().find("secret-token") == std::string::npos, manager.last());
    BOOST_TEST(daemon.log().find("secret-token") != std::string::npos, "whoever may read the log is told");

    daemon.write_configuration(file);
    BOOST_TEST(daemon.reload());
    BOOST_REQUIRE_MESSAGE(manager.hears("READY=1"), daemon.log());
    BOOST_TEST(manager.last() == "READY=1\nSTATUS=serving 1 of 1 VRFs");
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(no_reload_makes_it_say_that_it_is_ready_before_it_is, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    const std::string slow = "/run/slow-kea";
    std::ofstream(slow)
        << "#!/bin/sh\ncase \"$*\" in *-v*|*-t*) ;; *) while [ ! -e /run/go ]; do sleep 0.1; done ;; esac\n"
           "exec /usr/sbin/kea-dhcp4 \"$@\"\n";
    ::chmod(slow.c_str(), 0755);
    ServiceManager manager;
    auto daemon = Daemon::with("kea: {dhcp4: " + slow +
                                   ", timeouts: {start: 60s}}\nvrfs:\n  red: {device: none, interfaces: [eth1]}\n",
                               ServiceManager::options());
    BOOST_REQUIRE(daemon.becomes("red", [](const auto& status) { return status.kea.value() != 0; }));
    daemon.program().signal(SIGHUP);
    Program reload({built("keavrfctl"), "reload"});
    BOOST_TEST(eventually([&] { return daemon.log_lines({"reload.waiting"}).size() == 2; }), daemon.log());
    BOOST_TEST(daemon.log_lines({"reload.begin"}).empty(), daemon.log());
    std::ofstream("/run/go") << "x";
    BOOST_REQUIRE_MESSAGE(manager.hears("READY=1"), daemon.log());
    BOOST_TEST(manager.last() == "READY=1\nSTATUS=serving 1 of 1 VRFs");
    BOOST_TEST(manager.hears("RELOADING=1"), daemon.log());
    BOOST_TEST(manager.hears("READY=1"), daemon.log());
    BOOST_TEST((reload.wait_for_exit() == 0), reload.errors());
    daemon.stop();
}

// Its default is the end of the process, and whoever edits the file and sends it at once may be quicker than the start.
BOOST_FIXTURE_TEST_CASE(a_sighup_while_it_starts_is_a_reload_when_it_has_started, Lab)
{
    auto daemon = Daemon::with(slow_to_read());
    BOOST_REQUIRE(eventually([&] { return reads_its_file(daemon.pid()); }));
    daemon.write_configuration("vrfs: {lab: {device: none, interfaces: [eth1]}}\n");
    daemon.program().signal(SIGHUP);
    BOOST_TEST(daemon.logs({"reload.done"}));
    BOOST_TEST(daemon.program().running());
    BOOST_TEST(daemon.forgets("absent0"));
    BOOST_TEST(!reads_its_file(daemon.pid()));
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_sigterm_while_it_reads_its_file_ends_it_in_order, Lab)
{
    auto daemon = Daemon::with(slow_to_read());
    BOOST_REQUIRE(eventually([&] { return reads_its_file(daemon.pid()); }));
    daemon.program().signal(SIGTERM);
    BOOST_TEST((daemon.program().wait_for_exit() == 0), daemon.log());
    for (const auto* path : {"/run/keavrfd/.lock", "/run/keavrfd.keavrf-.lock", "/var/lib/keavrfd/.lock"}) {
        BOOST_TEST(::access(path, F_OK) != 0, path);
    }
}

// The kernel gives PID 1 no signal that it does not handle: `docker stop` would wait for its ten seconds.
BOOST_FIXTURE_TEST_CASE(as_pid_1_it_obeys_a_sigterm_that_came_while_it_read_its_file, Lab)
{
    ProgramOptions first_process;
    first_process.pid_namespace = true;
    auto daemon = Daemon::with(slow_to_read(), first_process);
    pid_t keavrfd = 0;
    BOOST_REQUIRE(eventually([&] {
        for (const auto& process : processes_with("keavrfd -c")) {
            keavrfd = process.parent == daemon.pid() ? process.pid : keavrfd;
        }
        return keavrfd != 0 && reads_its_file(keavrfd);
    }));
    ::kill(keavrfd, SIGTERM);
    BOOST_TEST((daemon.program().wait_for_exit() == 0), daemon.log());
}

BOOST_AUTO_TEST_SUITE_END()
