// plan(desired, observed) -> actions: the heart of keavrfd, and pure.
//
// Level-triggered: it compares, it never reacts. Whatever was lost, doubled or reordered on the way, the next plan is
// right; carried out from any state it reaches the desired one, after which a plan is empty. What cannot be proved to
// be ours (Ownership::foreign) is never touched: where it stands in the way, the VRF is refused with the reason, and
// what is ours of it is undone.
//
// How a plan is carried out: the actions of one VRF in order, and after one that fails no further one, except that a
// port which cannot be opened (it is then observed as failed) keeps nothing else from going on. Different VRFs do not
// wait for each other, but for this: the ClosePorts at the head of plan() come before all else, since an interface that
// moved must be let go by its old VRF before the new one can open it (EADDRINUSE).
#pragma once

#include "core/types.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
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
    // False: known, but waiting (no device, no port, no subnet): nothing of it runs, and nothing of it is left.
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
    std::string configuration_hash; // empty: unknown, so it is told again
    // False: ours, and no good any more (it hangs, its control socket is gone): replaced by a new one.
    bool in_order = true;
    friend bool operator==(const ObservedServer&, const ObservedServer&) = default;
};

// ready: both ends exist, belong together, are up and running, with their addresses, routes and neighbours.
// damaged: both ends exist and belong together, but something else of that is missing: mended in place, and Kea and the
// sockets stay.
enum class PairState { absent, broken, damaged, ready };

struct ObservedInstance {
    // From the record, or as assigned; none, or one that is no slot: namespace and pair are built anew.
    std::optional<Slot> slot;
    bool record = false; // instance.json exists
    Ownership name_space = Ownership::absent;
    // broken: also where only one end is left, or a pair that is in a hub or a Kea namespace which is ours no more.
    PairState pair = PairState::absent;
    InterfaceIndex pair_index;            // of the relay's end, while it exists
    std::optional<InterfaceIndex> uplink; // open sockets, and the index they were opened on
    std::map<InterfaceIndex, ObservedPort> ports;
    std::optional<ObservedServer> server;
    // False: the namespace is ours and held by a descriptor, but somebody took its name away.
    bool named = true;
    // An earlier keavrfd has left something of it, and whether that is ours is not known yet: nothing else is done.
    bool unsettled = false;
    friend bool operator==(const ObservedInstance&, const ObservedInstance&) = default;
};

struct Observed {
    Ownership hub = Ownership::absent;
    bool hub_ready = false; // its any-address route, loopback and sysctls are in place
    std::map<VrfName, ObservedInstance> instances;
};

// Actions, in the order in which one VRF may need them: first what undoes, in the reverse order of what builds. Ports
// are opened before the server starts: what clients send meanwhile is counted (`no-server`), not lost unseen, and a
// port 67 that another server holds is found at once. The reload comes last, when the ports it speaks of are there.

