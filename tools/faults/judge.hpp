// Judges what clients sent and saw: nothing acknowledged may be forgotten or given to another, no answer may cross
// tenants. Pure, and knows nothing of keavrfd or Kea: only the clients' journals. Written from RFC 2131.
#pragma once

#include "core/ip_address.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace keavrf::faults {

using Clock = std::chrono::steady_clock;

// A client of a tenant; the same number in another tenant is another client, with the same hardware address.
struct Who {
    unsigned tenant = 0;
    unsigned client = 0;
    friend auto operator<=>(const Who&, const Who&) = default;
};
std::string describe(const Who& who);

// Of an OFFER or ACK, what tells whose Kea wrote it and how the relay knows itself.
struct Origin {
    std::string domain;                // option 15
    std::optional<Ipv4Address> server; // option 54
};

class Judge {
public:
    // What answers to this tenant's clients bear: the domain name that its own Kea gives out, and the addresses by
    // which its clients may know their server.
    void expect(unsigned tenant, std::string domain, std::vector<Ipv4Address> servers);

    // Each answer that a tenant's wire carried; `asked`: whether a client of this tenant sent this xid.
    void answered(Who who, const Origin& origin, bool asked);
    void acknowledged(Who who, Ipv4Address address, Clock::time_point now, Clock::duration lifetime);
    void released(Who who);
    // A DHCPNAK to a client that asked for its own lease.
    void refused(Who who, Clock::time_point now);

    // Kept through renewals; another one after a release, or another address.
    [[nodiscard]] std::optional<std::uint64_t> holding(Who who) const;
    // `address`, which `holder` held by that holding when it was asked for, was offered to somebody else.
    void poached(Who holder, std::uint64_t holding, Ipv4Address address);

    // While a server cannot write leases it refuses even those it knows (counted, not a loss). What it refused it must
    // know again afterwards.
    void excuse_refusals(bool excused) noexcept { excused_ = excused; }

    [[nodiscard]] std::optional<Ipv4Address> lease_of(Who who) const;
    // "tenant 2 client 1: lost 10.50.0.7, ..."; each thing once.
    [[nodiscard]] const std::vector<std::string>& violations() const noexcept { return violations_; }
    [[nodiscard]] std::uint64_t acknowledgements() const noexcept { return acknowledgements_; }
    [[nodiscard]] std::uint64_t excused_refusals() const noexcept { return excused_refusals_; }

private:
    struct Lease {
        Ipv4Address address;
        Clock::time_point until;
        std::uint64_t holding = 0;
    };
    struct Expected {
        std::string domain;
        std::vector<Ipv4Address> servers;
    };
    void violation(Who who, const std::string& what);

    std::map<unsigned, Expected> expected_;
    std::map<Who, Lease> leases_;
    std::uint64_t next_holding_ = 0;
    bool excused_ = false;
    std::vector<std::string> violations_;
    std::uint64_t acknowledgements_ = 0;
    std::uint64_t excused_refusals_ = 0;
};

} // namespace keavrf::faults
