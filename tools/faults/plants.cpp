#include "plants.hpp"

#include "crossed_uplinks.hpp"
#include "support/program.hpp"
#include "support/sandbox.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
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

void swap_uplinks(World& world)
{
    auto& one = *world.tenants[0];
    auto& other = *world.tenants[1];
    // Each Kea has to know the other's clients' subnet, or it says nothing to them; with VRF devices it does.
    if (world.native()) {
        one.second_subnet = other.subnet;
        other.second_subnet = one.subnet;
        world.write_configuration(world.configuration());
        world.hang_up();
        world.pass(1s);
    }
    CrossedUplinks crossed(one, other);
    const auto enough = [&] { return crossed.carry(), crossed.answers() > 20; };
    BOOST_REQUIRE_MESSAGE(world.pass_until(enough, world.scaled(10s)),
                          "only " << crossed.answers() << " answers came back by the other's uplink");
}

// An answer comes to a client once more, with option 54 as Kea wrote it.
void leave_server_identifier(World& world)
{
    auto& tenant = *world.tenants.front();
    const UniqueFd here(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    test::RawClient relay(here.get(), tenant.interface, {});
    std::optional<test::DhcpFrame> answer;
    const auto bears_it = [](const test::DhcpFrame& frame) {
        return frame.message.op == 2 && frame.message.option(test::option::server_id) != nullptr &&
               frame.message.type() != test::type::nak;
    };
    const auto seen = [&] {
        static_cast<void>(relay.frames());
        answer = relay.receive(bears_it, 0ms);
        return answer.has_value();
    };
    BOOST_REQUIRE(world.pass_until(seen, world.scaled(10s)));
    std::erase_if(answer->message.options, [](const auto& option) { return option.first == test::option::server_id; });
    answer->message.add(test::option::server_id, test::ip("169.254.0.2"));
    relay.send(*answer);
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
        {"uplinks-swapped", "clients get another tenant's answers", swap_uplinks},
        {"option-54", "clients see Kea's own address", leave_server_identifier},
        {"server-id-forged", "clients see an address that is not their relay's", forge_server_identifier},
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
