// How Boost.Test prints the values that tests compare.
#pragma once

#include "core/ip_address.hpp"

#include <optional>
#include <ostream>

namespace keavrf {

inline std::ostream& boost_test_print_type(std::ostream& out, const Ipv4Address& address)
{
    return out << address.str();
}

} // namespace keavrf
