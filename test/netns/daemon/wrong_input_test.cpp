// Wrong input and a wrong host: each mistake has a message that says what, where and what to do, and the exit code of
// DESIGN section 7. None of them touches anything.
#include "core/unique_fd.hpp"
#include "support/lab.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>
#include <fstream>

using namespace keavrf::test;

namespace {

struct WrongFile {
    std::string what;
    std::string yaml;
    std::vector<std::string> says;
    int exit_code = 78;
};

const std::vector<WrongFile> wrong_files{
    {"YAML syntax", "vrfs: [\n", {"wrong.yaml:1:8:", "not YAML", "]"}},
    {"an empty file", "", {"wrong.yaml:", "empty", "vrfs: {\"*\": {}}"}},
    {"nothing to serve", "log: {level: info}\n", {"wrong.yaml:1:1:", "\"vrfs\" is missing"}},
    {"an unknown key", "vrfs:\n  red: {devise: none}\n", {"wrong.yaml:2:9:", "vrfs.red.devise", "device"}},
    {"a duplicate key", "log: {level: info}\nvrfs: {red: {}}\nlog: {level: debug}\n", {"wrong.yaml:3:1:", "log"}},
    {"a VRF twice", "vrfs:\n  red: {}\n  red: {}\n", {"wrong.yaml:3:3:", "vrfs.red", "line 2"}},
    {"a list where a map should be", "vrfs: [red]\n", {"wrong.yaml:1:7:", "vrfs: must be a map"}},
    {"a wrong type", "vrfs: {red: {interfaces: 7}}\n", {"wrong.yaml:1:", "vrfs.red.interfaces"}},
    {"a bad address",
     "vrfs:\n  red:\n    interfaces: {eth1: {giaddr: 192.168.1.300}}\n",
     {"wrong.yaml:3:", "giaddr", "192.168.1.300"}},
    {"a bad prefix",
     "vrfs:\n  red:\n    dhcp4:\n      subnet4: [{subnet: 192.168.1.0/33}]\n",
     {"wrong.yaml:4:", "subnet", "192.168.1.0/33"}},
    {"a prefix with bits beyond its length",
     "vrfs:\n  red:\n    dhcp4:\n      subnet4: [{subnet: 192.168.1.7/24}]\n",
     {"wrong.yaml:4:", "subnet", "did you mean 192.168.1.0/24?"}},
    {"a bad pool",
     "vrfs:\n  red:\n    dhcp4:\n      subnet4: [{subnet: 10.0.0.0/24, pools: [{pool: 10.0.0.9 - 10.0.0.2}]}]\n",
     {"wrong.yaml:4:", "pools[0].pool", "reversed"}},
    {"a pool outside its subnet",
     "vrfs:\n  red:\n    dhcp4:\n      subnet4:\n        - subnet: 192.168.1.0/24\n"
     "          pools: [{pool: 10.0.0.1 - 10.0.0.9}]\n",
     {"wrong.yaml:6:", "pool", "192.168.1.0/24"}},
    {"an interface in two VRFs",
     "vrfs:\n  red: {interfaces: [eth1]}\n  blue: {interfaces: [eth1]}\n",
     {"wrong.yaml:3:", "eth1", "red"}},
    {"overlapping subnets in a VRF",
     "vrfs:\n  red:\n    dhcp4:\n      subnet4:\n        - {subnet: 10.0.0.0/8}\n        - {subnet: 10.1.0.0/16}\n",
     {"wrong.yaml:6:", "10.0.0.0/8"}},
    {"a key that keavrfd owns",
     "vrfs:\n  red:\n    dhcp4:\n      interfaces-config: {interfaces: [eth1]}\n",
     {"wrong.yaml:4:", "interfaces-config", "keavrfd"}},
    {"a lease file of one's own",
     "vrfs:\n  red:\n    dhcp4:\n      lease-database: {type: memfile, name: /tmp/leases}\n",
     {"wrong.yaml:4:", "lease-database.name", "state-dir", "remove it"}},
    {"a missing Kea",
     "kea: {dhcp4: /no/such/kea-dhcp4}\nvrfs: {\"*\": {}}\n",
     {"/no/such/kea-dhcp4", "No such file", "apt install kea-dhcp4-server", "kea.dhcp4"},
     1},
    {"a missing user",
     "kea: {user: nobody-at-all}\nvrfs: {\"*\": {}}\n",
     {"kea.user", "no user nobody-at-all", "leave the key out"},
     1},
    {"DHCPv6, which is not built yet", "vrfs: {red: {dhcp6: {}}}\n", {"wrong.yaml:1:", "dhcp6", "not"}},
};

Finished keavrfd(const std::vector<std::string>& arguments, const std::vector<std::string>& before = {})
{
    auto command = before;
    command.push_back(built("keavrfd"));
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run(command);
}

void check_says(const Finished& finished, const std::vector<std::string>& texts)
{
    for (const auto& text : texts) {
        BOOST_TEST((finished.errors + finished.output).find(text) != std::string::npos,
                   "it should say '" << text << "' but says:\n"
                                     << finished.errors << finished.output);
    }
}

void leave_a_socket(const std::string& path)
{
    const keavrf::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    BOOST_REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

} // namespace

BOOST_AUTO_TEST_SUITE(wrong_input)

BOOST_FIXTURE_TEST_CASE(each_mistake_in_a_file_is_told_with_its_place, Sandbox)
{
    for (const auto& wrong : wrong_files) {
        BOOST_TEST_CONTEXT(wrong.what)
        {
            const auto file = write_file("wrong.yaml", wrong.yaml);
            for (const auto& arguments : {std::vector<std::string>{"-c", file}, {"-t", "-c", file}}) {
                const auto finished = keavrfd(arguments);
                BOOST_TEST(finished.exit_code == wrong.exit_code, finished.errors);
                check_says(finished, wrong.says);
            }
        }
    }
    BOOST_TEST(!std::filesystem::exists("/run/netns/keavrf-hub"));
}

BOOST_FIXTURE_TEST_CASE(all_mistakes_of_a_file_are_told_at_once, Sandbox)
{
    const auto file = write_file("wrong.yaml", "vrfs:\n  red: {devise: none}\nlog: {level: loud}\non-exit: maybe\n");
    const auto finished = keavrfd({"-c", file});
    BOOST_TEST(finished.exit_code == 78);
    check_says(finished, {":2:9:", ":3:14:", ":4:10:"});
}

BOOST_FIXTURE_TEST_CASE(a_file_that_is_none_is_told, Sandbox)
{
    const auto missing = keavrfd({"-c", "/run/test/nothing.yaml"});
    BOOST_TEST(missing.exit_code == 78);
    check_says(missing, {"/run/test/nothing.yaml", "no such file"});
    const auto directory_given = keavrfd({"-c", "/run/test"});
    BOOST_TEST(directory_given.exit_code == 78);
    check_says(directory_given, {"/run/test", "directory"});
}

BOOST_FIXTURE_TEST_CASE(a_wrong_command_line_is_told, Sandbox)
{
    const auto file = write_file("good.yaml", "vrfs: {\"*\": {}}\n");
    const std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> cases{
        {{"-c", file, "-m", "eth1:red"}, {"-c", "-m"}},
        {{"-m", "eth1"}, {"eth1", "INTERFACE:VRF"}},
        {{"-m", "eth1:red:300.1.1.1"}, {"300.1.1.1"}},
        {{"-m", "eth1:red", "-m", "eth1:blue"}, {"eth1", "red", "one VRF"}},
        {{"-m", ":red"}, {":red"}},
        {{"--no-such-option"}, {"no-such-option"}},
        {{}, {"-c"}},
    };
    for (const auto& [arguments, says] : cases) {
        const auto finished = keavrfd(arguments);
        BOOST_TEST(finished.exit_code == 2, finished.errors);
        check_says(finished, says);
    }
    BOOST_TEST(keavrfd({"--help"}).exit_code == 0);
    BOOST_TEST(keavrfd({"--version"}).exit_code == 0);
}

BOOST_FIXTURE_TEST_CASE(a_kea_that_is_too_old_is_told, Sandbox)
{
    const auto old_kea = write_file("kea-dhcp4", "#!/bin/sh\necho 1.6.0\n");
    std::filesystem::permissions(old_kea, std::filesystem::perms::owner_all | std::filesystem::perms::others_exec |
                                              std::filesystem::perms::others_read);
    const auto file = write_file("old.yaml", "kea: {dhcp4: " + old_kea + "}\nvrfs: {\"*\": {}}\n");
    const auto finished = keavrfd({"-c", file});
    BOOST_TEST(finished.exit_code == 1, finished.errors);
    check_says(finished, {old_kea, "1.6.0", "2.2.0 or later", "kea.dhcp4"});
}

// A stop that was asked for is no failure, whatever stands where Kea should be.
BOOST_FIXTURE_TEST_CASE(a_signal_is_obeyed_while_kea_does_not_tell_its_version, Sandbox)
{
    const auto silent_kea = write_file("kea-dhcp4", "#!/bin/sh\nexec sleep 1000\n");
    std::filesystem::permissions(silent_kea, std::filesystem::perms::owner_all | std::filesystem::perms::others_exec |
                                                 std::filesystem::perms::others_read);
    const std::string left = "/run/keavrfd/control.sock"; // by a keavrfd that was killed
    std::filesystem::create_directories("/run/keavrfd");
    leave_a_socket(left);
    auto daemon = Daemon::with("kea: {dhcp4: " + silent_kea + "}\nvrfs: {\"*\": {}}\n");
    BOOST_REQUIRE(eventually([] { return processes_with("sleep 1000").size() == 1; }));
    daemon.program().signal(SIGINT);
    BOOST_TEST((daemon.program().wait_for_exit() == 0), daemon.log());
    BOOST_TEST(processes_with("sleep 1000").empty());
    BOOST_TEST(!std::filesystem::exists(left));
}

BOOST_FIXTURE_TEST_CASE(output_that_cannot_be_written_is_told, Sandbox)
{
    const auto file = write_file("good.yaml", "vrfs: {\"*\": {}}\n");
    for (const auto* option : {"-t", "--print-config"}) {
        const auto finished = run({"sh", "-c", built("keavrfd") + " " + option + " -c " + file + " >/dev/full"});
        BOOST_TEST(finished.exit_code == 1, option);
        check_says(finished, {"cannot write to standard output"});
    }
}

BOOST_FIXTURE_TEST_CASE(what_kea_quotes_of_a_file_cannot_write_to_the_terminal, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    const auto file = write_file("escape.yaml", "vrfs:\n  red: {device: none, interfaces: [eth1], dhcp4: "
                                                "{\"bad\\u001b[31mkey\": 1}}\n");
    const auto finished = run({built("keavrfd"), "-t", "-c", file});
    const auto text = finished.output + finished.errors;
    BOOST_TEST(finished.exit_code != 0, text);
    BOOST_TEST(text.find("[31mkey") != std::string::npos, text);
    BOOST_TEST(text.find('\x1b') == std::string::npos, text);
}

BOOST_FIXTURE_TEST_CASE(descriptors_that_were_closed_at_the_start_are_dev_null, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    const auto file = write_file("closed.yaml", "vrfs:\n  red: {device: none, interfaces: [eth1]}\n");
    Program daemon({"sh", "-c", "exec \"$0\" -c \"$1\" <&- >&- 2>&-", built("keavrfd"), file});
    const auto descriptor = [&](int number) {
        const auto path = "/proc/" + std::to_string(daemon.pid()) + "/fd/" + std::to_string(number);
        std::error_code error;
        return std::filesystem::read_symlink(path, error).string();
    };
    BOOST_TEST(eventually([&] { return run({built("keavrfctl"), "status", "red"}).exit_code == 0; }));
    for (const int number : {0, 1, 2}) {
        BOOST_TEST(descriptor(number) == "/dev/null");
    }
    daemon.signal(SIGTERM);
    BOOST_TEST((daemon.wait_for_exit() == 0));
}

BOOST_FIXTURE_TEST_CASE(a_stop_that_is_asked_for_wrongly_stops_nothing, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with("vrfs:\n  red: {device: none, interfaces: [eth1]}\n");
    daemon.wait_until("red", "serving");
    for (const auto& [arguments, why] : {std::pair{R"({"keep": "yes"})", "'keep' must be true or false"},
                                         std::pair{R"({"keeep": true})", "unknown argument 'keeep'"}}) {
        const auto answer = daemon.command({{"command", "stop"}, {"arguments", boost::json::parse(arguments)}});
        BOOST_TEST(answer.result == 1);
        BOOST_TEST(answer.text.find(why) != std::string::npos, answer.text);
        BOOST_TEST(answer.text.find("nothing was done") != std::string::npos, answer.text);
    }
    BOOST_TEST(daemon.kea("red") > 0);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_missing_privilege_is_told, Sandbox)
{
    const auto file = write_file("good.yaml", "vrfs: {\"*\": {}}\n");
    const auto nobody = keavrfd({"-c", file}, {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"});
    BOOST_TEST(nobody.exit_code == 1, nobody.errors);
    check_says(nobody, {"must run as root", "sudo"});
    const auto less = keavrfd({"-c", file}, {"setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin", "--"});
    BOOST_TEST(less.exit_code == 1, less.errors);
    check_says(less, {"CAP_NET_ADMIN", "--cap-add"});
    BOOST_TEST(less.errors.find("CAP_NET_RAW") == std::string::npos, "it has that one: " << less.errors);
}

BOOST_FIXTURE_TEST_CASE(a_folder_that_cannot_be_written_is_told, Sandbox)
{
    std::filesystem::create_directories("/run/readonly");
    BOOST_REQUIRE(::mount("tmpfs", "/run/readonly", "tmpfs", MS_RDONLY, nullptr) == 0);
    for (const auto* key : {"runtime-dir", "state-dir", "log-dir"}) {
        BOOST_TEST_CONTEXT(key)
        {
            const auto file = write_file("read.yaml", std::string(key) + ": /run/readonly/x\nvrfs: {\"*\": {}}\n");
            const auto finished = keavrfd({"-c", file});
            BOOST_TEST(finished.exit_code == 1, finished.errors);
            check_says(finished, {key, "/run/readonly", "Read-only file system", "choose another"});
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_file_that_kea_refuses_is_told_by_a_check, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    const auto bad =
        write_file("bad.yaml", "vrfs:\n  red: {device: none, interfaces: [eth1], dhcp4: {no-such-kea-parameter: 1}}\n");
    const auto refused = keavrfd({"-t", "-c", bad});
    BOOST_TEST(refused.exit_code == 78, refused.errors);
    check_says(refused, {"red", "no-such-kea-parameter"});
    const auto good = write_file("good.yaml", "vrfs:\n  red: {device: none, interfaces: [eth1]}\n");
    const auto accepted = keavrfd({"-t", "-c", good});
    BOOST_TEST(accepted.exit_code == 0, accepted.errors);
    const auto printed = keavrfd({"-c", good, "--print-config"});
    BOOST_TEST(printed.exit_code == 0, printed.errors);
    check_says(printed, {"red"});
    const auto rendered = keavrfd({"-c", good, "--print-config", "red"});
    BOOST_TEST(rendered.exit_code == 0, rendered.errors);
    check_says(rendered, {"Dhcp4", "192.168.1.0/24"});
}

BOOST_FIXTURE_TEST_CASE(a_check_has_kea_look_at_entries_that_no_vrf_matches_yet, Sandbox)
{
    const auto bad = write_file("bad.yaml", "vrfs:\n  red: {dhcp4: {no-such-parameter: 1}}\n"
                                            "  \"tenant-*\": {dhcp4: {not-this-either: 1}}\n");
    const auto refused = keavrfd({"-t", "-c", bad});
    BOOST_TEST(refused.exit_code == 78, refused.errors);
    check_says(refused, {"vrf red: Kea refuses", "no-such-parameter", "tenant-*", "not-this-either"});
    const auto good = write_file("good.yaml", "vrfs:\n  red: {}\n  \"tenant-*\": {dhcp4: {valid-lifetime: 600}}\n");
    const auto accepted = keavrfd({"-t", "-c", good});
    BOOST_TEST(accepted.exit_code == 0, accepted.errors);
    check_says(accepted, {"vrf red: accepted by Kea 2.", "no VRF device of that name",
                          "\"tenant-*\": accepted by Kea 2.", "the configuration is in order"});
    BOOST_TEST(run({"ip", "netns"}).output == "");
}

BOOST_FIXTURE_TEST_CASE(a_check_without_root_says_what_it_did_not_check, Sandbox)
{
    const std::vector<std::string> nobody{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"};
    const auto good = write_file("good.yaml", "vrfs: {red: {}}\n");
    const auto accepted = keavrfd({"-t", "-c", good}, nobody);
    BOOST_TEST(accepted.exit_code == 0, accepted.errors);
    check_says(accepted, {"not checked by Kea itself", "missing: CAP_NET_ADMIN", "the configuration is in order"});
    const auto bad = write_file("bad.yaml", "vrfs: {red: {devise: none}}\n");
    BOOST_TEST(keavrfd({"-t", "-c", bad}, nobody).exit_code == 78);
}

BOOST_AUTO_TEST_SUITE_END()
