#include "config/cli_map.hpp"
#include "config/diff.hpp"
#include "config/print.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace keavrf::config;
using namespace keavrf::config::test;

namespace {

void check_round_trip(const Settings& original)
{
    const auto text = print(original);
    const auto again = settings(text);
    BOOST_TEST(same(original, again), text);
    BOOST_TEST(print(again) == text);
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_print)

BOOST_AUTO_TEST_CASE(shows_every_default)
{
    BOOST_TEST(print(settings("vrfs: {\"*\": {}}\n")) == R"(kea:
  dhcp4: "/usr/sbin/kea-dhcp4"
  dhcp6: "/usr/sbin/kea-dhcp6"
  log: "file"
  timeouts:
    start: "10s"
    probe: "5s"
    stop: "5s"
runtime-dir: "/run/keavrfd"
state-dir: "/var/lib/keavrfd"
log-dir: "/var/log/keavrfd"
netns-prefix: "keavrf-"
on-exit: "stop"
log:
  level: "info"
  format: "auto"
vrfs:
  "*":
    interfaces: "auto"
    relay:
      max-hops: 16
      option82: "drop"
      circuit-id: "${interface}"
      remote-id: "${vrf}"
      trusted: false
      link-selection: false
      server-id-override: false
      relay-flags: false
      bootp: false
      vss: ""
      rate: 0
      burst: 0
      max-size: 0
    dhcp4: {}
)");
}

BOOST_AUTO_TEST_CASE(what_it_prints_loads_to_the_same_settings)
{
    for (const auto* text : {
             "vrfs: {}\n",
             "kea: {user: kea, log: inherit, timeouts: {start: 1500ms}}\non-exit: keep\ncontrol: {group: adm}\n"
             "http: {listen: \"[::1]:1\"}\nlog: {level: error, format: json}\nvrfs: {a: }\n",
             "vrfs: {lab: {device: none, interfaces: [br0, \"e*\", \"!e1\"]}, \"t*\": {interfaces: [\"!x\"]}, 'a\\*': "
             "}\n",
             "vrfs: {a: {interfaces: {'\\!x': , 'a\\[': {giaddr: 10.0.0.1}}}}\n",
             "defaults: {relay: {rate: 10}}\nvrfs: {a: {relay: {burst: 3}, interfaces: {e: {rate: 0}, f: {rate: 0.1}, "
             "g: {rate: "
             "7, burst: 0}}}}\n",
             "vrfs: {a: {relay: {circuit-id: \"a \\\"b\\\" \\\\ # : ${vrf} é\", vss: \"- x\", option82: keep, "
             "max-size: 1500}}}\n",
             "vrfs: {a: {dhcp4: {i: [1, -1, 18446744073709551615, 1.0, -0.0, 1e300, 1e-7, 0.1, true, null, \"\", "
             "\"12\", "
             "\"null\", \"~\", \"a\\nb\\tc\\x01\\x7f\", {}, [], [[]], [[1, [2]], {a: [{b: 1}]}]], \"null\": 1, \"-\": "
             "2, \"<<\": 3, "
             "\"010\": 4, \"a b\": 5, \"\": 6, \"?\": {\"x\": []}}}}\n",
         }) {
        check_round_trip(settings(text));
    }
}

BOOST_AUTO_TEST_CASE(settings_from_the_command_line_print_as_a_file)
{
    const Lines arguments{"eth1:vrf-red:192.168.1.10", "eth2:vrf-blue", "!x:y"};
    check_round_trip(*settings_from_map(arguments).settings);
}

BOOST_AUTO_TEST_SUITE_END()
