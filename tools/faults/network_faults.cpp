#include "batch.hpp"
#include "core/unique_fd.hpp"
#include "faults.hpp"
#include "links.hpp"
#include "packet.hpp"
#include "sockets.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>

namespace keavrf::faults {

namespace {

using namespace std::chrono_literals;

Milliseconds a_while(World& world)
{
    return Milliseconds(50 + static_cast<long>(world.fault_random() % 1000));
}

UniqueFd hub()
{
    return UniqueFd(::open("/run/netns/keavrf-hub", O_RDONLY | O_CLOEXEC));
}

void remove_name(const std::string& name)
{
    const auto path = "/run/netns/" + name;
    ::umount2(path.c_str(), MNT_DETACH);
    ::unlink(path.c_str());
}

bool has_name(const std::string& name)
{
    struct statfs about {};
    return ::statfs(("/run/netns/" + name).c_str(), &about) == 0 && about.f_type == NSFS_MAGIC;
}

void recreate_vrf(World& world, Tenant& tenant)
{
    world.remove_vrf(tenant);
    world.pass(a_while(world));
    world.make_vrf(tenant);
}

void recreate_interface(World& world, Tenant& tenant)
{
    world.remove_interface(tenant);
    world.pass(a_while(world));
    world.make_interface(tenant);
}

void interface_down_and_up(World& world, Tenant& tenant)
{
    world.network.down(tenant.interface);
    world.pass(a_while(world));
    world.network.up(tenant.interface);
}

void flap_interface(World& world, Tenant& tenant)
{
    for (unsigned i = 0; i < 50; ++i) {
        world.network.down(tenant.interface);
        world.network.up(tenant.interface);
        world.pass(10ms);
    }
}

void flap_membership(World& world, Tenant& tenant)
{
    for (unsigned i = 0; i < 20; ++i) {
        world.network.set_master(tenant.interface, "");
        world.network.set_master(tenant.interface, tenant.vrf);
        world.pass(10ms);
    }
}

void address_away_and_back(World& world, Tenant& tenant)
{
    world.network.remove_address(tenant.interface, tenant.address());
    world.pass(a_while(world));
    world.network.add_address(tenant.interface, tenant.address());
}

void second_address(World& world, Tenant& tenant)
{
    const auto address = "10.60." + std::to_string(tenant.number) + ".1/24";
    world.network.add_address(tenant.interface, address);
    world.pass(a_while(world));
    world.network.remove_address(tenant.interface, address);
}

void netlink_flood(World& world, Tenant&)
{
    for (unsigned i = 0; i < 400; ++i) {
        const auto address = "192.0.2." + std::to_string(1 + i % 250) + "/32";
        world.network.add_address("lo", address);
        world.network.remove_address("lo", address);
        if (i % 20 == 0) {
            world.pass(1ms);
        }
    }
}

void set_stranger(std::span<std::uint8_t> frame, std::uint32_t xids, Random& random)
{
    const auto low = static_cast<std::uint32_t>(random() & 0xffffU);
    bench::set_client(frame, (xids << 16U) | low, static_cast<std::uint32_t>(random()), false);
}

// As many DISCOVERs as one core sends in half a second, each of another client.
void packet_flood(World& world, Tenant& tenant)
{
    const auto socket = bench::open_frames(tenant.where.fd(), "eth0", 0);
    const auto discover = bench::client_frame(test::type::discover, bench::Road());
    bench::Batch batch;
    const auto end = Clock::now() + 500ms;
    while (Clock::now() < end) {
        for (unsigned round = 0; round < 20; ++round) {
            while (!batch.full()) {
                std::copy(discover.begin(), discover.end(), batch.next().begin());
                set_stranger(batch.next(), flood_xids, world.fault_random);
                batch.add(discover.size());
            }
            batch.flush(socket.get());
        }
        world.pass(0ms);
    }
}

// Bytes of a DISCOVER changed, cut off, or nothing but noise behind the UDP header.
void client_garbage(World& world, Tenant& tenant)
{
    const auto socket = bench::open_frames(tenant.where.fd(), "eth0", 0);
    const auto discover = bench::client_frame(test::type::discover, bench::Road());
    auto& random = world.fault_random;
    bench::Batch batch;
    for (unsigned round = 0; round < 2000; ++round) {
        const auto frame = batch.next();
        std::copy(discover.begin(), discover.end(), frame.begin());
        const bool noise = round % 4 == 0;
        const auto changes = noise ? discover.size() - bench::headers_size : 1 + random() % 20;
        for (std::size_t change = 0; change < changes; ++change) {
            const auto at = noise ? change : random() % (discover.size() - bench::headers_size);
            frame[bench::headers_size + at] = static_cast<std::uint8_t>(random());
        }
        set_stranger(frame, garbage_xids, random);
        // Never a client's hardware address.
        frame[bench::headers_size + 28] = 0x02;
        frame[bench::headers_size + 29] = 0x6c;
        batch.add(round % 5 == 0 ? 43 + random() % (discover.size() - 43) : discover.size());
        if (batch.full()) {
            batch.flush(socket.get());
            world.pass(2ms);
        }
    }
    batch.flush(socket.get());
}

} // namespace

std::vector<Fault> network_faults()
{
    return {
        {"vrf-recreated", 3s, true, true, recreate_vrf},
        {"vrf-flapping", 3s, true, true, flap_membership},
        {"interface-recreated", 3s, true, false, recreate_interface},
        {"interface-down", 3s, false, false, interface_down_and_up},
        {"interface-flapping", 3s, false, false, flap_interface},
        {"address-away", 3s, true, false, address_away_and_back},
        {"address-more", 2s, false, false, second_address},
        {"namespace-unnamed", 10s, true, false, [](World&, Tenant& tenant) { remove_name("keavrf-" + tenant.vrf); },
         [](const Tenant& tenant) { return has_name("keavrf-" + tenant.vrf); }},
        {"hub-unnamed", 10s, false, false, [](World&, Tenant&) { remove_name("keavrf-hub"); },
         [](const Tenant&) { return has_name("keavrf-hub"); }, false, true},
        {"veth-deleted", 10s, true, false, [](World&, Tenant& tenant) { try_remove_link(hub().get(), tenant.vrf); }},
        {"veth-down", 10s, true, false, [](World&, Tenant& tenant) { try_link_down(hub().get(), tenant.vrf); }},
        {"hub-route-removed",
         10s,
         false,
         false,
         [](World&, Tenant&) { try_remove_any_local_route(hub().get()); },
         {},
         false,
         true},
        {"netlink-flood", 2s, false, false, netlink_flood, {}, false, true},
        {"packet-flood", 3s, false, false, packet_flood, {}, false, true},
        {"client-garbage", 2s, false, false, client_garbage},
    };
}

} // namespace keavrf::faults
