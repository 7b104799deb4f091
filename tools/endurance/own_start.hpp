// How long a Kea by itself takes from exec to its first OFFER, on a pair of its own: what a restart takes at least.
#pragma once

#include "core/unique_fd.hpp"
#include "support/dhcp_packet.hpp"
#include "wiring.hpp"

#include <chrono>

namespace keavrf::endurance {

class OwnStart {
public:
    OwnStart();
    // Fails the run where there is no answer in 10 s.
    std::chrono::steady_clock::duration measure();

private:
    bool offered();

    bench::Wiring wiring_{bench::Uplink::alone};
    UniqueFd socket_;
    test::Bytes frame_;
};

} // namespace keavrf::endurance
