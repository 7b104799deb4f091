#include "support.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using namespace keavrf::config::test;

namespace {

// Errors of a dhcp4 map that stands alone in line 3, column 12 and after; places and the VRF's path are cut.
Lines kea_errors(const std::string& map)
{
    Lines lines;
    for (const auto& line : errors("vrfs:\n  red:\n    dhcp4: " + map + "\n")) {
        const std::string path = ": vrfs.red.dhcp4.";
        const auto at = line.find(path);
        lines.push_back(at == std::string::npos ? line : line.substr(at + path.size()));
    }
    return lines;
}

struct KeaCase {
    const char* map;
    Lines expected;
};

void check_kea(const std::vector<KeaCase>& cases)
{
    for (const auto& [map, expected] : cases) {
        BOOST_TEST_CONTEXT(map)
        {
            BOOST_TEST(kea_errors(map) == expected, boost::test_tools::per_element());
        }
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_kea_map)

BOOST_AUTO_TEST_CASE(what_keavrfd_does_not_know_passes_through)
{
    const std::string text =
        R"({"hooks-libraries":[{"library":"/x.so","parameters":{"a":[1,2.5E0,true,null]}}],"dhcp-ddns":{"enable-updates":false},)"
        R"("server-tag":"x","dhcp-socket-type":"udp","new-in-kea-9":{"deep":[{"er":[]}]},"multi-threading":{"enable-multi-threading":false}})";
    BOOST_TEST(boost::json::serialize(settings("vrfs: {red: {dhcp4: " + text + "}}\n").vrfs.at(0)->dhcp4) == text);
    BOOST_TEST(errors("vrfs: {red: {dhcp4: []}}\n") ==
                   (Lines{"1:21: vrfs.red.dhcp4: must be a map (Kea's Dhcp4), not a list"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(option_data_is_a_text_also_without_quotes)
{
    const auto read =
        settings("vrfs: {red: {dhcp4: {option-data: [{name: interface-mtu, data: 1500}, {code: 7, data: 0x10}], "
                 "user-context: {data: 5}}}}\n");
    BOOST_TEST(
        boost::json::serialize(read.vrfs.at(0)->dhcp4) ==
        R"({"option-data":[{"name":"interface-mtu","data":"1500"},{"code":7,"data":"0x10"}],"user-context":{"data":5}})");
}

BOOST_AUTO_TEST_CASE(keys_that_keavrfd_owns_are_refused)
{
    const std::string hears =
        "keavrfd owns this key (Kea hears its end of its link to the relay, and nothing else); remove it";
    const std::string talks =
        "keavrfd owns this key (it talks to Kea by a socket in runtime-dir; try keavrfctl kea VRF COMMAND); remove it";
    const std::string keeps = "keavrfd owns this key (leases are kept in state-dir, a folder a VRF); remove it";
    const std::string logs = "keavrfd owns this key (Kea's log goes where log-dir and kea.log say); remove it";
    const std::string chooses =
        "keavrfd owns this key (Kea sees no client interface; the relay's giaddr chooses the subnet); remove it";
    check_kea({
        {"{interfaces-config: {interfaces: [eth1]}}", {"interfaces-config: " + hears}},
        {"{control-socket: {}, control-sockets: []}", {"control-socket: " + talks, "control-sockets: " + talks}},
        {"{lease-database: {type: memfile, name: /x, persist: false, lfc-interval: 60}}",
         {"lease-database.name: " + keeps, "lease-database.persist: " + keeps}},
        {"{lease-database: {name: /x}}", {"lease-database.name: " + keeps}},
        {"{lease-database: {type: postgresql, name: x, persist: true}}", {}},
        {"{lease-database: {type: mysql, name: x}}", {}},
        {"{loggers: [{name: kea-dhcp4, severity: INFO, output_options: [], output-options: []}]}",
         {"loggers[0].output_options: " + logs, "loggers[0].output-options: " + logs}},
        {"{loggers: [{name: kea-dhcp4, severity: DEBUG, debuglevel: 99}]}", {}},
        {"{loggers: [{name: kea-dhcp4}]}",
         {"loggers[0]: \"severity\" is missing (such as {name: kea-dhcp4, severity: INFO})"}},
        {"{loggers: {}}", {"loggers: must be a list of maps, such as [{name: kea-dhcp4, severity: INFO}], not a map"}},
        {"{subnet4: [{subnet: 10.0.0.0/8, interface: eth1}]}", {"subnet4[0].interface: " + chooses}},
        {"{shared-networks: [{name: a, interface: eth1, subnet4: [{subnet: 10.0.0.0/8, interface: eth1}]}]}",
         {"shared-networks[0].interface: " + chooses, "shared-networks[0].subnet4[0].interface: " + chooses}},
        {"{Dhcp4: {subnet4: []}}", {"Dhcp4: write what is inside Dhcp4 directly here"}},
    });
    // With the type from defaults.
    BOOST_TEST(errors("defaults: {dhcp4: {lease-database: {type: postgresql}}}\n"
                      "vrfs: {red: {dhcp4: {lease-database: {name: x}}}}\n")
                   .empty());
    BOOST_TEST(errors("defaults: {dhcp4: {lease-database: {name: x}}}\nvrfs: {red: {}, blue: {}}\n") ==
                   (Lines{"1:37: vrfs.red.dhcp4.lease-database.name: " + keeps}),
               boost::test_tools::per_element());
    BOOST_TEST(errors("defaults: {dhcp4: {interfaces-config: {}}}\nvrfs: {red: {}, blue: {}}\n") ==
                   (Lines{"1:20: defaults.dhcp4.interfaces-config: " + hears}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(subnets_are_prefixes_that_do_not_overlap)
{
    check_kea({
        {"{subnet4: [{subnet: 10.0.0.0/8, pools: []}, {subnet: 11.0.0.0/8}]}", {}},
        {"{subnet4: {subnet: 10.0.0.0/8}}",
         {"subnet4: must be a list of maps, such as [{subnet: 192.168.1.0/24}], not a map"}},
        {"{subnet4: [10.0.0.0/8]}",
         {"subnet4[0]: must be a map, such as {subnet: 192.168.1.0/24}, not \"10.0.0.0/8\""}},
        {"{subnet4: [{pools: []}]}", {"subnet4[0]: \"subnet\" is missing (such as subnet: 192.168.1.0/24)"}},
        {"{subnet4: [{subnet: 10.0.0.1/8}]}",
         {"subnet4[0].subnet: \"10.0.0.1/8\" has bits set beyond its length (did you mean 10.0.0.0/8?)"}},
        {"{subnet4: [{subnet: 10.0.0.0}, {subnet: 10.0.0.0/33}, {subnet: x}, {subnet: 5}]}",
         {"subnet4[0].subnet: must be an IPv4 prefix, such as 192.168.1.0/24, not \"10.0.0.0\"",
          "subnet4[1].subnet: must be an IPv4 prefix, such as 192.168.1.0/24, not \"10.0.0.0/33\"",
          "subnet4[2].subnet: must be an IPv4 prefix, such as 192.168.1.0/24, not \"x\"",
          "subnet4[3].subnet: must be an IPv4 prefix, such as 192.168.1.0/24, not \"5\""}},
        {"{subnet4: [{subnet: 10.1.0.0/16}, {subnet: 10.0.0.0/8}, {subnet: 10.2.0.0/24}, {subnet: 10.1.0.0/16}]}",
         {"subnet4[1].subnet: the subnet 10.0.0.0/8 overlaps the subnet 10.1.0.0/16 (line 3)",
          "subnet4[2].subnet: the subnet 10.2.0.0/24 overlaps the subnet 10.0.0.0/8 (line 3)",
          "subnet4[3].subnet: the subnet 10.1.0.0/16 overlaps the subnet 10.0.0.0/8 (line 3)"}},
        {"{subnet4: [{subnet: 10.1.0.0/16}, {subnet: 10.1.0.0/16}]}",
         {"subnet4[1].subnet: the subnet 10.1.0.0/16 is here twice (line 3)"}},
        {"{subnet4: [{subnet: 10.0.0.0/8}], shared-networks: [{name: a, subnet4: [{subnet: 10.0.0.0/9}]}]}",
         {"shared-networks[0].subnet4[0].subnet: the subnet 10.0.0.0/9 overlaps the subnet 10.0.0.0/8 (line 3)"}},
        {"{shared-networks: {}}",
         {"shared-networks: must be a list of maps, such as [{name: floor1, subnet4: [...]}], not a map"}},
        {"{shared-networks: [a]}",
         {"shared-networks[0]: must be a map, such as {name: floor1, subnet4: [...]}, not \"a\""}},
    });
    BOOST_TEST(
        errors("vrfs: {a: {dhcp4: {subnet4: [{subnet: 10.0.0.0/8}]}}, b: {dhcp4: {subnet4: [{subnet: 10.0.0.0/8}]}}}\n")
            .empty());
}

BOOST_AUTO_TEST_CASE(pools_lie_inside_their_subnet_and_do_not_overlap)
{
    check_kea({
        {"{subnet4: [{subnet: 10.0.0.0/24, pools: [{pool: 10.0.0.1-10.0.0.9}, {pool: \" 10.0.0.10  -  10.0.0.10 \"}, "
         "{pool: 10.0.0.16/28}]}]}",
         {}},
        {"{subnet4: [{subnet: 10.0.0.0/24, pools: {pool: 10.0.0.0/25}}]}",
         {"subnet4[0].pools: must be a list of maps, such as [{pool: 10.0.0.128 - 10.0.0.254}], not a map"}},
        {"{subnet4: [{subnet: 10.0.0.0/24, pools: [10.0.0.0/25, {option-data: []}]}]}",
         {"subnet4[0].pools[0]: must be a map, such as {pool: 10.0.0.128 - 10.0.0.254}, not \"10.0.0.0/25\"",
          "subnet4[0].pools[1]: \"pool\" is missing (such as pool: 10.0.0.128 - 10.0.0.254)"}},
        {"{subnet4: [{subnet: 10.0.0.0/24, pools: [{pool: 10.0.0.1}, {pool: 10.0.0.1 -}, {pool: 10.0.0.1/24}]}]}",
         {"subnet4[0].pools[0].pool: must be \"first - last\" or a prefix, such as 10.0.0.128 - 10.0.0.254, not "
          "\"10.0.0.1\"",
          "subnet4[0].pools[1].pool: must be \"first - last\" or a prefix, such as 10.0.0.128 - 10.0.0.254, not "
          "\"10.0.0.1 -\"",
          "subnet4[0].pools[2].pool: must be \"first - last\" or a prefix, such as 10.0.0.128 - 10.0.0.254, not "
          "\"10.0.0.1/24\""}},
        {"{subnet4: [{subnet: 10.0.0.0/24, pools: [{pool: 10.0.0.9 - 10.0.0.1}, {pool: 10.0.0.9 - 10.0.1.1}, {pool: "
         "10.0.0.0/23}]}]}",
         {"subnet4[0].pools[0].pool: \"10.0.0.9 - 10.0.0.1\" is reversed: its first address is above its last",
          "subnet4[0].pools[1].pool: \"10.0.0.9 - 10.0.1.1\" is outside of its subnet 10.0.0.0/24",
          "subnet4[0].pools[2].pool: \"10.0.0.0/23\" is outside of its subnet 10.0.0.0/24"}},
        {"{subnet4: [{subnet: 10.0.0.0/24, pools: [{pool: 10.0.0.8 - 10.0.0.20}, {pool: 10.0.0.0/28}, {pool: 10.0.0.20 "
         "- "
         "10.0.0.21}]}]}",
         {"subnet4[0].pools[1].pool: \"10.0.0.0/28\" overlaps the pool \"10.0.0.8 - 10.0.0.20\" (line 3)",
          "subnet4[0].pools[2].pool: \"10.0.0.20 - 10.0.0.21\" overlaps the pool \"10.0.0.8 - 10.0.0.20\" (line 3)"}},
    });
}

BOOST_AUTO_TEST_CASE(subnet_ids_are_one_to_a_subnet_whether_given_or_derived)
{
    check_kea({
        {"{subnet4: [{subnet: 10.0.0.0/8, id: 1}, {subnet: 11.0.0.0/8, id: 4294967294}]}", {}},
        {"{subnet4: [{subnet: 10.0.0.0/8, id: 0}, {subnet: 11.0.0.0/8, id: 4294967295}, {subnet: 12.0.0.0/8, id: a}]}",
         {"subnet4[0].id: must be a whole number from 1 to 4294967294, not \"0\"",
          "subnet4[1].id: must be a whole number from 1 to 4294967294, not \"4294967295\"",
          "subnet4[2].id: must be a whole number from 1 to 4294967294, not \"a\""}},
        {"{subnet4: [{subnet: 10.0.0.0/8, id: 5}], shared-networks: [{name: a, subnet4: [{subnet: 11.0.0.0/8, id: "
         "5}]}]}",
         {"shared-networks[0].subnet4[0].id: the id 5 is that of the subnet 10.0.0.0/8 already (line 3)"}},
        {"{subnet4: [{subnet: 10.0.0.0/8}, {subnet: 11.0.0.0/8, id: 266}]}",
         {"subnet4[1].id: the id 266 is the one that keavrfd gives the subnet 10.0.0.0/8 (line 3), which has none of "
          "its "
          "own (choose another id, or give that subnet one)"}},
        {"{subnet4: [{subnet: 10.0.0.0/8, id: 266}]}", {}},
        {"{subnet4: [{subnet: 10.0.0.0/32}, {subnet: 10.0.0.1/32}]}",
         {"subnet4[1].subnet: needs an id of its own: the one that follows from its prefix is that of 10.0.0.0/32 "
          "(line "
          "3)"}},
        {"{subnet4: [{subnet: 10.0.0.0/32}, {subnet: 10.0.0.1/32, id: 7}]}", {}},
    });
}

BOOST_AUTO_TEST_CASE(what_holds_a_variable_is_not_known_yet)
{
    check_kea({
        {"{subnet4: [{subnet: \"10.${table}.0.0/16\", pools: [{pool: nonsense}]}, {subnet: 10.0.0.0/8}]}", {}},
        {"{subnet4: [{subnet: 10.0.0.0/8, pools: [{pool: \"10.0.${table}.1 - 10.0.${table}.9\"}]}]}", {}},
        {"{a: [{b: \"${vrf} ${host} ${table}\"}], c: \"$ { } {}\"}", {}},
        {"{a: [{b: \"${vfr}\"}], option-data: [{data: \"${interface}\"}]}",
         {"a[0].b: unknown variable \"${vfr}\" (allowed here: ${host}, ${table}, ${vrf})",
          "option-data[0].data: unknown variable \"${interface}\" (allowed here: ${host}, ${table}, ${vrf})"}},
    });
}

BOOST_AUTO_TEST_SUITE_END()
