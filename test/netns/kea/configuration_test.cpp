// What we render is what the installed Kea understands: each kind of configuration, checked by `kea-dhcp4 -t`.
#include "fixture.hpp"

namespace {

using namespace keavrf::kea;
using keavrf::Ipv4Address;
using keavrf::Ipv4Prefix;
using keavrf::test::KeaFixture;
namespace fs = std::filesystem;

Subnet subnet(const char* prefix, const char* first, const char* last, const char* router, const char* network = "")
{
    return {Ipv4Prefix::parse(prefix).value(),
            {{Ipv4Address::parse(first).value(), Ipv4Address::parse(last).value()}},
            Ipv4Address::parse(router).value(),
            network};
}

struct Fixture : KeaFixture {
    RenderInput input(const std::string& user)
    {
        RenderInput result;
        result.version = {2, 2, 0};
        result.vrf = "red";
        result.host = "box";
        result.user = boost::json::parse(user).as_object();
        result.kea_address = Ipv4Address::parse("169.254.0.2").value();
        result.paths = paths;
        return result;
    }

    void check_rendered(const RenderInput& values)
    {
        const auto rendered = render_dhcp4(values);
        BOOST_REQUIRE_MESSAGE(rendered.has_value(), rendered.error().message());
        const auto text = to_text(*rendered);
        const auto checked = check(text);
        BOOST_TEST(checked.has_value(), (checked ? "" : checked.error().message() + "\n" + text));
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(kea_configuration, Fixture)

BOOST_AUTO_TEST_CASE(of_users_is_accepted)
{
    const char* users[] = {
        "{}",
        R"({"subnet4": [], "shared-networks": []})",
        KeaFixture::default_user,
        R"({"valid-lifetime": 3600, "renew-timer": 900, "rebind-timer": 1800, "authoritative": true,
            "option-data": [{"name": "domain-name", "data": "${vrf}.example"},
                            {"name": "domain-name-servers", "data": "192.0.2.53, 198.51.100.53"}],
            "server-tag": "${host}-${vrf}-${table}"})",
        R"({"subnet4": [{"subnet": "10.0.0.0/8"}, {"subnet": "192.168.0.0/16", "id": 4294967294},
                        {"subnet": "192.0.2.7/32"}, {"subnet": "198.51.100.0/31"}, {"subnet": "223.255.255.254/31"}]})",
        R"({"shared-networks": [{"name": "n", "subnet4": [{"subnet": "10.0.0.0/24"}, {"subnet": "10.0.1.0/24"}]}],
            "subnet4": [{"subnet": "10.0.2.0/24", "pools": [{"pool": "10.0.2.10 - 10.0.2.20"}],
                         "reservations": [{"hw-address": "02:00:00:00:00:01", "ip-address": "10.0.2.5"}]}]})",
        R"({"lease-database": {"type": "memfile", "lfc-interval": 60, "max-row-errors": 10}})",
        R"({"multi-threading": {"enable-multi-threading": true, "thread-pool-size": 2, "packet-queue-size": 64}})",
        R"({"dhcp-ddns": {"enable-updates": true, "server-ip": "127.0.0.1"}, "ddns-qualifying-suffix": "example."})",
        R"({"loggers": [{"name": "kea-dhcp4", "severity": "DEBUG", "debuglevel": 50}, {"name": "kea-dhcp4.leases"}]})",
        R"({"reservation-mode": "global"})",
        R"({"client-classes": [{"name": "voip", "test": "substring(option[60].hex,0,6) == 'Aastra'"}],
            "subnet4": [{"subnet": "10.0.0.0/24", "client-class": "voip"}]})",
        R"({"user-context": {"any": ["thing", {"at": "all"}]}, "match-client-id": false, "calculate-tee-times": true})",
        R"({"lease-database": {"type": "postgresql", "name": "kea", "user": "kea", "password": "x", "host": "192.0.2.1"}})",
        R"({"interfaces-config": {"interfaces": ["*"]},
            "control-socket": {"socket-type": "unix", "socket-name": "/tmp/x"}})",
    };
    for (const auto* user : users) {
        BOOST_TEST_CONTEXT(user)
        {
            check_rendered(input(user));
        }
    }
}

BOOST_AUTO_TEST_CASE(with_the_hooks_of_the_package_is_accepted)
{
    const fs::path folder = "/usr/lib/x86_64-linux-gnu/kea/hooks";
    for (const auto* name : {"libdhcp_lease_cmds.so", "libdhcp_stat_cmds.so"}) {
        const auto library = (folder / name).string();
        if (fs::exists(library)) {
            check_rendered(input(R"({"hooks-libraries": [{"library": ")" + library + R"("}]})"));
        }
    }
}

BOOST_AUTO_TEST_CASE(of_automatic_subnets_is_accepted)
{
    auto values = input(R"({"valid-lifetime": 3600})");
    values.subnets = {subnet("192.168.1.0/24", "192.168.1.1", "192.168.1.254", "192.168.1.10"),
                      subnet("10.1.0.0/24", "10.1.0.2", "10.1.0.254", "10.1.0.1", "eth1"),
                      subnet("10.2.0.0/24", "10.2.0.2", "10.2.0.254", "10.2.0.1", "eth1"),
                      subnet("10.3.0.4/30", "10.3.0.6", "10.3.0.6", "10.3.0.5")};
    check_rendered(values);
    values.user["authoritative"] = false;
    check_rendered(values);
}

BOOST_AUTO_TEST_CASE(of_a_thousand_subnets_is_accepted)
{
    auto values = input("{}");
    for (unsigned number = 0; number < 1000; ++number) {
        const Ipv4Address network(0x0a000000U + (number << 8U));
        const Ipv4Address router(network.value() + 1);
        const Ipv4Address first(network.value() + 2);
        const Ipv4Address last(network.value() + 254);
        values.subnets.push_back({Ipv4Prefix(network, 24), {{first, last}}, router, ""});
    }
    check_rendered(values);
}

BOOST_AUTO_TEST_CASE(that_is_wrong_is_refused_with_keas_reason_and_place)
{
    const auto unknown = check(configuration(R"({"no-such-key": 1})"));
    BOOST_REQUIRE(unknown.has_error());
    BOOST_TEST(unknown.error().message().starts_with("Kea refuses the configuration: "));
    BOOST_TEST(unknown.error().message().find("\"no-such-key\"") != std::string::npos);
    BOOST_TEST(unknown.error().message().find("/dev/stdin") == std::string::npos);
    BOOST_TEST(check("{").has_error());
    BOOST_TEST(check("").has_error());
}

BOOST_AUTO_TEST_SUITE_END()
