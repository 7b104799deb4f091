// plan(desired, observed) -> actions: the heart of keavrfd, and pure.
//
// Level-triggered: it compares, it never reacts. Whatever was lost, doubled or reordered on the way, the next plan is
// right; carried out from any state it reaches the desired one, after which a plan is empty. What cannot be proved to
// be ours (Ownership::foreign) is never touched: where it stands in the way, the VRF is refused with the reason.
#pragma once

#include "core/types.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace keavrf::topology {

// foreign: there is something, and nothing proves that it is ours.
enum class Ownership { absent, ours, foreign };

struct DesiredPort {
    std::string name;
    // Equal fingerprints need the same sockets; everything else about a port is updated in place.
    std::string fingerprint;
    friend bool operator==(const DesiredPort&, const DesiredPort&) = default;
};

struct DesiredInstance {
    // False: known, but waiting (no device, no port, no subnet): nothing of it runs.
    bool serve = false;
    std::map<InterfaceIndex, DesiredPort> ports;
    std::string configuration_hash; // of what its Kea shall run
    friend bool operator==(const DesiredInstance&, const DesiredInstance&) = default;
};

struct Desired {
    std::map<VrfName, DesiredInstance> instances;
};

struct ObservedPort {
    std::string name;
    std::string fingerprint;
    bool failed = false; // its socket reported that the interface is gone, or was never opened
    friend bool operator==(const ObservedPort&, const ObservedPort&) = default;
};

// A process that the record (instance.json) or our own child table names.
struct ObservedServer {
    ProcessId pid;
    // ours: pid, start time, executable and namespace prove it. foreign: that pid is another process now (a stale
    // record): it is forgotten, never signalled. absent: no such process.
    Ownership process = Ownership::absent;
    std::string configuration_hash;
    friend bool operator==(const ObservedServer&, const ObservedServer&) = default;
};

// ready: both ends exist, belong together, are up and running, with their addresses and neighbours.
enum class PairState { absent, broken, ready };

struct ObservedInstance {
    std::optional<Slot> slot; // from the record, or as assigned
    bool record = false;      // instance.json exists
    Ownership name_space = Ownership::absent;
    PairState pair = PairState::absent;
    InterfaceIndex pair_index;            // of the relay's end, while it exists
    std::optional<InterfaceIndex> uplink; // open sockets, and the index they were opened on
    std::map<InterfaceIndex, ObservedPort> ports;
    std::optional<ObservedServer> server;
    friend bool operator==(const ObservedInstance&, const ObservedInstance&) = default;
};

struct Observed {
    Ownership hub = Ownership::absent;
    bool hub_ready = false; // its any-address route, loopback and sysctls are in place
    std::map<VrfName, ObservedInstance> instances;
};

// Actions, in the order in which one VRF may need them.
struct RefuseHub {
    std::string reason;
    friend bool operator==(const RefuseHub&, const RefuseHub&) = default;
};
struct CreateHub {
    friend bool operator==(const CreateHub&, const CreateHub&) = default;
};
struct RepairHub {
    friend bool operator==(const RepairHub&, const RepairHub&) = default;
};
struct Refuse {
    VrfName vrf;
    std::string reason;
    friend bool operator==(const Refuse&, const Refuse&) = default;
};
// Drops what the record says of a process that is not ours or is gone; the process is left alone.
struct ForgetServer {
    VrfName vrf;
    ProcessId pid;
    friend bool operator==(const ForgetServer&, const ForgetServer&) = default;
};
struct ClosePort {
    VrfName vrf;
    InterfaceIndex index;
    friend bool operator==(const ClosePort&, const ClosePort&) = default;
};
struct StopServer {
    VrfName vrf;
    ProcessId pid;
    friend bool operator==(const StopServer&, const StopServer&) = default;
};
struct CloseUplink {
    VrfName vrf;
    friend bool operator==(const CloseUplink&, const CloseUplink&) = default;
};
struct RemovePair {
    VrfName vrf;
    friend bool operator==(const RemovePair&, const RemovePair&) = default;
};
struct RemoveNamespace {
    VrfName vrf;
    friend bool operator==(const RemoveNamespace&, const RemoveNamespace&) = default;
};
struct ForgetRecord {
    VrfName vrf;
    friend bool operator==(const ForgetRecord&, const ForgetRecord&) = default;
};
struct CreateNamespace {
    VrfName vrf;
    Slot slot;
    friend bool operator==(const CreateNamespace&, const CreateNamespace&) = default;
};
struct CreatePair {
    VrfName vrf;
    Slot slot;
    friend bool operator==(const CreatePair&, const CreatePair&) = default;
};
struct OpenUplink {
    VrfName vrf;
    InterfaceIndex index;
    friend bool operator==(const OpenUplink&, const OpenUplink&) = default;
};
struct OpenPort {
    VrfName vrf;
    InterfaceIndex index;
    friend bool operator==(const OpenPort&, const OpenPort&) = default;
};
struct StartServer {
    VrfName vrf;
    friend bool operator==(const StartServer&, const StartServer&) = default;
};
struct ReloadServer {
    VrfName vrf;
    ProcessId pid;
    friend bool operator==(const ReloadServer&, const ReloadServer&) = default;
};

using Action = std::variant<RefuseHub, CreateHub, RepairHub, Refuse, ForgetServer, ClosePort, StopServer, CloseUplink,
                            RemovePair, RemoveNamespace, ForgetRecord, CreateNamespace, CreatePair, OpenUplink,
                            OpenPort, StartServer, ReloadServer>;
using Plan = std::vector<Action>;

// Of one VRF. `desired` is null where the VRF is not wanted any more; `slot` is the one to use if it has none yet.
Plan plan_instance(const VrfName& vrf, const DesiredInstance* desired, const ObservedInstance& observed, Slot slot);

// Of everything: the hub first, then each VRF in name order, slots assigned lowest free first.
Plan plan(const Desired& desired, const Observed& observed);

// The lowest number from 0 that none of `used` holds.
Slot lowest_free_slot(const std::vector<Slot>& used);

// "open-port vrf=red interface=5", for logs and test reports.
std::string describe(const Action& action);

} // namespace keavrf::topology
