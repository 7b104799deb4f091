// Two tenants' uplinks swapped, as far as one can do that behind keavrfd's back, which mends what it finds swapped:
// what the relay sends to one Kea is carried to the other as well, and the answer back, as if it came from the first.
#pragma once

#include "core/unique_fd.hpp"
#include "support/raw_client.hpp"
#include "world.hpp"

#include <cstddef>
#include <optional>
#include <set>

namespace keavrf::faults {

class CrossedUplinks {
public:
    CrossedUplinks(const Tenant& one, const Tenant& other);

    // What has passed since the last time.
    void carry();
    // Answers that came back the wrong way.
    [[nodiscard]] std::size_t answers() const noexcept { return answers_; }

private:
    // Both ends of one tenant's pair. The ends' addresses are seen of what passes.
    struct Uplink {
        explicit Uplink(const Tenant& tenant);
        test::RawClient relay_end;
        test::RawClient kea_end;
        std::optional<test::DhcpFrame> request;
        std::set<std::uint32_t> foreign; // xids that were carried here
    };
    void carry(Uplink& from, Uplink& to);

    Uplink one_;
    Uplink other_;
    std::size_t answers_ = 0;
};

} // namespace keavrf::faults
