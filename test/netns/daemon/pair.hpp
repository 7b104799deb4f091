// Two tenants, red and blue, each of which is to be served whatever becomes of the other.
#pragma once

#include "support/lab.hpp"

#include <string>

namespace keavrf::test {

inline const std::string red_and_blue = "vrfs:\n  red: {device: none, interfaces: [eth1]}\n"
                                        "  blue: {device: none, interfaces: [eth2]}\n";

struct Pair : Lab {
    Tenant red = add_tenant("eth1", "192.168.1.1/24");
    Tenant blue = add_tenant("eth2", "10.0.0.1/24");
};

inline bool serves(const Tenant& tenant)
{
    return tenant.client().acquire().has_value();
}

} // namespace keavrf::test
