#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace keavrf;
using namespace keavrf::config;
using namespace keavrf::config::test;

BOOST_AUTO_TEST_SUITE(config_daemon_keys)

BOOST_AUTO_TEST_CASE(every_key_has_its_default)
{
    const auto read = settings("vrfs: {\"*\": {}}\n");
    BOOST_TEST((read.kea == KeaSettings{}));
    BOOST_TEST(read.kea.dhcp4 == "/usr/sbin/kea-dhcp4");
    BOOST_TEST(read.runtime_dir == "/run/keavrfd");
    BOOST_TEST(read.state_dir == "/var/lib/keavrfd");
    BOOST_TEST(read.log_dir == "/var/log/keavrfd");
    BOOST_TEST(read.netns_prefix == "keavrf-");
    BOOST_TEST((read.on_exit == OnExit::stop));
    BOOST_TEST(read.control_group == "keavrfd");
    BOOST_TEST(!read.control_group_given);
    BOOST_TEST(!read.http_listen.has_value());
    BOOST_TEST((read.log == LogSettings{}));
    BOOST_TEST(read.marks.empty());
}

BOOST_AUTO_TEST_CASE(every_key_is_read)
{
    const auto read =
        settings("kea: {dhcp4: /opt/kea4, dhcp6: //opt//kea6/, user: root, log: inherit,\n"
                 "      timeouts: {start: 1m, probe: 500ms, stop: 2s}}\n"
                 "runtime-dir: /tmp/r\nstate-dir: /tmp/s\nlog-dir: /tmp/l\n"
                 "netns-prefix: test.\non-exit: keep\ncontrol: {group: adm}\n"
                 "http: {listen: \"[::1]:80\"}\nlog: {level: debug, format: journal}\nvrfs: {\"*\": {}}\n");
    BOOST_TEST(read.kea.dhcp4 == "/opt/kea4");
    BOOST_TEST(read.kea.dhcp6 == "/opt/kea6");
    BOOST_TEST(read.kea.user == "root");
    BOOST_TEST((read.kea.log == KeaLog::inherit));
    BOOST_TEST(read.kea.timeouts.start.count() == 60000);
    BOOST_TEST(read.kea.timeouts.probe.count() == 500);
    BOOST_TEST(read.kea.timeouts.stop.count() == 2000);
    BOOST_TEST(read.runtime_dir == "/tmp/r");
    BOOST_TEST(read.state_dir == "/tmp/s");
    BOOST_TEST(read.log_dir == "/tmp/l");
    BOOST_TEST(read.netns_prefix == "test.");
    BOOST_TEST((read.on_exit == OnExit::keep));
    BOOST_TEST(read.control_group == "adm");
    BOOST_TEST(read.control_group_given);
    BOOST_TEST(*read.http_listen == "[::1]:80");
    BOOST_TEST((read.log.level == log::Level::debug));
    BOOST_TEST((read.log.format == LogFormat::journal));
    BOOST_TEST((read.marks.at("kea.timeouts.probe") == Mark{"c.yaml", 2, 36}));
    BOOST_TEST(read.marks.size() == 16U);
}

BOOST_AUTO_TEST_CASE(maps_without_a_value_are_empty)
{
    BOOST_TEST((settings("kea:\ncontrol:\nhttp:\nlog:\ndefaults:\nvrfs:\n  red:\n").kea == KeaSettings{}));
}

