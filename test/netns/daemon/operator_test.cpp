// What an operator asks for by the control channel or a signal, at awkward moments: a reload while a Kea starts or
// hangs, or while keavrfd itself starts, a restart where there is no Kea, files that are not the operator's.
#include "support/lab.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>

using namespace keavrf::test;

namespace {

const std::string slow_kea_file = "/run/slow-kea";

// A Kea that takes its time to start, but not to say its version or to check a file, once the file `slow` is there.
void write_slow_kea()
{
    std::ofstream(slow_kea_file) << "#!/bin/sh\ncase \"$*\" in *-v*|*-t*) ;; *) [ ! -e /run/slow ] || sleep 3 ;; esac\n"
                                    "exec /usr/sbin/kea-dhcp4 \"$@\"\n";
    ::chmod(slow_kea_file.c_str(), 0755);
}

std::string red_and_blue(const std::string& of_blue)
{
    return "vrfs:\n  red: {device: none, interfaces: [eth1]}\n  blue: {device: none, interfaces: [eth2]" + of_blue +
           "}\n";
}

const std::string new_lifetime = ", dhcp4: {valid-lifetime: 777}";

void check_lifetime(const Tenant& tenant, const Daemon& daemon)
{
    auto client = tenant.client();
    const auto lease = client.acquire();
    BOOST_REQUIRE_MESSAGE(lease, daemon.log());
    BOOST_TEST((lease->ack.message.address_option(option::lease_time) == keavrf::Ipv4Address(777)), daemon.log());
}

Finished as_nobody(const std::vector<std::string>& command)
{
    std::vector<std::string> all{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"};
    all.insert(all.end(), command.begin(), command.end());
    return run(all);
}

// One that stays connected, and asks one command after the other.
class Poller {
public:
    explicit Poller(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(static_cast<char*>(address.sun_path), sizeof(address.sun_path) - 1);
        BOOST_REQUIRE(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    }
    [[nodiscard]] bool is_answered() const
    {
        const std::string question = R"({"command": "version-get", "keep-open": true})";
        std::array<char, 4096> answer{};
        return ::send(socket_.get(), question.data(), question.size(), MSG_NOSIGNAL) > 0 &&
               ::recv(socket_.get(), answer.data(), answer.size(), 0) > 0;
    }

private:
    keavrf::UniqueFd socket_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(operators)

BOOST_FIXTURE_TEST_CASE(a_reload_waits_for_a_kea_that_starts_and_is_not_refused, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    write_slow_kea();
    const std::string kea = "kea: {dhcp4: " + slow_kea_file + "}\n";
    auto daemon = Daemon::with(kea + red_and_blue(""));
    daemon.wait_until("red", "serving");
    daemon.wait_until("blue", "serving");
    std::ofstream("/run/slow") << "x";
    Program restart({built("keavrfctl"), "restart", "blue"});
    daemon.wait_until("blue", "starting");
    daemon.write_configuration(kea + red_and_blue(new_lifetime));
    BOOST_TEST(daemon.reload(), daemon.log());
    check_lifetime(blue, daemon);
    BOOST_TEST((restart.wait_for_exit() == 0), restart.errors());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_reload_is_not_refused_because_a_kea_hangs, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    auto daemon = Daemon::with(red_and_blue(""));
    daemon.wait_until("red", "serving");
    const auto kea = daemon.wait_until("blue", "serving").kea.value();
    ::kill(kea, SIGSTOP);
    daemon.write_configuration(red_and_blue(new_lifetime));
    const auto reloaded = run({built("keavrfctl"), "reload"}, {}, 60s);
    BOOST_TEST(reloaded.exit_code == 0, reloaded.output << reloaded.errors << daemon.log());
    BOOST_TEST(daemon.logs({"reload.unanswered", "vrf=blue "}, 0ms), daemon.log());
    check_lifetime(blue, daemon);
    BOOST_TEST(daemon.kea("blue") != kea);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(an_interface_moves_from_a_vrf_that_ends_to_one_that_stays, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    const auto green = add_tenant("eth3", "10.3.0.1/24");
    const std::string three = red_and_blue("") + "  green: {device: none, interfaces: [eth3]}\n";
    auto daemon = Daemon::with(three);
    for (const auto* vrf : {"red", "blue", "green"}) {
        daemon.wait_until(vrf, "serving");
    }
    const auto green_kea = daemon.kea("green");
    // One that is taken back opens its port again.
    const std::string two = "vrfs:\n  red: {device: none, interfaces: [eth1, eth3]}\n"
                            "  blue: {device: none, interfaces: [eth2]";
    daemon.write_configuration(two + ", dhcp4: {valid-lifetime: 888, lease-database: {type: postgresql, name: leases, "
                                     "host: 127.0.0.1, user: kea}}}\n");
    BOOST_TEST(!daemon.reload(), daemon.log());
    BOOST_TEST(daemon.logs({"in force again on all VRFs"}, 0ms), daemon.log());
    const auto listens = [](const auto& status) {
        return status.state == "serving" && status.ports.size() == 1 && status.ports[0].reason.empty();
    };
    BOOST_TEST(daemon.becomes("green", listens), daemon.log());
    BOOST_TEST(green.client().acquire().has_value(), daemon.log());
    BOOST_TEST(daemon.kea("green") == green_kea);

    daemon.write_configuration(two + "}\n");
    const auto moved = run({built("keavrfctl"), "reload"}, {}, 60s);
    BOOST_TEST(moved.exit_code == 0, moved.output << moved.errors << daemon.log());
    BOOST_TEST(daemon.log_lines({"port.failed"}).empty(), daemon.log());
    BOOST_TEST(daemon.forgets("green"));
    BOOST_TEST(green.client().acquire().has_value(), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_restart_where_there_is_no_kea_says_so, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(red_and_blue(""));
    daemon.wait_until("red", "serving");
    daemon.wait_until("blue", "waiting");
    const auto refused = run({built("keavrfctl"), "restart", "blue"});
    BOOST_TEST(refused.exit_code == 1, refused.output);
    BOOST_TEST((refused.output + refused.errors).find("vrf blue: there is no Kea to restart: waiting: ") !=
                   std::string::npos,
               refused.output << refused.errors);
    BOOST_TEST(run({built("keavrfctl"), "restart", "red"}).exit_code == 0);
    daemon.wait_until("red", "serving");
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_restart_tells_what_came_of_it, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    auto daemon = Daemon::with(red_and_blue(R"(, dhcp4: {client-classes: [{name: x, test: "nonsense("}]})"));
    const auto kea = daemon.wait_until("red", "serving").kea.value();
    daemon.wait_until("blue", "rejected");
    const auto rejected = run({built("keavrfctl"), "restart", "blue"});
    BOOST_TEST(rejected.exit_code == 1, rejected.output);
    BOOST_TEST(rejected.errors.find("vrf blue: rejected: ") != std::string::npos, rejected.errors);
    const auto replaced = run({built("keavrfctl"), "restart", "red"});
    BOOST_TEST(replaced.exit_code == 0, replaced.errors);
    BOOST_TEST(replaced.output == "vrf red: its Kea has been replaced by a new one\n");
    BOOST_TEST(daemon.status_of("red")->state == "serving");
    BOOST_TEST(daemon.kea("red") != kea);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_restart_that_is_under_way_is_not_done_again, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with("kea: {timeouts: {stop: 2s}}\n" + red_and_blue(""));
    const auto hung = daemon.wait_until("red", "serving").kea.value();
    ::kill(hung, SIGSTOP);
    const auto start = daemon.log_size();
    Program first({built("keavrfctl"), "restart", "red"});
    BOOST_REQUIRE(eventually([&] { return in_signal_set(hung, "ShdPnd", SIGTERM); }));
    Program second({built("keavrfctl"), "restart", "red"});
    BOOST_TEST((first.wait_for_exit() == 0), first.errors());
    BOOST_TEST((second.wait_for_exit() == 0), second.errors());
    const auto log = daemon.log().substr(start);
    const auto once = log.find("kea.started");
    BOOST_TEST(once != std::string::npos, log);
    BOOST_TEST(log.find("kea.started", once + 1) == std::string::npos, log);
    // And another one later is.
    const auto kea = daemon.kea("red");
    BOOST_TEST(run({built("keavrfctl"), "restart", "red"}).exit_code == 0);
    BOOST_TEST(daemon.kea("red") != kea);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(who_asks_a_keavrfd_that_stops_is_told_that_it_does, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with("kea: {timeouts: {stop: 60s}}\n" + red_and_blue(""));
    const auto kea = daemon.wait_until("red", "serving").kea.value();
    ::kill(kea, SIGSTOP);
    daemon.program().signal(SIGTERM);
    const auto told = "keavrfd (pid " + std::to_string(daemon.pid()) + ") starts or stops";
    BOOST_TEST(eventually([&] { return run({built("keavrfctl"), "status"}).errors.find(told) != std::string::npos; }));
    ::kill(kea, SIGCONT);
    BOOST_TEST((daemon.program().wait_for_exit() == 0), daemon.log());
    BOOST_TEST(run({built("keavrfctl"), "status"}).errors.find("is keavrfd running, ") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(idle_connections_of_a_group_member_keep_nobody_out, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with("control: {group: nogroup}\n" + red_and_blue(""));
    daemon.wait_until("red", "serving");
    std::vector<std::unique_ptr<Poller>> idle;
    BOOST_REQUIRE(::setegid(65534) == 0 && ::seteuid(65534) == 0);
    for (int count = 0; count < 200; ++count) {
        idle.push_back(std::make_unique<Poller>(daemon.control_socket));
    }
    BOOST_REQUIRE(::seteuid(0) == 0 && ::setegid(0) == 0);
    const auto asked = run({built("keavrfctl"), "status"});
    BOOST_TEST(asked.exit_code == 0, asked.errors);
    BOOST_TEST(as_nobody({built("keavrfctl"), "status"}).exit_code == 0);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(the_control_socket_is_made_anew_although_somebody_stays_connected, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(red_and_blue(""));
    daemon.wait_until("red", "serving");
    const Poller poller(daemon.control_socket);
    BOOST_TEST(poller.is_answered());
    for (int time = 0; time < 2; ++time) {
        std::filesystem::remove(daemon.control_socket);
        BOOST_TEST(eventually([&] { return poller.is_answered() && daemon.status().has_value(); }), daemon.log());
        BOOST_TEST(poller.is_answered());
    }
    daemon.stop();
    BOOST_TEST(!std::filesystem::exists(daemon.control_socket));
}

BOOST_FIXTURE_TEST_CASE(a_member_of_the_group_is_told_where_the_file_in_force_is_wrong_and_not_what_it_says, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with("control: {group: nogroup}\n" + red_and_blue(""));
    daemon.wait_until("red", "serving");
    const auto file = daemon.status()->config_file;
    const auto told = [&](const char* command, uid_t user) {
        BOOST_REQUIRE(::setegid(user) == 0 && ::seteuid(user) == 0);
        const auto answer = daemon.command({{"command", command}});
        BOOST_REQUIRE(::seteuid(0) == 0 && ::setegid(0) == 0);
        BOOST_TEST(answer.result == 1);
        return boost::json::serialize(answer.arguments.value());
    };
    constexpr uid_t nobody = 65534;
    // What keavrfd finds in it, and what Kea does.
    const std::vector<std::pair<std::string, std::string>> mistakes{
        {"log: {level: secret-token-abc}\n", ":1:14: log.level: "},
        {"control: {group: nogroup}\nvrfs:\n  red: {device: none, interfaces: [eth1], dhcp4: {secret-token: 1}}\n",
         ":3:3: vrf red: "}};
    for (const auto& [text, place] : mistakes) {
        daemon.write_configuration(text);
        for (const auto* command : {"config-test", "config-reload"}) {
            ::chmod(file.c_str(), 0600);
            const auto of_nobody = told(command, nobody);
            BOOST_TEST(of_nobody.find("secret-token") == std::string::npos, of_nobody);
            BOOST_TEST(of_nobody.find(file + place) != std::string::npos, of_nobody);
            BOOST_TEST(told(command, 0).find("secret-token") != std::string::npos);
            ::chmod(file.c_str(), 0644);
            BOOST_TEST(told(command, nobody).find("secret-token") != std::string::npos);
        }
    }
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_member_of_the_group_learns_nothing_of_root_s_files, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    const auto good_yaml = "control: {group: nogroup}\n" + red_and_blue("");
    auto daemon = Daemon::with(good_yaml);
    daemon.wait_until("red", "serving");
    const auto keavrfctl = "/run/keavrfctl"; // where anybody can reach it
    std::filesystem::copy_file(built("keavrfctl"), keavrfctl);
    std::ofstream("/run/secret") << "secret-token-abc\n";
    ::chmod("/run/secret", 0600);
    std::ofstream("/run/good.yaml") << good_yaml;
    std::ofstream("/run/by-another.yaml") << "vrfs: {red: {device: none, interfaces: [eth1], dhcp4-file: /run/secret}}";
    for (const auto* file : {"/run/secret", "/run/by-another.yaml"}) {
        const auto refused = as_nobody({keavrfctl, "check", file});
        BOOST_TEST(refused.exit_code == 1, refused.output << refused.errors);
        BOOST_TEST((refused.output + refused.errors).find("secret-token") == std::string::npos,
                   refused.output << refused.errors);
        BOOST_TEST((refused.output + refused.errors).find("may not read it") != std::string::npos,
                   refused.output << refused.errors);
    }
    const auto good = as_nobody({keavrfctl, "check", "/run/good.yaml"});
    BOOST_TEST(good.exit_code == 0, good.output << good.errors);
    // Its other groups are its rights as well.
    ::chmod("/run/secret", 0640);
    BOOST_TEST(::chown("/run/secret", 0, 4321) == 0);
    const auto by_group = run(
        {"setpriv", "--reuid=65534", "--regid=65534", "--groups=4320,4321", "--", keavrfctl, "check", "/run/secret"});
    BOOST_TEST((by_group.output + by_group.errors).find("secret-token") != std::string::npos, by_group.errors);
    const auto of_root = run({keavrfctl, "check", "/run/secret"});
    BOOST_TEST((of_root.output + of_root.errors).find("secret-token") != std::string::npos, of_root.errors);
    // And has its own rights again: a new Kea.
    BOOST_TEST(run({keavrfctl, "restart", "red"}).exit_code == 0);
    const auto again = [](const auto& status) { return status.state == "serving" && status.restarts == 1; };
    BOOST_TEST(daemon.becomes("red", again), daemon.log());
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
