#include "world.hpp"

#include "support/sandbox.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/mount.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace keavrf::faults {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto tick_every = 5ms;
constexpr unsigned lively_clients = 3;
constexpr unsigned sleepy_clients = 2;
// Room for leases, small enough to be filled at once.
constexpr const char* state_folder = "/var/lib/keavrfd";
constexpr const char* state_options = "mode=711,size=4m";

test::Mac client_mac(unsigned number)
{
    return {0x02, 0, 0, 0, 1, static_cast<std::uint8_t>(number)};
}

std::set<pid_t> holders_of(const std::string& file)
{
    std::set<pid_t> found;
    std::error_code none;
    for (const auto& process : test::processes_with("kea-dhcp4")) {
        for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(process.pid) + "/fd", none)) {
            if (fs::read_symlink(entry.path(), none) == file) {
                found.insert(process.pid);
            }
        }
    }
    return found;
}

} // namespace

World::World(const Options& options) : random(options.seed), native_(options.native)
{
    fs::create_directories(state_folder);
    BOOST_REQUIRE(::mount("tmpfs", state_folder, "tmpfs", MS_NOSUID | MS_NODEV, state_options) == 0);
    network.up("lo");
    for (unsigned number = 0; number < options.vrfs; ++number) {
        add_tenant(number);
    }
    write_configuration(configuration());
}

void World::add_tenant(unsigned number)
{
    auto& tenant = storage_.emplace_back();
    tenants.push_back(&tenant);
    tenant.number = number;
    tenant.vrf = "vt" + std::to_string(number);
    tenant.interface = "et" + std::to_string(number);
    // Without VRF devices the host has one table for all, and they must differ.
    tenant.subnet = "10.50." + std::to_string(native_ ? number : 0);
    judge.expect(number, tenant.domain(), {test::ip(tenant.gateway())});
    tenant.prober.emplace(number, test::Mac{0x02, 0, 0, 0, 2, 1}, lively_clients + sleepy_clients, judge);
    for (unsigned client = 0; client < lively_clients + sleepy_clients; ++client) {
        tenant.clients.emplace_back(Who{number, client}, client_mac(client), client >= lively_clients, judge, random);
        tenant.prober->know(client_mac(client));
    }
    make_vrf(tenant);
    make_interface(tenant);
}

void World::make_vrf(Tenant& tenant)
{
    if (native_) {
        return;
    }
    network.add_vrf(tenant.vrf, 1000 + tenant.number);
    if (network.find(tenant.interface)) {
        network.set_master(tenant.interface, tenant.vrf);
    }
}

void World::remove_vrf(Tenant& tenant)
{
    network.remove(tenant.vrf);
}

void World::make_interface(Tenant& tenant)
{
    connect(tenant, tenant.where);
    attach(tenant);
}

void World::connect(Tenant& tenant, const test::ClientNamespace& where)
{
    network.add_client_interface(tenant.interface, native_ ? "" : tenant.vrf, tenant.address(), where,
                                 {0x02, 0, 0, 0, 3, static_cast<std::uint8_t>(tenant.number)});
}

void World::attach(Tenant& tenant)
{
    tenant.wire.network_namespace = tenant.where.fd();
    const auto link = network.link(tenant.interface);
    std::copy_n(link.address.bytes().begin(), tenant.wire.gateway_mac.size(), tenant.wire.gateway_mac.begin());
    for (auto& client : tenant.clients) {
        client.attach(tenant.wire);
    }
    tenant.prober->attach(tenant.wire);
}

void World::remove_interface(Tenant& tenant)
{
    for (auto& client : tenant.clients) {
        client.detach();
    }
    tenant.prober->detach();
    network.remove(tenant.interface);
}

void World::cross_wires(Tenant& one, Tenant& other)
{
    remove_interface(one);
    remove_interface(other);
    connect(one, other.where);
    connect(other, one.where);
    attach(one);
    attach(other);
}

