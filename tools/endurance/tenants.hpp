// N domains of keavrfd without VRF devices, for the benches of endurance: interface eN of the host, and at its other
// end cN in one namespace for all clients. Made in the current sandbox; it goes with it.
#pragma once

#include "support/network.hpp"

#include <string>

namespace keavrf::endurance {

class Tenants {
public:
    explicit Tenants(unsigned count);

    [[nodiscard]] unsigned count() const noexcept { return count_; }
    [[nodiscard]] int clients() const noexcept { return clients_.fd(); }
    [[nodiscard]] static std::string vrf(unsigned tenant) { return "t" + std::to_string(tenant); }
    [[nodiscard]] static std::string client_interface(unsigned tenant) { return "c" + std::to_string(tenant); }
    [[nodiscard]] static test::Mac mac(unsigned tenant);
    // The configuration that serves them all; with a rate limit on the first.
    [[nodiscard]] std::string yaml(unsigned limit_of_first = 0) const;

private:
    unsigned count_;
    test::ClientNamespace clients_;
};

} // namespace keavrf::endurance
