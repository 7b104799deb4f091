// What decisions need to know, and to remember, of one VRF: its ports, its addresses, its Kea, the downstream relays
// that were heard. Pure: no sockets, time comes in.
#pragma once

#include "core/prefix_set.hpp"
#include "core/token_bucket.hpp"
#include "dhcp/frame.hpp"
#include "relay/admission.hpp"
#include "relay/exchange_table.hpp"
#include "relay/own_option82.hpp"
#include "relay/port_config.hpp"

#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace keavrf::relay {

// Subnets of one VRF: those that its Kea serves, and those on the links of its ports.
struct Subnets {
    PrefixSet served;
    PrefixSet links;
    [[nodiscard]] bool cover(const Ipv4Prefix& prefix) const noexcept
    {
        return served.covers(prefix) || links.covers(prefix);
    }
};

// One client interface: its configuration, what follows from it, and its memory.
struct Port {
    PortConfig config;
    OwnOption82 option82;
    // By which clients know this relay: giaddr where it is the interface's own, else the interface's first primary
    // address, else the (borrowed) giaddr; unspecified where it has none of them.
    Ipv4Address client_address;
    dhcp::EthernetAddress mac{};
    bool ethernet = false;
    Option82Limits limits;
    std::vector<Ipv4Prefix> links; // the prefixes of its addresses
    // Set where its giaddr is borrowed (an unnumbered interface): the subnets that it is in are on the link, too.
    std::optional<Ipv4Address> borrowed;
    const Subnets* subnets = nullptr; // of its domain; set once it is indexed there

    TokenBucket bucket;
    // Answers whose address the kernel would have to resolve: each may cost an entry of the host's neighbour table.
    TokenBucket resolutions;
    TokenBucket* resolutions_of_host = nullptr; // of all VRFs; nothing: no limit
    [[nodiscard]] bool may_resolve(TimePoint now);
    ExchangeTable exchanges;
    Admission::Share share;

    [[nodiscard]] bool on_link(Ipv4Address address) const noexcept;
};

// A relay behind a trusted interface.
struct Downstream {
    InterfaceIndex port;       // on which it was heard last
    Ipv4Address relay_address; // by which it knows us
    TimePoint heard;
    // Others that it was heard on before, the last first; 0: none. Its answers to what it sent by them are due there.
    std::array<InterfaceIndex, 3> before{};
};

// How many entries of the host's neighbour table, which is one for all VRFs, the answers of all relays may ask for.
TokenBucket resolutions_of_host();

class Domain {
public:
    // As many downstream relays of one port are remembered; the one silent for longest goes first.
    static constexpr std::size_t downstream_limit = 256;

    Domain(Names names, Ipv4Address server, std::uint64_t seed);
    Domain(const Domain&) = delete; // its ports and its index point into it
    Domain& operator=(const Domain&) = delete;
    ~Domain() = default;

    // For the ports that are put from now on; borrowed.
    void limit_resolutions(TokenBucket* of_host) noexcept { resolutions_of_host_ = of_host; }
    // Opens a port, or changes it in place: its exchanges and, where the rate stays, its token bucket remain.
    void put_port(const PortConfig& config);
    void erase_port(InterfaceIndex index);
    [[nodiscard]] Port* port(InterfaceIndex index) noexcept;
    [[nodiscard]] std::map<InterfaceIndex, Port>& ports() noexcept { return ports_; }
    // By which those behind this port know this relay; where it has no address, and so serves downstream relays alone,
    // by that of the first port that has one. Unspecified where none has.
    [[nodiscard]] Ipv4Address address_at(const Port& port) const noexcept;
    // Those with this giaddr; where there is none, those with this address.
    [[nodiscard]] std::span<Port* const> ports_at(Ipv4Address giaddr) const noexcept;

    // Every address on an interface of this VRF; those of the ports are always included.
    void set_own_addresses(std::vector<Ipv4Address> addresses);
    [[nodiscard]] bool own(Ipv4Address address) const noexcept;
    // The subnets that this VRF's Kea serves; the prefixes of the ports are always included.
    void set_subnets(const std::vector<Ipv4Prefix>& subnets);
    [[nodiscard]] bool in_subnet(Ipv4Address address) const noexcept;

    // Where a DHCPINFORM was heard, since nothing in its answer tells. Of two that share a place the later one is
    // known.
    void hear_inform(const ExchangeKey& key, InterfaceIndex port) noexcept;
    // Most likely; index 0 where nothing is known.
    [[nodiscard]] InterfaceIndex inform_heard_on(const ExchangeKey& key) const noexcept;

    // `before` is filled in.
    void hear_downstream(Ipv4Address giaddr, Downstream downstream);
    // Null unless it was heard on a port that is trusted still.
    [[nodiscard]] const Downstream* downstream(Ipv4Address giaddr) const noexcept;

    [[nodiscard]] Ipv4Address server() const noexcept { return server_; }
    [[nodiscard]] bool serving() const noexcept { return serving_; }
    // One that begins to serve has nothing to read yet.
    void set_serving(bool serving) noexcept;
    // What the server is asked, and how it keeps up.
    [[nodiscard]] Admission& admission() noexcept { return admission_; }

private:
    // Both by interface index.
    struct AtAddress {
        std::vector<Port*> giaddr_of;
        std::vector<Port*> address_of;
    };
    using LastHeard = std::pair<TimePoint, Ipv4Address>;
    void index(Port& port);
    void forget(Port& port) noexcept;
    void move_downstream(const LastHeard& last, InterfaceIndex gone);

    Names names_;
    Ipv4Address server_;
    std::uint64_t seed_;
    bool serving_ = false;
    TokenBucket* resolutions_of_host_ = nullptr;
    Admission admission_;
    std::map<InterfaceIndex, Port> ports_;
    std::vector<Ipv4Address> given_addresses_; // sorted
    Subnets subnets_;
    std::vector<InterfaceIndex> informs_; // by hash; empty until there is one
    // Kept port by port: a VRF may have thousands, and they are put one by one.
    std::map<Ipv4Address, AtAddress> by_address_;
    std::map<Ipv4Address, Downstream> downstream_;
    // The same by port, the one silent for longest first.
    std::map<InterfaceIndex, std::set<LastHeard>> behind_;
};

} // namespace keavrf::relay
