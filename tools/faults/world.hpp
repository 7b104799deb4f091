// The host that keavrfd serves: VRFs with an interface, a wire and clients each, and keavrfd itself. All tenants have
// the same clients' hardware addresses, and with VRF devices the same addresses. Everything goes with the object; what
// faults change in it they do by the functions here.
#pragma once

#include "bounds.hpp"
#include "client.hpp"
#include "judge.hpp"
#include "options.hpp"
#include "prober.hpp"
#include "support/daemon.hpp"
#include "support/network.hpp"

#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

namespace keavrf::faults {

struct Tenant {
    unsigned number = 0;
    std::string vrf;       // "vt0"
    std::string interface; // "et0"
    std::string subnet;    // "10.50.0"
    test::ClientNamespace where;
    Wire wire;
    std::list<Client> clients;
    std::optional<Prober> prober;
    BackoffModel backoff;
    unsigned generation = 0;   // of its configuration
    pid_t saw_full_disk = 0;   // its Kea then: a reload may replace that one, or leases would be lost
    std::string extra_options; // more of Kea's option-data, for a plant
    std::string second_subnet; // for another: "10.50.1"

    [[nodiscard]] std::string gateway() const { return subnet + ".1"; }
    [[nodiscard]] std::string address() const { return gateway() + "/24"; }
    [[nodiscard]] std::string domain() const { return vrf + ".example"; }
};

class World {
public:
    explicit World(const Options& options);
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World() = default;

    [[nodiscard]] bool native() const noexcept { return native_; }
    // Everything is slower where the kernel is a guest.
    [[nodiscard]] Milliseconds scaled(Milliseconds time) const { return native_ ? time : time * 3; }

    // keavrfd: a process at most. start() only starts it.
    void start_daemon();
    void kill_daemon();
    // Keas, namespaces and the runtime folder; leases stay.
    void remove_what_is_ours();
    [[nodiscard]] bool daemon_runs();
    [[nodiscard]] test::Daemon& daemon() { return *daemon_; }
    void hang_up();
    [[nodiscard]] std::string configuration() const;
    void write_configuration(const std::string& text);

    // A tenant's devices.
    void make_vrf(Tenant& tenant);
    void remove_vrf(Tenant& tenant);
    void make_interface(Tenant& tenant);
    void remove_interface(Tenant& tenant);
    // Two tenants' clients change places: a plant.
    void cross_wires(Tenant& one, Tenant& other);

    // Time passes: clients act.
    void pass(Milliseconds time);
    // Until it is so, or the time is over; whether it was so.
    bool pass_until(const std::function<bool()>& is_so, Milliseconds longest);
    // What the system's tables say: more than one Kea on one lease file, or more than one in a VRF. Empty: in order.
    [[nodiscard]] static std::vector<std::string> doubled_keas(const std::vector<Tenant*>& tenants);
    // Of this VRF; 0: none.
    [[nodiscard]] static pid_t kea_of(const Tenant& tenant);
    [[nodiscard]] std::size_t daemon_descriptors() const;

    test::Network network;
    Judge judge;
    Random random;       // the clients'
    Random fault_random; // what faults decide while they happen
    std::vector<Tenant*> tenants;

private:
    void add_tenant(unsigned number);
    void connect(Tenant& tenant, const test::ClientNamespace& where);
    void attach(Tenant& tenant);
    void tick();

    bool native_;
    std::list<Tenant> storage_;
    std::string file_;
    std::optional<test::Daemon> daemon_;
};

} // namespace keavrf::faults
