#include "kea/failure_reason.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace keavrf::kea;

// As Kea 2.2 printed them.
const std::string starting = "2026-11-22 15:43:47.861 INFO  [kea-dhcp4.dhcp4/19471.139870582526464] DHCP4_STARTING Kea "
                             "DHCPv4 server version 2.2.0 (stable) starting\n";
const std::string load_fail =
    "2026-11-22 15:43:47.862 ERROR [kea-dhcp4.dhcp4/1.2] DHCP4_CONFIG_LOAD_FAIL configuration "
    "error using file: c.json, reason: bad pool\n";
const std::string init_fail =
    "2026-11-22 15:43:47.862 ERROR [kea-dhcp4.dhcp4/1.2] DHCP4_INIT_FAIL failed to initialize "
    "Kea server: configuration error using file 'c.json': bad pool\n";
const std::string parser_fail =
    "2026-11-22 15:43:48.015 ERROR [kea-dhcp4.dhcp4/1.2] DHCP4_PARSER_FAIL failed to create "
    "or run parser for configuration element subnet4: bad pool (c.json:1:371)\n";
const std::string hook_fail =
    "2026-11-22 15:43:48.260 ERROR [kea-dhcp4.hooks/1.2] HOOKS_OPEN_ERROR failed to open hook "
    "library /nonexist.so\n";

} // namespace

BOOST_AUTO_TEST_SUITE(kea_failure_reason)

BOOST_AUTO_TEST_CASE(is_what_kea_said_most_precisely)
{
    const std::string parser =
        "DHCP4_PARSER_FAIL failed to create or run parser for configuration element subnet4: bad "
        "pool (c.json:1:371)";
    const std::string load = "DHCP4_CONFIG_LOAD_FAIL configuration error using file: c.json, reason: bad pool";
    struct Case {
        std::string output;
        std::string reason;
    };
    const Case cases[] = {
        {"", ""},
        {"\n\n", ""},
        {starting, "DHCP4_STARTING Kea DHCPv4 server version 2.2.0 (stable) starting"},
        {"libkea.so: cannot open shared object file", "libkea.so: cannot open shared object file"},
        {starting + load_fail + init_fail, load},
        {starting + load_fail + init_fail + parser_fail, parser},
        {starting + hook_fail + parser_fail + load_fail,
         "HOOKS_OPEN_ERROR failed to open hook library /nonexist.so; " + parser},
        {starting + "Error encountered: bad pool\n", "Error encountered: bad pool"},
        {"Syntax check failed with: c.json:2.1: syntax error\n", "Syntax check failed with: c.json:2.1: syntax error"},
    };
    for (const auto& [output, reason] : cases) {
        BOOST_TEST(failure_reason(output) == reason);
    }
}

BOOST_AUTO_TEST_CASE(is_the_last_three_errors_and_never_long)
{
    std::string output;
    for (int number = 1; number <= 9; ++number) {
        output += "2026-11-22 15:43:48.260 ERROR [kea-dhcp4.x/1.2] E" + std::to_string(number) + "\n";
    }
    BOOST_TEST(failure_reason(output) == "E7; E8; E9");
    const auto long_line = "2026-11-22 15:43:48.260 FATAL [kea-dhcp4.x/1.2] " + std::string(5000, 'x');
    BOOST_TEST(failure_reason(long_line).size() < 700U);
    BOOST_TEST(failure_reason(std::string(5000, 'x')).size() < 700U);
}

BOOST_AUTO_TEST_CASE(a_log_line_is_split_into_severity_and_message)
{
    struct Case {
        std::string line;
        LogSeverity severity;
        std::string message;
    };
    const std::string when = "2026-11-22 15:43:47.861 ";
    const Case cases[] = {
        {when + "INFO  [kea-dhcp4.dhcp4/1.2] DHCP4_STARTED x", LogSeverity::info, "DHCP4_STARTED x"},
        {when + "WARN  [kea-dhcp4.dhcp4/1.2] W x", LogSeverity::warning, "W x"},
        {when + "ERROR [kea-dhcp4.dhcp4/1.2] E x", LogSeverity::error, "E x"},
        {when + "FATAL [kea-dhcp4.dhcp4/1.2] F x", LogSeverity::error, "F x"},
        {when + "DEBUG [kea-dhcp4.dhcp4/1.2] D x", LogSeverity::debug, "D x"},
        {when + "OTHER [kea-dhcp4.dhcp4/1.2] O x", LogSeverity::info, when + "OTHER [kea-dhcp4.dhcp4/1.2] O x"},
        {when + "INFO without bracket", LogSeverity::info, when + "INFO without bracket"},
        {"plain text", LogSeverity::info, "plain text"},
        {"", LogSeverity::info, ""},
    };
    for (const auto& [line, severity, message] : cases) {
        const auto parsed = parse_log_line(line);
        BOOST_TEST((parsed.severity == severity), line);
        BOOST_TEST(parsed.message == message);
    }
}

BOOST_AUTO_TEST_SUITE_END()
