// What is the same for every Kea version.
#include "render_input.hpp"

namespace {

using namespace keavrf::kea;
using keavrf::test::render_input;
using keavrf::test::rendered;
using keavrf::test::value_at;
using keavrf::test::value_of;

} // namespace

BOOST_AUTO_TEST_SUITE(kea_render)

BOOST_AUTO_TEST_CASE(kea_listens_on_its_end_of_the_pair_and_looks_again_when_it_is_not_up)
{
    for (const auto& version : keavrf::test::versions) {
        const auto dhcp4 = rendered(render_input("{}", version));
        BOOST_TEST(value_of(dhcp4, "interfaces-config") ==
                   R"({"dhcp-socket-type":"udp","interfaces":["kea0/169.254.0.2"],"re-detect":true,)"
                   R"("service-sockets-max-retries":1000000,"service-sockets-retry-wait-time":500})");
    }
}

BOOST_AUTO_TEST_CASE(what_keavrfd_owns_is_never_the_users)
{
    const auto dhcp4 = rendered(render_input(R"({
        "interfaces-config": {"interfaces": ["*"]},
        "control-socket": {"socket-type": "unix", "socket-name": "/tmp/x"},
        "control-sockets": [],
        "lease-database": {"type": "memfile", "name": "/tmp/leases", "lfc-interval": 60}})"));
    BOOST_TEST(value_at(dhcp4, "/interfaces-config/interfaces") == R"(["kea0/169.254.0.2"])");
    BOOST_TEST(value_at(dhcp4, "/control-socket/socket-name") == R"("/run/keavrfd/red/kea/kea-dhcp4.sock")");
    BOOST_TEST(value_of(dhcp4, "control-sockets") == "absent");
    BOOST_TEST(value_of(dhcp4, "lease-database") ==
               R"({"lfc-interval":60,"name":"/var/lib/keavrfd/red/kea-leases4.csv","persist":true,"type":"memfile"})");
}

// Each of many subnets is expanded, sorted and written.
BOOST_AUTO_TEST_CASE(others_have_their_turn_between_subnets)
{
    auto input = render_input(R"({"subnet4": [{"subnet": "10.1.0.0/24"}, {"subnet": "10.2.0.0/24"}]})");
    int pauses = 0;
    input.pause = [&pauses] { ++pauses; };
    const auto configuration = render_dhcp4(input).value();
    BOOST_TEST(pauses >= 4);
    pauses = 0;
    BOOST_TEST(to_text(configuration, input.pause) == to_text(configuration));
    BOOST_TEST(pauses >= 2);
}

BOOST_AUTO_TEST_CASE(a_database_for_leases_stays_as_the_user_wrote_it)
{
    const auto* database = R"({"host":"192.0.2.1","name":"kea","type":"postgresql","user":"kea"})";
    const auto dhcp4 = rendered(render_input(std::string(R"({"lease-database": )") + database + "}"));
    BOOST_TEST(value_of(dhcp4, "lease-database") == database);
}

BOOST_AUTO_TEST_CASE(what_the_user_is_silent_about_is_filled_in)
{
    const auto dhcp4 = rendered(render_input());
    BOOST_TEST(
        value_of(dhcp4, "lease-database") ==
        R"({"lfc-interval":3600,"name":"/var/lib/keavrfd/red/kea-leases4.csv","persist":true,"type":"memfile"})");
    BOOST_TEST(value_of(dhcp4, "multi-threading") == R"({"enable-multi-threading":false})");
    BOOST_TEST(value_of(dhcp4, "dhcp-ddns") == R"({"enable-updates":false})");
    BOOST_TEST(value_of(dhcp4, "loggers") ==
               R"([{"name":"kea-dhcp4","output_options":[{"flush":true,"maxsize":10485760,"maxver":4,)"
               R"("output":"/var/log/keavrfd/red/kea-dhcp4.log"}],"severity":"INFO"}])");
}

BOOST_AUTO_TEST_CASE(what_the_user_gave_is_kept)
{
    const auto dhcp4 = rendered(render_input(R"({
        "multi-threading": {"enable-multi-threading": true, "thread-pool-size": 2},
        "dhcp-ddns": {"enable-updates": true},
        "loggers": [{"name": "kea-dhcp4", "severity": "DEBUG", "debuglevel": 50},
                    {"name": "kea-dhcp4.leases"}],
        "hooks-libraries": [{"library": "/usr/lib/kea/hooks/libdhcp_lease_cmds.so"}],
        "valid-lifetime": 1234, "anything": ["Kea", {"knows": 1}]})"));
    BOOST_TEST(value_at(dhcp4, "/multi-threading/thread-pool-size") == "2");
    BOOST_TEST(value_of(dhcp4, "dhcp-ddns") == R"({"enable-updates":true})");
    BOOST_TEST(value_at(dhcp4, "/loggers/0/severity") == R"("DEBUG")");
    BOOST_TEST(value_at(dhcp4, "/loggers/0/debuglevel") == "50");
    // A severity is mandatory, and a logger without output would write to nobody.
    BOOST_TEST(value_at(dhcp4, "/loggers/1/severity") == R"("INFO")");
    for (const auto* logger : {"0", "1"}) {
        BOOST_TEST(value_at(dhcp4, std::string("/loggers/") + logger + "/output_options/0/output") ==
                   R"("/var/log/keavrfd/red/kea-dhcp4.log")");
    }
    BOOST_TEST(value_of(dhcp4, "hooks-libraries") == R"([{"library":"/usr/lib/kea/hooks/libdhcp_lease_cmds.so"}])");
    BOOST_TEST(value_of(dhcp4, "valid-lifetime") == "1234");
    BOOST_TEST(value_of(dhcp4, "anything") == R"(["Kea",{"knows":1}])");
}

BOOST_AUTO_TEST_CASE(variables_are_expanded_in_strings_at_any_depth)
{
    const auto dhcp4 = rendered(render_input(R"({
        "server-tag": "${host}-${vrf}-${table}",
        "option-data": [{"name": "domain-name", "data": "${vrf}.example"}],
        "user-context": {"${vrf}": "${unknown}", "plain": "$vrf {vrf}"}})"));
    BOOST_TEST(value_of(dhcp4, "server-tag") == R"("box-red-1001")");
    BOOST_TEST(value_at(dhcp4, "/option-data/0/data") == R"("red.example")");
    BOOST_TEST(value_of(dhcp4, "user-context") == R"({"${vrf}":"${unknown}","plain":"$vrf {vrf}"})");
}

BOOST_AUTO_TEST_CASE(the_order_of_the_users_keys_changes_nothing)
{
    const auto one = render_dhcp4(render_input(R"({"a": 1, "valid-lifetime": 5, "z": {"x": 1, "y": [2, 1]}})"));
    const auto other = render_dhcp4(render_input(R"({"z": {"y": [2, 1], "x": 1}, "valid-lifetime": 5, "a": 1})"));
    BOOST_TEST(to_text(one.value()) == to_text(other.value()));
    // The order of a list means something to Kea.
    const auto list = render_dhcp4(render_input(R"({"z": {"y": [1, 2], "x": 1}, "valid-lifetime": 5, "a": 1})"));
    BOOST_TEST(to_text(one.value()) != to_text(list.value()));
}

BOOST_AUTO_TEST_SUITE_END()