std::string World::configuration() const
{
    std::string text;
    const auto subnet = [](const std::string& prefix) {
        return "{\"subnet\": \"" + prefix + ".0/24\", \"pools\": [{\"pool\": \"" + prefix + ".100 - " + prefix +
               ".199\"}]}";
    };
    for (const auto* tenant : tenants) {
        text += (text.empty() ? "" : ", ") + ("\"" + tenant->vrf + "\": {") +
                (native_ ? "\"device\": \"none\", " : "") + "\"interfaces\": [\"" + tenant->interface +
                "\"], \"dhcp4\": {\"authoritative\": true, " +
                "\"valid-lifetime\": 3600, \"renew-timer\": " + std::to_string(900 + tenant->generation % 100) +
                ", \"option-data\": [{\"name\": \"domain-name\", \"data\": \"" + tenant->domain() + "\"}" +
                tenant->extra_options + "], \"subnet4\": [" + subnet(tenant->subnet) +
                (tenant->second_subnet.empty() ? "" : ", " + subnet(tenant->second_subnet)) + "]}}";
    }
    // One line, one flow: a file cut off anywhere is no YAML, and can never be taken for a smaller configuration.
    return "{\"vrfs\": {" + text + "}}\n";
}

void World::write_configuration(const std::string& text)
{
    file_ = test::Sandbox::write_file("keavrfd.yaml", text);
}

void World::start_daemon()
{
    daemon_.emplace(std::vector<std::string>{"-c", file_});
}

void World::kill_daemon()
{
    if (daemon_runs()) {
        daemon_->program().signal(SIGKILL);
        daemon_->program().wait_for_exit();
    }
    for (auto* tenant : tenants) {
        tenant->backoff.forget();
    }
}

void World::remove_what_is_ours()
{
    for (const auto& kea : test::processes_with("/kea-dhcp4.conf")) {
        ::kill(kea.pid, SIGKILL);
    }
    std::error_code none;
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator("/run/netns", none)) {
        if (entry.path().filename().string().starts_with("keavrf-")) {
            names.push_back(entry.path());
        }
    }
    for (const auto& name : names) {
        ::umount2(name.c_str(), MNT_DETACH);
        fs::remove(name, none);
    }
    fs::remove_all("/run/keavrfd", none);
}

bool World::daemon_runs()
{
    return daemon_ && daemon_->program().running();
}

void World::hang_up()
{
    // Nobody can help a process that has not reached its main().
    const auto listens = [this] {
        const auto pid = daemon_->pid();
        return test::in_signal_set(pid, "SigBlk", SIGHUP) || test::in_signal_set(pid, "SigCgt", SIGHUP);
    };
    if (daemon_runs()) {
        static_cast<void>(test::eventually(listens, 5s));
        daemon_->program().signal(SIGHUP);
    }
}

void World::tick()
{
    const auto now = Clock::now();
    for (auto* tenant : tenants) {
        for (auto& client : tenant->clients) {
            client.tick(now);
        }
        tenant->prober->tick(now);
    }
}

void World::pass(Milliseconds time)
{
    pass_until([] { return false; }, time);
}

bool World::pass_until(const std::function<bool()>& is_so, Milliseconds longest)
{
    const auto end = Clock::now() + longest;
    while (!is_so()) {
        if (Clock::now() >= end) {
            return false;
        }
        tick();
        std::this_thread::sleep_for(tick_every);
    }
    return true;
}

pid_t World::kea_of(const Tenant& tenant)
{
    const auto found = test::processes_with("/" + tenant.vrf + "/kea-dhcp4.conf");
    return found.empty() ? 0 : found.front().pid;
}

std::vector<std::string> World::doubled_keas(const std::vector<Tenant*>& tenants)
{
    std::vector<std::string> problems;
    for (const auto* tenant : tenants) {
        const auto file = std::string(state_folder) + "/" + tenant->vrf + "/kea-leases4.csv";
        const auto holders = holders_of(file);
        if (holders.size() > 1) {
            problems.push_back(std::to_string(holders.size()) + " Keas work on " + file);
        }
        const auto keas = test::processes_with("/" + tenant->vrf + "/kea-dhcp4.conf").size();
        if (keas > 1) {
            problems.push_back(std::to_string(keas) + " Keas run for " + tenant->vrf);
        }
    }
    return problems;
}

std::size_t World::daemon_descriptors() const
{
    std::error_code none;
    const fs::directory_iterator entries("/proc/" + std::to_string(daemon_->pid()) + "/fd", none);
    return static_cast<std::size_t>(std::distance(entries, fs::directory_iterator()));
}

} // namespace keavrf::faults
