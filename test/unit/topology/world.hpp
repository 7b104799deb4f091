// A model of the world that plans are carried out in: namespaces, pairs, processes, sockets and records, with the rules
// that the kernel and good sense impose on each action. It shares no code with plan(): what it says is what the world
// would say.
//
// A broken rule (a foreign thing touched, a second server on a lease file, a socket on a taken port) is reported in
// `broken_rules`, and the test fails.
#pragma once

#include "support/generator.hpp"
#include "topology/plan.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace keavrf::topology::model {

enum class Owner { nobody, us, somebody_else };

struct Process {
    Owner owner = Owner::us;
    VrfName vrf;
    std::string configuration;
    bool hangs = false;
    // Of a Kea: whether it holds its lock, and whether anything but a record proves whose it is.
    bool locked = true;
    bool provable = true;
    bool at_leases = false; // somebody else's, and once ours: it works on this VRF's lease file
    friend bool operator==(const Process&, const Process&) = default;
};

struct OpenPortSocket {
    std::string fingerprint;
    bool dead = false;
};

struct VrfWorld {
    // instance.json
    bool record = false;
    std::optional<Slot> slot;            // on record, or in the daemon's memory
    std::optional<ProcessId> process_id; // on record
    std::string recorded_configuration;
    Owner name_space = Owner::nobody;
    bool nameless = false;  // ours, and its name is gone
    bool unsettled = false; // ours, and this keavrfd does not know yet
    // The two ends of the pair, each where somebody of ours can reach it.
    bool relay_end = false;
    bool kea_end = false;
    bool pair_in_order = false; // the ends belong together
    bool pair_damaged = false;  // addresses, neighbours, up: one of them is missing
    Slot pair_slot;
    InterfaceIndex pair_index;
    std::optional<InterfaceIndex> uplink;
    std::map<InterfaceIndex, OpenPortSocket> ports;
};

class World {
public:
    Owner hub = Owner::nobody;
    bool hub_in_order = false;
    // After the hub's name was removed, our sockets keep the old one alive, and pairs in it still look well.
    bool old_hub_alive = false;
    std::map<VrfName, VrfWorld> vrfs;
    std::map<ProcessId, Process> processes;
    std::vector<std::string> broken_rules;

    [[nodiscard]] Observed observe() const;
    // Carries out an action as it succeeds, or as it fails (which may leave half of it).
    void carry_out(const Action& action, const Desired& desired);
    void fail_at(const Action& action, test::Generator& random);
    ProcessId start_process(Process process);
    InterfaceIndex new_index() { return InterfaceIndex{next_index_++}; }

    // Of ours, or of those that were ours and nobody can prove any more.
    [[nodiscard]] bool anybody_at_leases(const VrfName& vrf) const;
    [[nodiscard]] bool port_open_elsewhere(const VrfName& except, InterfaceIndex index) const;

    // What is wrong with the world, given what is desired; empty: nothing.
    [[nodiscard]] std::string difference_from(const Desired& desired) const;
    // All that is not ours, for comparison before and after.
    [[nodiscard]] std::string foreign_things() const;

private:
    template <class One>
    void require(bool condition, const One& action, const char* rule)
    {
        if (!condition) {
            broken_rules.push_back(describe(action) + ": " + rule);
        }
    }
    void end_old_hub();
    [[nodiscard]] const Process* our_process(const VrfName& vrf) const;
    [[nodiscard]] bool known_process_runs(const VrfWorld& vrf) const;
    [[nodiscard]] bool pair_reachable(const VrfWorld& vrf) const;
    [[nodiscard]] bool pair_stands(const VrfWorld& vrf) const;
    [[nodiscard]] bool pair_ready(const VrfWorld& vrf) const;
    [[nodiscard]] std::string difference_of(const VrfName& name, const DesiredInstance& desired) const;
    [[nodiscard]] std::string leftovers_of(const VrfName& name) const;
    [[nodiscard]] bool slot_in_live_use(const VrfName& except, Slot slot) const;
    [[nodiscard]] ObservedInstance observe_vrf(const VrfWorld& vrf) const;

    void act(const RefuseHub& action, const Desired& desired);
    void act(const CreateHub& action, const Desired& desired);
    void act(const RepairHub& action, const Desired& desired);
    void act(const Refuse& action, const Desired& desired);
    void act(const TakeOver& action, const Desired& desired);
    void act(const ForgetServer& action, const Desired& desired);
    void act(const ClosePort& action, const Desired& desired);
    void act(const StopServer& action, const Desired& desired);
    void act(const CloseUplink& action, const Desired& desired);
    void act(const RemovePair& action, const Desired& desired);
    void act(const RemoveNamespace& action, const Desired& desired);
    void act(const ForgetRecord& action, const Desired& desired);
    void act(const CreateNamespace& action, const Desired& desired);
    void act(const NameNamespace& action, const Desired& desired);
    void act(const WriteRecord& action, const Desired& desired);
    void act(const CreatePair& action, const Desired& desired);
    void act(const RepairPair& action, const Desired& desired);
    void act(const OpenUplink& action, const Desired& desired);
    void act(const OpenPort& action, const Desired& desired);
    void act(const StartServer& action, const Desired& desired);
    void act(const ReloadServer& action, const Desired& desired);

    int next_index_ = 100;
    int next_process_ = 1000;
};

} // namespace keavrf::topology::model
