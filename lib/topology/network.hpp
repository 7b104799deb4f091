// The links and IPv4 addresses of the host's namespace as last observed: what netlink said, nothing concluded. Pure.
//
// Events may be lost, doubled or reordered: each one is taken at its word about one object and nothing else, so the
// worst that a wrong one does is to be wrong until the next resync, which replaces everything. IPv6 addresses are not
// kept: nothing asks for them yet.
#pragma once

#include "netlink/rtnetlink.hpp"
#include "topology/domain.hpp"
#include "topology/link_names.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace keavrf::topology {

class Network {
public:
    // Between begin_resync and end_resync, events describe the new picture, and the old one is what queries see.
    void apply(const netlink::Event& event);
    void begin_resync();
    // The new picture takes the old one's place. Without begin_resync before it: nothing happens.
    void end_resync();
    // All of it at once: what a resync with exactly these would give.
    void replace(const std::vector<netlink::Link>& links, const std::vector<netlink::Address>& addresses);

    // False until the first resync has ended: what is missing then may merely not have been told.
    [[nodiscard]] bool complete() const noexcept { return complete_; }
    // Another number whenever something changed that resolve() looks at: not for counters, carrier or the up flag.
    [[nodiscard]] std::uint64_t revision() const noexcept { return revision_; }

    // Null where there is none. Pointers and references stay valid until the next call that changes anything.
    [[nodiscard]] const netlink::Link* link(InterfaceIndex index) const;
    [[nodiscard]] const netlink::Link* link(std::string_view name) const;
    // By index. More than one only where an event was lost.
    [[nodiscard]] std::vector<const netlink::Link*> links_named(std::string_view name) const;
    [[nodiscard]] const std::map<InterfaceIndex, netlink::Link>& links() const noexcept { return now_.links; }
    // Direct members by IFLA_MASTER, by index: what is enslaved to a member is not a member.
    [[nodiscard]] std::vector<const netlink::Link*> members_of(InterfaceIndex master) const;
    [[nodiscard]] std::vector<const netlink::Link*> vrfs() const;
    // The VRF device that a link is a direct member of; null where there is none.
    [[nodiscard]] const netlink::Link* vrf_of(const netlink::Link& link) const;
    // IPv4, global scope, in the kernel's order (primary ones first, each kind in the order of their addition).
    [[nodiscard]] std::vector<InterfaceAddress> addresses_of(InterfaceIndex index) const;
    // IPv4, whatever scope.
    [[nodiscard]] std::vector<Ipv4Address> all_addresses_of(InterfaceIndex index) const;

    // The same links and addresses, whatever way they came.
    friend bool operator==(const Network& a, const Network& b) { return a.now_ == b.now_; }

private:
    struct Picture {
        std::map<InterfaceIndex, netlink::Link> links;
        std::map<InterfaceIndex, std::vector<netlink::Address>> addresses;
        // What follows from the links: there may be a thousand VRFs, and each asks for its own.
        std::set<std::pair<InterfaceIndex, InterfaceIndex>> members; // master, member
        std::set<InterfaceIndex> vrfs;
        LinkNames names;
        friend bool operator==(const Picture&, const Picture&) = default;

        void index(const netlink::Link& link);
        void forget(const netlink::Link& link);
    };

    // Each returns whether something relevant changed.
    static bool apply_to(Picture& picture, const netlink::LinkChanged& event);
    static bool apply_to(Picture& picture, const netlink::LinkRemoved& event);
    static bool apply_to(Picture& picture, const netlink::AddressChanged& event);
    static bool apply_to(Picture& picture, const netlink::AddressRemoved& event);
    static bool same_to_us(const Picture& a, const Picture& b);

    Picture now_;
    std::optional<Picture> coming_; // while a resync is under way
    std::uint64_t revision_ = 0;
    bool complete_ = false;
};

} // namespace keavrf::topology
