#include "plants.hpp"

#include "support/program.hpp"
#include "support/sandbox.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

namespace keavrf::faults {

namespace {

using namespace std::chrono_literals;

std::string lease_file(const Tenant& tenant)
{
    return "/var/lib/keavrfd/" + tenant.vrf + "/kea-leases4.csv";
}

// A Kea that nobody supervises, on this lease file, with a namespace of its own; it outlives this function.
void start_stray_kea(const std::string& leases)
{
    const auto folder = test::Sandbox::folder() + "/stray";
    std::filesystem::create_directories(folder);
    const auto file = test::Sandbox::write_file("stray.json", R"({"Dhcp4": {"interfaces-config": {"interfaces": []},
        "lease-database": {"type": "memfile", "name": ")" + leases +
                                                                  R"("},
        "loggers": [{"name": "kea-dhcp4", "severity": "INFO", "output_options": [{"output": "stdout"}]}]}})");
    const test::ClientNamespace where;
    test::ProgramOptions options;
    options.network_namespace = where.fd();
    options.environment = {{"KEA_PIDFILE_DIR", folder}, {"KEA_LOCKFILE_DIR", folder}};
    // Never destroyed: a Program ends with its object.
    static auto* stray = new test::Program({"kea-dhcp4", "-c", file}, options);
    BOOST_REQUIRE_MESSAGE(stray->says("DHCP4_STARTED"), stray->output() << stray->errors());
}

void remove_leases(World& world)
{
    auto& tenant = *world.tenants.front();
    const auto kea = World::kea_of(tenant);
    BOOST_REQUIRE(kea > 0);
    std::filesystem::remove(lease_file(tenant));
    ::kill(kea, SIGKILL);
}

void swap_wires(World& world)
{
    world.cross_wires(*world.tenants[0], *world.tenants[1]);
}

void leave_kea_behind(World&)
{
    start_stray_kea(test::Sandbox::folder() + "/stray/leases.csv");
}

// Kea's answers bear an identifier that the relay has no reason to touch.
void forge_server_identifier(World& world)
{
    auto& tenant = *world.tenants.front();
    tenant.extra_options = R"(, {"name": "dhcp-server-identifier", "data": "169.254.200.2"})";
    world.write_configuration(world.configuration());
    world.hang_up();
}

void start_second_kea(World& world)
{
    start_stray_kea(lease_file(*world.tenants.front()));
}

const std::vector<Plant>& plants()
{
    static const std::vector<Plant> all{
        {"lease-removed", "a client's lease is forgotten, or given to another", remove_leases},
        {"wires-swapped", "clients get another tenant's answers", swap_wires},
        {"kea-left", "a Kea is still there at the end", leave_kea_behind},
        {"option-54", "clients see an address that is not their relay's", forge_server_identifier},
        {"second-kea", "two Keas work on one lease file", start_second_kea},
    };
    return all;
}

} // namespace

const Plant* find_plant(const std::string& name)
{
    for (const auto& plant : plants()) {
        if (plant.name == name) {
            return &plant;
        }
    }
    return nullptr;
}

std::string plant_names()
{
    std::string names;
    for (const auto& plant : plants()) {
        names += " " + plant.name;
    }
    return names;
}

} // namespace keavrf::faults
