#include "faults.hpp"
#include "support/sandbox.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

namespace keavrf::faults {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

Milliseconds some_time(World& world, Milliseconds least, Milliseconds most)
{
    return least +
           Milliseconds(static_cast<long>(world.fault_random() % static_cast<std::uint64_t>((most - least).count())));
}

void signal_kea(const Tenant& tenant, int number)
{
    if (const auto pid = World::kea_of(tenant); pid > 0) {
        ::kill(pid, number);
    }
}

// Until it is gone: what it still answers is no service.
void terminate_kea(World& world, Tenant& tenant)
{
    if (const auto pid = World::kea_of(tenant); pid > 0) {
        ::kill(pid, SIGTERM);
        world.pass_until([&] { return World::kea_of(tenant) != pid; }, 2s);
    }
}

void kill_and_start_daemon(World& world, Tenant&)
{
    world.kill_daemon();
    world.pass(some_time(world, 0ms, 500ms));
    world.start_daemon();
}

void stop_and_start_daemon(World& world, Tenant&)
{
    if (world.daemon_runs()) {
        world.daemon().program().signal(SIGTERM);
        const bool ended = world.pass_until([&] { return !world.daemon_runs(); }, world.scaled(10s));
        BOOST_CHECK_MESSAGE(ended, "keavrfd does not stop on SIGTERM:\n" << world.daemon().log());
    }
    world.kill_daemon();
    world.start_daemon();
}

void reload_good(World& world, Tenant& tenant)
{
    ++tenant.generation;
    world.write_configuration(world.configuration());
    world.hang_up();
}

// What keavrfd must refuse as a whole; the file is in order again afterwards, for a keavrfd that starts.
void reload_refused(World& world, const std::string& text)
{
    world.write_configuration(text);
    world.hang_up();
    world.pass(world.scaled(some_time(world, 100ms, 600ms)));
    world.write_configuration(world.configuration());
}

void reload_bad(World& world, Tenant& tenant)
{
    auto text = world.configuration();
    const std::vector<std::pair<std::string, std::string>> mistakes{
        {"\"interfaces\"", "\"interfacse\""},
        {"\"renew-timer\": ", "\"renew-timer\": \"soon\", \"rebind-timer\": "},
        {tenant.subnet + ".100 - ", "192.0.2.100 - "},
        {"\"authoritative\": true", "\"authoritativ\": true"},
    };
    const auto& [good, bad] = mistakes[world.fault_random() % mistakes.size()];
    text.replace(text.find(good), good.size(), bad);
    reload_refused(world, text);
}

void reload_half_written(World& world, Tenant&)
{
    const auto text = world.configuration();
    reload_refused(world, text.substr(0, 1 + world.fault_random() % (text.size() - 2)));
    world.hang_up();
}

void fill_lease_disk(World& world, Tenant&)
{
    world.judge.excuse_refusals(true);
    for (auto* tenant : world.tenants) {
        tenant->saw_full_disk = World::kea_of(*tenant);
    }
    const auto* path = "/var/lib/keavrfd/fill";
    const int file = ::open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const std::string zeros(4096, '\0');
    for (std::size_t size = zeros.size(); size > 0;) {
        if (::write(file, zeros.data(), size) <= 0) {
            size /= 2;
        }
    }
    // The last page of a lease file has room for some leases still.
    const auto hurry = [&](bool on) {
        for (auto* tenant : world.tenants) {
            for (auto& client : tenant->clients) {
                client.hurry(on);
            }
        }
    };
    hurry(true);
    world.pass(some_time(world, 1000ms, 3000ms));
    hurry(false);
    ::close(file);
    fs::remove(path);
    // Refusals that are on their way.
    world.pass(world.scaled(300ms));
    world.judge.excuse_refusals(false);
}

void send_control_garbage(World& world, Tenant&)
{
    for (unsigned connection = 0; connection < 40; ++connection) {
        const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, "/run/keavrfd/control.sock", sizeof address.sun_path - 1);
        if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
            std::string text = connection % 3 == 0 ? R"({"command": "status-get", "arguments": {)" : "";
            text.resize(1 + world.fault_random() % 200'000);
            std::generate(text.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(30, text.size())),
                          text.end(), [&] { return static_cast<char>(world.fault_random()); });
            static_cast<void>(::send(socket, text.data(), text.size(), MSG_NOSIGNAL));
            world.pass(10ms);
        }
        ::close(socket);
    }
}

std::string runtime_folder(const Tenant& tenant)
{
    return "/run/keavrfd/" + tenant.vrf;
}

std::string kea_socket(const Tenant& tenant)
{
    return runtime_folder(tenant) + "/kea/kea-dhcp4.sock";
}

void remove_runtime_folder(World&, Tenant& tenant)
{
    std::error_code none;
    fs::remove_all(runtime_folder(tenant), none);
}

void remove_kea_socket(World&, Tenant& tenant)
{
    std::error_code none;
    fs::remove(kea_socket(tenant), none);
}

} // namespace

std::vector<Fault> process_faults()
{
    return {
        {"kea-kill", 1500ms, true, false, [](World&, Tenant& tenant) { signal_kea(tenant, SIGKILL); }},
        {"kea-term", 1500ms, true, false, terminate_kea},
        {"kea-stop", 12s, true, false, [](World&, Tenant& tenant) { signal_kea(tenant, SIGSTOP); }},
        {"keavrfd-kill", 5s, false, false, kill_and_start_daemon, {}, false, true, true},
        {"keavrfd-stop", 8s, false, false, stop_and_start_daemon, {}, true, true, true},
        {"reload-good", 2s, false, false, reload_good, {}, false, true},
        {"reload-bad", 2s, false, false, reload_bad, {}, false, true, false, true},
        {"reload-half", 2s, false, false, reload_half_written, {}, false, true, false, true},
        {"lease-disk-full", 3s, true, false, fill_lease_disk, {}, false, true},
        {"control-garbage", 1s, false, false, send_control_garbage, {}, false, true},
        {"runtime-wiped", 10s, true, false, remove_runtime_folder,
         [](const Tenant& tenant) {
             return fs::exists(runtime_folder(tenant) + "/instance.json") && fs::exists(kea_socket(tenant));
         }},
        {"kea-socket-removed", 10s, true, false, remove_kea_socket,
         [](const Tenant& tenant) { return fs::exists(kea_socket(tenant)); }},
    };
}

} // namespace keavrf::faults
