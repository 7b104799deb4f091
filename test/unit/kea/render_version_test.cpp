// What differs between Kea versions (docs of Kea, "Changes"; FACTS of the project).
#include "render_input.hpp"

namespace {

using namespace keavrf::kea;
using keavrf::test::render_input;
using keavrf::test::rendered;
using keavrf::test::value_at;
using keavrf::test::value_of;

} // namespace

BOOST_AUTO_TEST_SUITE(kea_render_version)

BOOST_AUTO_TEST_CASE(the_control_socket_is_a_list_since_2_7_2)
{
    const std::string socket = R"({"socket-name":"/run/keavrfd/red/kea/kea-dhcp4.sock","socket-type":"unix"})";
    struct Case {
        Version version;
        std::string map;
        std::string list;
    };
    const std::string list = "[" + socket + "]";
    const Case cases[] = {
        {{2, 2, 0}, socket, "absent"}, {{2, 4, 0}, socket, "absent"}, {{2, 6, 4}, socket, "absent"},
        {{2, 7, 1}, socket, "absent"}, {{2, 7, 2}, "absent", list},   {{3, 0, 0}, "absent", list},
        {{3, 2, 0}, "absent", list},
    };
    for (const auto& [version, map, listed] : cases) {
        BOOST_TEST_CONTEXT(version.str())
        {
            const auto dhcp4 = rendered(render_input("{}", version));
            BOOST_TEST(value_of(dhcp4, "control-socket") == map);
            BOOST_TEST(value_of(dhcp4, "control-sockets") == listed);
        }
    }
}

BOOST_AUTO_TEST_CASE(log_outputs_are_spelled_as_the_version_has_it_whatever_the_user_wrote)
{
    struct Case {
        Version version;
        const char* present;
        const char* absent;
    };
    const Case cases[] = {
        {{2, 2, 0}, "output_options", "output-options"}, {{2, 4, 0}, "output_options", "output-options"},
        {{2, 6, 1}, "output_options", "output-options"}, {{2, 6, 2}, "output-options", "output_options"},
        {{3, 0, 0}, "output-options", "output_options"}, {{3, 2, 0}, "output-options", "output_options"},
    };
    const char* users[] = {"{}", R"({"loggers": [{"name": "kea-dhcp4", "output_options": [{"output": "x"}]}]})",
                           R"({"loggers": [{"name": "kea-dhcp4", "output-options": [{"output": "x"}]}]})"};
    for (const auto& [version, present, absent] : cases) {
        for (const auto* user : users) {
            BOOST_TEST_CONTEXT(version.str() << " " << user)
            {
                const auto dhcp4 = rendered(render_input(user, version));
                const auto& logger = dhcp4.at("loggers").at(0).as_object();
                BOOST_TEST(value_of(logger, present) != "absent");
                BOOST_TEST(value_of(logger, absent) == "absent");
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(every_subnet_has_an_id_in_every_version)
{
    for (const auto& version : keavrf::test::versions) {
        const auto dhcp4 = rendered(render_input(
            R"({"subnet4": [{"subnet": "10.0.0.0/8"}],
                "shared-networks": [{"name": "n", "subnet4": [{"subnet": "192.168.1.0/24"}]}]})",
            version));
        BOOST_TEST(value_at(dhcp4, "/subnet4/0/id") == "266");
        BOOST_TEST(value_at(dhcp4, "/shared-networks/0/subnet4/0/id") == "29403137");
    }
}

BOOST_AUTO_TEST_CASE(reservation_mode_becomes_three_switches_since_2_6_0)
{
    struct Case {
        const char* mode;
        const char* global;
        const char* in_subnet;
        const char* out_of_pool;
    };
    const Case cases[] = {{"all", "false", "true", "false"},
                          {"out-of-pool", "false", "true", "true"},
                          {"global", "true", "false", "false"},
                          {"disabled", "false", "false", "false"}};
    for (const auto& [mode, global, in_subnet, out_of_pool] : cases) {
        const auto user = std::string(R"({"reservation-mode": ")") + mode +
                          R"(", "subnet4": [{"subnet": "10.0.0.0/8", "reservation-mode": ")" + mode + R"("}]})";
        for (const std::string scope : {"", "/subnet4/0"}) {
            BOOST_TEST_CONTEXT(mode << " " << scope)
            {
                const auto old = rendered(render_input(user, {2, 4, 0}));
                BOOST_TEST(value_at(old, scope + "/reservation-mode") == "\"" + std::string(mode) + "\"");
                const auto later = rendered(render_input(user, {2, 6, 0}));
                BOOST_TEST(value_at(later, scope + "/reservation-mode") == "absent");
                BOOST_TEST(value_at(later, scope + "/reservations-global") == global);
                BOOST_TEST(value_at(later, scope + "/reservations-in-subnet") == in_subnet);
                BOOST_TEST(value_at(later, scope + "/reservations-out-of-pool") == out_of_pool);
            }
        }
    }
    // Kea itself refuses what is no mode.
    const auto nonsense = rendered(render_input(R"({"reservation-mode": "some"})", {3, 0, 0}));
    BOOST_TEST(value_of(nonsense, "reservation-mode") == R"("some")");
}

BOOST_AUTO_TEST_CASE(a_database_brings_its_backend_since_2_7_4)
{
    struct Case {
        const char* user;
        Version version;
        const char* libraries;
    };
    const auto* leases = R"({"lease-database": {"type": "postgresql", "name": "kea"}})";
    const auto* hosts = R"({"hosts-databases": [{"type": "mysql", "name": "kea"}, {"type": "postgresql"}]})";
    const auto* loaded = R"({"hosts-database": {"type": "mysql"},
                             "hooks-libraries": [{"library": "/opt/kea/libdhcp_mysql.so"}]})";
    const Case cases[] = {
        {"{}", {3, 0, 0}, "absent"},
        {leases, {2, 2, 0}, "absent"},
        {leases, {2, 6, 2}, "absent"},
        {leases, {3, 0, 0}, R"([{"library":"libdhcp_pgsql.so"}])"},
        {hosts, {3, 2, 0}, R"([{"library":"libdhcp_mysql.so"},{"library":"libdhcp_pgsql.so"}])"},
        {loaded, {3, 2, 0}, R"([{"library":"/opt/kea/libdhcp_mysql.so"}])"},
    };
    for (const auto& [user, version, libraries] : cases) {
        BOOST_TEST_CONTEXT(version.str() << " " << user)
        {
            BOOST_TEST(value_of(rendered(render_input(user, version)), "hooks-libraries") == libraries);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
