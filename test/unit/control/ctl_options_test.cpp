#include "control/command.hpp"
#include "keavrfctl/options.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace {

using namespace keavrf::ctl;
using namespace std::chrono_literals;

std::variant<Options, Exit> parse(const std::vector<const char*>& words)
{
    std::vector<const char*> all{"keavrfctl"};
    all.insert(all.end(), words.begin(), words.end());
    return parse_options(static_cast<int>(all.size()), all.data(), "1.2.3");
}

Options options_of(const std::vector<const char*>& words)
{
    auto parsed = parse(words);
    const auto* exit = std::get_if<Exit>(&parsed);
    BOOST_REQUIRE_MESSAGE(exit == nullptr, (exit != nullptr ? exit->error : std::string()));
    return std::get<Options>(parsed);
}

struct BadCase {
    std::vector<const char*> words;
    const char* says;
};

} // namespace

BOOST_AUTO_TEST_SUITE(ctl_options)

BOOST_AUTO_TEST_CASE(every_command_takes_its_arguments)
{
    BOOST_TEST((options_of({"status"}).action == Action::status));
    BOOST_TEST(options_of({"status"}).vrf.empty());
    BOOST_TEST(options_of({"status", "red"}).vrf == "red");
    BOOST_TEST((options_of({"stats"}).action == Action::stats));
    BOOST_TEST((options_of({"leases", "red"}).action == Action::leases));
    BOOST_TEST((options_of({"reload"}).action == Action::reload));
    BOOST_TEST(options_of({"check", "a.yaml"}).file == "a.yaml");
    BOOST_TEST(options_of({"restart", "red"}).vrf == "red");
    BOOST_TEST(!options_of({"stop"}).keep);
    BOOST_TEST(options_of({"stop", "--keep"}).keep);
    BOOST_TEST(options_of({"--keep", "stop"}).keep);
    BOOST_TEST((options_of({"version"}).action == Action::version));
    const auto kea = options_of({"kea", "red", "lease4-get", R"({"subnet-id": 1})", "--service", "dhcp6"});
    BOOST_TEST(kea.vrf == "red");
    BOOST_TEST(kea.kea_command == "lease4-get");
    BOOST_TEST(kea.kea_arguments->at("subnet-id") == 1);
    BOOST_TEST(kea.service == "dhcp6");
    BOOST_TEST(!options_of({"kea", "red", "status-get"}).kea_arguments.has_value());
}

BOOST_AUTO_TEST_CASE(options_stand_anywhere)
{
    const auto options = options_of({"--socket", "/s", "status", "--json", "red", "--timeout=2.5"});
    BOOST_TEST(options.socket == "/s");
    BOOST_TEST(options.json);
    BOOST_TEST(options.vrf == "red");
    BOOST_TEST((options.timeout == 2500ms));
    BOOST_TEST((timeout_of(options) == 2500ms));
    BOOST_TEST(options_of({"status"}).socket == "/run/keavrfd/control.sock");
}

BOOST_AUTO_TEST_CASE(waits_as_long_as_the_command_may_take)
{
    BOOST_TEST((timeout_of(options_of({"status"})) == 60s));
    BOOST_TEST((timeout_of(options_of({"reload"})) == keavrf::control::longest_reload));
    BOOST_TEST((timeout_of(options_of({"check", "a.yaml"})) == keavrf::control::longest_reload));
    BOOST_TEST((timeout_of(options_of({"reload", "--timeout", "170"})) == 170s));
    const auto help = std::get<Exit>(parse({"--help"})).out;
    const auto seconds = std::chrono::seconds(keavrf::control::longest_reload).count();
    BOOST_TEST(help.find("(60; reload, check: " + std::to_string(seconds) + ")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(wrong_usage_exits_with_2_and_says_what_is_right)
{
    const std::vector<BadCase> cases{
        {{"statsu"}, "unknown command 'statsu' (do you mean status or stats or stop?)"},
        {{"x"}, "unknown command 'x' (known are status, stats, leases, reload, check, restart, kea, stop, version)"},
        {{""}, "unknown command ''"},
        {{"restart"}, "'restart' needs an argument (keavrfctl restart VRF)"},
        {{"kea", "red"}, "'kea' needs more arguments (keavrfctl kea VRF COMMAND [JSON])"},
        {{"reload", "red"}, "'reload' takes no argument"},
        {{"status", "red", "blue"}, "'status' takes at most 1 (keavrfctl status [VRF])"},
        {{"status", ""}, "'status' was given an empty argument"},
        {{"kea", "red", "x", "{"}, "the arguments of a Kea command are a JSON map"},
        {{"kea", "red", "x", "[]"}, "the arguments of a Kea command are a JSON map"},
        {{"--js", "status"}, "unrecognised option '--js'"},
        {{"status", "--keep"}, "--keep belongs to 'stop'"},
        {{"status", "--service", "dhcp6"}, "--service belongs to 'kea'"},
        {{"status", "--timeout", "soon"}, "--timeout 'soon' is no number of seconds between 0.001 and 86400"},
        {{"status", "--timeout", "0"}, "--timeout '0' is no number"},
        {{"status", "--timeout", "5s"}, "--timeout '5s' is no number"},
        {{"status", "--timeout", "nan"}, "--timeout 'nan' is no number"},
        {{"status", "--socket"}, "the required argument for option '--socket' is missing"},
    };
    for (const auto& [words, says] : cases) {
        auto parsed = parse(words);
        const auto* exit = std::get_if<Exit>(&parsed);
        BOOST_REQUIRE_MESSAGE(exit != nullptr, says);
        BOOST_TEST(exit->code == 2);
        BOOST_TEST(exit->out.empty());
        BOOST_TEST(exit->error.starts_with("keavrfctl: " + std::string(says)), exit->error);
        BOOST_TEST(exit->error.ends_with("\nTry 'keavrfctl --help'.\n"));
    }
}

BOOST_AUTO_TEST_CASE(help_and_version_are_no_errors_and_no_command_is_one)
{
    for (const auto* word : {"--help", "-h"}) {
        const auto exit = std::get<Exit>(parse({word}));
        BOOST_TEST(exit.code == 0);
        BOOST_TEST(exit.out.find("Usage: keavrfctl") == 0U);
        BOOST_TEST(exit.error.empty());
    }
    BOOST_TEST(std::get<Exit>(parse({"--version"})).out == "keavrfctl 1.2.3\n");
    const auto nothing = std::get<Exit>(parse({}));
    BOOST_TEST(nothing.code == 2);
    BOOST_TEST(nothing.error.find("Usage: keavrfctl") == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