BOOST_AUTO_TEST_CASE(tells_what_is_wrong_and_what_is_allowed)
{
    const std::string path = "must be an absolute path, such as /run/keavrfd, without . and .. in it, not ";
    const std::string duration = "must be a duration from 100ms to 10m, a whole number with ms, s, m or h, not ";
    check_errors({
        {"vrfs: {}\nkae: {}\n",
         {"2:1: kae: unknown key (did you mean kea? allowed here: kea, runtime-dir, state-dir, "
          "log-dir, netns-prefix, on-exit, control, http, log, defaults, vrfs)"}},
        {"vrfs: {}\nkea: {binary: /x}\n",
         {"2:7: kea.binary: unknown key (allowed here: dhcp4, dhcp6, log, timeouts, user)"}},
        {"vrfs: {}\nkea: []\n", {"2:6: kea: must be a map, not a list"}},
        {"vrfs: {}\nkea: /usr/sbin/kea-dhcp4\n", {"2:6: kea: must be a map, not \"/usr/sbin/kea-dhcp4\""}},
        {"vrfs: {}\nkea: {dhcp4: kea-dhcp4, dhcp6: /a/../b, log: {}}\n",
         {"2:14: kea.dhcp4: " + path + "\"kea-dhcp4\"", "2:32: kea.dhcp6: " + path + "\"/a/../b\"",
          "2:46: kea.log: must be file or inherit, not a map"}},
        {"vrfs: {}\nkea: {user: 0, log: File}\n",
         {"2:13: kea.user: must be a text (put it in quotes), not \"0\"",
          "2:21: kea.log: must be file or inherit (did you mean file?), not \"File\""}},
        {"vrfs: {}\nkea: {user: \"0\"}\n",
         {"2:13: kea.user: must be the name of a user (not a number), not the text \"0\" in quotes"}},
        {"vrfs: {}\nkea: {timeouts: {start: 10, probe: 1.5s, stop: 0s, kill: 1s}}\n",
         {"2:25: kea.timeouts.start: " + duration + "\"10\"", "2:36: kea.timeouts.probe: " + duration + "\"1.5s\"",
          "2:48: kea.timeouts.stop: " + duration + "\"0s\"",
          "2:52: kea.timeouts.kill: unknown key (allowed here: probe, start, stop)"}},
        {"vrfs: {}\nruntime-dir: /\n", {"2:14: runtime-dir: " + path + "\"/\""}},
        {"vrfs: {}\nruntime-dir:\n", {"2:1: runtime-dir: must be a text, not nothing"}},
        {"vrfs: {}\nruntime-dir: /a/./b\n", {"2:14: runtime-dir: " + path + "\"/a/./b\""}},
        {"vrfs: {}\nruntime-dir: \"/a\\tb\"\n",
         {"2:14: runtime-dir: must be a text without control characters, not \"/a\\tb\""}},
        {"vrfs: {}\nstate-dir: /run/keavrfd/state\n",
         {"2:12: state-dir: must not lie inside runtime-dir (/run/keavrfd)"}},
        {"vrfs: {}\nlog-dir: /var\n",
         {"2:10: log-dir: must not hold state-dir, which is /var/lib/keavrfd unless the file says otherwise (set "
          "both)"}},
        {"vrfs: {}\nlog-dir: /var/lib/keavrfd\n", {"2:10: log-dir: must not lie inside state-dir (/var/lib/keavrfd)"}},
        {"vrfs: {}\nstate-dir: /var/log/keavrfd\n",
         {"2:12: state-dir: must not lie inside log-dir (/var/log/keavrfd)"}},
        {"vrfs: {}\nstate-dir: /a\nlog-dir: /a\n", {"2:12: state-dir: must not lie inside log-dir (/a)"}},
        {"vrfs: {}\nruntime-dir: /tmp/a23456789/b23456789/c23456789/d23456789/e23456789/f23456789/g23456789\n",
         {"2:14: runtime-dir: is too long: with a VRF name of 15 characters Kea's socket path would have 109 "
          "characters, "
          "and the kernel allows 107 (shorten it by 2)"}},
        {"vrfs: {}\nnetns-prefix: a/b\n",
         {"2:15: netns-prefix: must be 1 to 64 letters, digits, or any of -_.+:@, (and "
          "not start with a dot), not \"a/b\""}},
        {"vrfs: {}\nnetns-prefix: \"\"\n",
         {"2:15: netns-prefix: must be 1 to 64 letters, digits, or any of -_.+:@, (and "
          "not start with a dot), not \"\""}},
        {"vrfs: {}\non-exit: kepe\n", {"2:10: on-exit: must be stop or keep (did you mean keep?), not \"kepe\""}},
        {"vrfs: {}\ncontrol: {group: 12}\n", {"2:18: control.group: must be a text (put it in quotes), not \"12\""}},
        {"vrfs: {}\ncontrol: {group: \"a b\"}\n",
         {"2:18: control.group: must be the name of a group (not a number), not \"a b\""}},
        {"vrfs: {}\nhttp: {listen: 9767}\n", {"2:16: http.listen: must be a text (put it in quotes), not \"9767\""}},
        {"vrfs: {}\nlog: {level: warn, format: syslog}\n",
         {"2:14: log.level: must be debug, info, warning or error (did you mean warning?), not \"warn\"",
          "2:28: log.format: must be auto, text, json or journal, not \"syslog\""}},
    });
}

BOOST_AUTO_TEST_CASE(a_listen_address_has_an_address_and_a_port)
{
    for (const auto* text : {"127.0.0.1:9767", "0.0.0.0:1", "[::]:65535", "[fd00::1]:80"}) {
        BOOST_TEST(*settings("http: {listen: \"" + std::string(text) + "\"}\nvrfs: {}\n").http_listen == text);
    }
    for (const auto* text :
         {"", ":", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:080", "127.0.0.1:+80",
          "localhost:80", "::1:80", "[::1]", "[::1]80", "[127.0.0.1]:80", "127.0.0.1:80 "}) {
        BOOST_TEST(errors("http: {listen: \"" + std::string(text) + "\"}\nvrfs: {}\n") ==
                       (Lines{"1:16: http.listen: must be an address and a port, such as \"127.0.0.1:9767\" or "
                              "\"[::1]:9767\", not \"" +
                              std::string(text) + "\""}),
                   boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_SUITE_END()
