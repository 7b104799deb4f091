#include "config/diff.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace keavrf::config;
using namespace keavrf::config::test;

namespace {

SettingsDiff diff_of(std::string_view running, std::string_view wanted)
{
    return diff(settings(running), settings(wanted));
}

std::string text(const SettingsDiff& diff)
{
    std::string line;
    const auto add = [&](const char* sign, const Lines& names) {
        for (const auto& name : names) {
            line += (line.empty() ? "" : " ") + std::string(sign) + name;
        }
    };
    add("", diff.daemon_keys_changed);
    add("+", diff.vrfs_added);
    add("-", diff.vrfs_removed);
    add("~", diff.vrfs_changed);
    return line + (diff.glob_order_changed ? " order" : "");
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_diff)

BOOST_AUTO_TEST_CASE(moving_text_about_changes_nothing)
{
    const auto change =
        diff_of("vrfs: {red: {relay: {rate: 5}}, blue: }\n",
                "# comment\nvrfs:\n  blue: {}\n  red:\n    interfaces: auto\n    relay:\n      rate: 5.0\n"
                "log: {level: info}\n");
    BOOST_TEST(change.empty());
    BOOST_TEST(text(change).empty());
}

BOOST_AUTO_TEST_CASE(names_exactly_what_changed)
{
    struct Case {
        const char* running;
        const char* wanted;
        const char* expected;
    };
    for (const auto& [running, wanted, expected] : {
             Case{"vrfs: {a: , b: , c: }", "vrfs: {a: , c: {relay: {rate: 1}}, d: }", "+d -b ~c"},
             Case{"vrfs: {a: {interfaces: [e1]}}", "vrfs: {a: {interfaces: [e1, e2]}}", "~a"},
             Case{"vrfs: {a: {interfaces: [e1]}}", "vrfs: {a: {interfaces: {e1: {giaddr: 10.0.0.1}}}}", "~a"},
             Case{"vrfs: {a: {interfaces: [e1]}}", "vrfs: {a: {interfaces: [e1, \"!e2\"]}}", "~a"},
             Case{"vrfs: {a: {interfaces: [e1]}}", "vrfs: {a: {interfaces: [e1], device: none}}", "~a"},
             Case{"vrfs: {a: {dhcp4: {x: 1}}}", "vrfs: {a: {dhcp4: {x: 2}}}", "~a"},
             Case{"defaults: {dhcp4: {x: 1}}\nvrfs: {a: , b: {dhcp4: {x: 2}}}",
                  "defaults: {dhcp4: {x: 3}}\nvrfs: {a: , b: {dhcp4: {x: 2}}}", "~a"},
             Case{"vrfs: {\"a*\": , \"b*\": }", "vrfs: {\"b*\": , \"a*\": }", " order"},
             Case{"vrfs: {\"a*\": , \"b*\": }", "vrfs: {\"b*\": }", "-a*"},
             Case{"vrfs: {a: }",
                  "vrfs: {a: }\nlog: {level: debug}\nkea: {timeouts: {probe: 1s}}\nhttp: {listen: \"127.0.0.1:80\"}",
                  "kea.timeouts.probe http.listen log.level"},
             Case{"vrfs: {a: }", "vrfs: {a: }\non-exit: keep\nkea: {log: inherit}", "kea.log on-exit"},
         }) {
        BOOST_TEST(text(diff_of(running, wanted)) == expected);
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_change_is_refused_with_its_place_and_the_running_value)
{
    const auto running = settings("vrfs: {a: }\n");
    const auto wanted =
        settings("vrfs: {a: }\nkea: {dhcp4: /opt/kea, user: kea}\nruntime-dir: /r\nstate-dir: /s\nlog-dir: /l\n"
                 "netns-prefix: x-\ncontrol: {group: adm}\nlog: {level: debug}\n");
    Lines lines;
    for (const auto& problem : unchangeable(running, wanted)) {
        lines.push_back(problem.text());
    }
    const std::string restart = " (restart keavrfd to change it)";
    const std::string is = ": cannot change while keavrfd runs: it is ";
    BOOST_TEST(lines == (Lines{"c.yaml:2:14: kea.dhcp4" + is + "/usr/sbin/kea-dhcp4" + restart,
                               "c.yaml:2:30: kea.user" + is + "the default" + restart,
                               "c.yaml:3:14: runtime-dir" + is + "/run/keavrfd" + restart,
                               "c.yaml:4:12: state-dir" + is + "/var/lib/keavrfd" + restart,
                               "c.yaml:5:10: log-dir" + is + "/var/log/keavrfd" + restart,
                               "c.yaml:6:15: netns-prefix" + is + "keavrf-" + restart,
                               "c.yaml:7:18: control.group" + is + "keavrfd" + restart}),
               boost::test_tools::per_element());
    BOOST_TEST(unchangeable(running, running).empty());
    // Left out of the file, so that the default would come back.
    const auto back = unchangeable(wanted, running);
    BOOST_TEST_REQUIRE(back.size() == 7U);
    BOOST_TEST(back[2].text() ==
               "runtime-dir: cannot change while keavrfd runs: it is /r (restart keavrfd to change it)");
}

BOOST_AUTO_TEST_CASE(entries_that_did_not_change_stay_the_same_objects)
{
    const auto running = settings("vrfs: {a: {relay: {rate: 1}}, 'a*': , b: , 'a\\*': }");
    const auto wanted = settings("vrfs: {'a\\*': , b: {relay: {rate: 2}}, c: , 'a*': , a: {relay: {rate: 1.0}}}");
    const auto merged = with_unchanged_entries(running, wanted);
    BOOST_TEST_REQUIRE(merged->vrfs.size() == 5U);
    BOOST_TEST(merged->vrfs[0] == running.vrfs[3]); // a name that is written like a glob
    BOOST_TEST(merged->vrfs[1] == wanted.vrfs[1]);
    BOOST_TEST(merged->vrfs[2] == wanted.vrfs[2]);
    BOOST_TEST(merged->vrfs[3] == running.vrfs[1]);
    BOOST_TEST(merged->vrfs[4] == running.vrfs[0]);
}

BOOST_AUTO_TEST_SUITE_END()