// The hub is foreign, and a VRF needs it. All that needs the hub is undone, and nothing is built.
struct RefuseHub {
    std::string reason;
    friend bool operator==(const RefuseHub&, const RefuseHub&) = default;
};
// Namespace, any-address route, loopback, sysctls. Only where some VRF needs it; a hub that nobody needs is left as it
// is, and goes when the daemon goes.
struct CreateHub {
    friend bool operator==(const CreateHub&, const CreateHub&) = default;
};
// Puts route, loopback and sysctls of our hub in place again; pairs and sockets in it stay.
struct RepairHub {
    friend bool operator==(const RepairHub&, const RepairHub&) = default;
};
// The VRF cannot be served; its other actions, if any, undo what is ours of it.
struct Refuse {
    VrfName vrf;
    std::string reason;
    friend bool operator==(const Refuse&, const Refuse&) = default;
};
// Goes on with what an earlier keavrfd left of it, or finds that it left nothing of use.
struct TakeOver {
    VrfName vrf;
    friend bool operator==(const TakeOver&, const TakeOver&) = default;
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
// Ends the process (always one that is ours), and drops it from the record.
struct StopServer {
    VrfName vrf;
    ProcessId pid;
    friend bool operator==(const StopServer&, const StopServer&) = default;
};
struct CloseUplink {
    VrfName vrf;
    friend bool operator==(const CloseUplink&, const CloseUplink&) = default;
};
// Removes whatever end of the pair is found in our hub or in our Kea namespace; nothing found is a success.
struct RemovePair {
    VrfName vrf;
    friend bool operator==(const RemovePair&, const RemovePair&) = default;
};
struct RemoveNamespace {
    VrfName vrf;
    friend bool operator==(const RemoveNamespace&, const RemoveNamespace&) = default;
};
// Removes instance.json, and the slot is free. Never the leases.
struct ForgetRecord {
    VrfName vrf;
    friend bool operator==(const ForgetRecord&, const ForgetRecord&) = default;
};
// Makes the namespace, writes the record with slot and inode, over whatever record there was, and then names the
// namespace: nothing of ours ever bears a name that no record proves.
struct CreateNamespace {
    VrfName vrf;
    Slot slot;
    friend bool operator==(const CreateNamespace&, const CreateNamespace&) = default;
};
// Gives a namespace of ours the name back that somebody took away.
struct NameNamespace {
    VrfName vrf;
    friend bool operator==(const NameNamespace&, const NameNamespace&) = default;
};
// Somebody removed instance.json.
struct WriteRecord {
    VrfName vrf;
    friend bool operator==(const WriteRecord&, const WriteRecord&) = default;
};
struct CreatePair {
    VrfName vrf;
    Slot slot;
    friend bool operator==(const CreatePair&, const CreatePair&) = default;
};
// Puts addresses, routes and neighbours of both ends in place again, and brings them up.
struct RepairPair {
    VrfName vrf;
    Slot slot;
    friend bool operator==(const RepairPair&, const RepairPair&) = default;
};
struct OpenUplink {
    VrfName vrf;
    InterfaceIndex index; // of the relay's end; 0: of the pair that this very plan makes
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

using Action = std::variant<RefuseHub, CreateHub, RepairHub, Refuse, TakeOver, ForgetServer, ClosePort, StopServer,
                            CloseUplink, RemovePair, RemoveNamespace, ForgetRecord, CreateNamespace, NameNamespace,
                            WriteRecord, CreatePair, RepairPair, OpenUplink, OpenPort, StartServer, ReloadServer>;
using Plan = std::vector<Action>;

// How many slots there are: the /30 prefixes of 169.254/16 without its first and last 256 addresses (RFC 3927 2.1).
// More VRFs than that cannot be served at once, and a record with a higher number is not believed.
inline constexpr std::uint32_t slot_limit = (0x10000 - 2 * 256) / 4;

// What an instance is worth under this hub: without a hub of ours a pair is broken however it looks, and without a
// namespace of ours either there is none that we could reach (it goes with the last socket or process that holds it).
// For callers of plan_instance.
ObservedInstance seen_under_hub(ObservedInstance observed, Ownership hub);

// Of the hub alone: at most one action. `wanted`: some VRF needs it.
Plan plan_hub(bool wanted, Ownership hub, bool ready);

// Of one VRF, where the hub is ours and ready. `desired` is null where the VRF is not wanted any more; `slot` is the
// one to use if it has none yet.
Plan plan_instance(const VrfName& vrf, const DesiredInstance* desired, const ObservedInstance& observed, Slot slot);

// Of everything: the hub first, then the ports that close, then each VRF in name order. A VRF without a slot gets the
// lowest that no instance holds, observed ones that are to go included; of several that hold the same slot one keeps it
// (one whose namespace and pair stand before others, so that its addresses are not given to a second pair; one that is
// to be served before others; then by name).
Plan plan(const Desired& desired, const Observed& observed);

// Hands out the lowest numbers from 0 that nobody holds, in rising order; behind the last slot too (slot_limit).
class FreeSlots {
public:
    explicit FreeSlots(std::set<Slot> used) : used_(std::move(used)) {}
    Slot take();

private:
    std::set<Slot> used_;
    std::uint32_t next_ = 0;
};

// "open-port": the stable name of a kind of action, for logs and counters.
std::string_view kind_of(const Action& action);
// Null for what concerns the hub.
const VrfName* vrf_of(const Action& action);
// "open-port vrf=red interface=5", for logs and test reports.
std::string describe(const Action& action);

} // namespace keavrf::topology
