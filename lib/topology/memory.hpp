// What resolve() remembers of one domain's addresses, so that a flap costs nothing. Pure: time comes in.
//
// see() is told what there is now. What was there before and is not any more lingers for subnet_linger; it gives a
// subnet still, unless something that is there now overlaps it, or its interface has got a new address since.
#pragma once

#include "topology/resolve.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace keavrf::topology {

class AddressMemory {
public:
    // Drops what has had its time.
    AddressMemory(std::vector<RememberedAddress> remembered, TimePoint now);

    // Before see(): was there not long ago. What is there now is not asked for.
    [[nodiscard]] bool lingers(Ipv4Address address) const;
    // Drops what is remembered of these interfaces.
    void forget_if(const std::function<bool(InterfaceIndex)>& gone);
    void see(std::vector<SubnetSource> sources);

    // After see(). By interface; what is there before what lingers; no secondary addresses, which have their subnet
    // from a primary one.
    [[nodiscard]] std::vector<SubnetSource> subnet_sources() const;
    [[nodiscard]] std::vector<Ipv4Address> lingering_addresses() const;
    [[nodiscard]] std::optional<TimePoint> deadline() const;
    [[nodiscard]] std::vector<RememberedAddress> take() && { return std::move(addresses_); }

private:
    std::vector<RememberedAddress> addresses_; // what is there first
    std::vector<Ipv4Address> known_;           // what was remembered at first, sorted
    TimePoint now_;
};

} // namespace keavrf::topology
