// A line of Kea's DHCPv4 lease file (memfile; Kea's csv_lease_file4.cc) as a value. Pure.
//
// A row has a fixed number of columns, of which each has a form of its own, and none holds a comma or a newline (Kea
// writes those as &#x2c and the like). So a row that was cut off, or glued to the next, can be told from a whole one.
#pragma once

#include "core/ip_address.hpp"

#include <boost/container/static_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

namespace keavrf::kea {

// Of each subnet id that Kea is configured with: what tells an address from one with a digit too many in front.
using LeaseSubnets = std::map<std::uint32_t, Ipv4Prefix>;

enum class LeaseColumn : std::size_t {
    address,
    hardware,
    client,
    lifetime,
    expire,
    subnet,
    forward,
    reverse,
    hostname,
    state,
    context,
    pool
};

// The columns of the file's header: 9 (before Kea 0.9.2) to 12 (since Kea 2.7); nullopt: no header of a DHCPv4 lease
// file. One that was cut off and written again behind itself counts from where it begins anew (`begin`).
struct LeaseHeader {
    std::size_t columns = 0;
    std::size_t begin = 0;
    static std::optional<LeaseHeader> parse(std::string_view line);
    // A header's beginning and nothing else: Kea refuses to start with such a file.
    static bool torn(std::string_view line);
};

// No row has as many: what comes behind is left out, and the line is none.
inline constexpr std::size_t too_many_columns = 16;
using LeaseColumns = boost::container::static_vector<std::string_view, too_many_columns>;
LeaseColumns split_columns(std::string_view line);
// The number in a column that has the form of one.
std::uint64_t lease_number(std::string_view column);

// Each column, from the first one on, has its form. Without an address in front where `behind_address`.
bool valid_columns(const LeaseColumns& columns, bool behind_address = false);
// A whole row: `columns` of them (more where a later Kea goes on with an older file), each in its form, the address in
// the subnet that the row names, where that is known.
bool whole_row(const LeaseColumns& columns, std::size_t expected, const LeaseSubnets& subnets);
// Parts of rows, and no whole one among them: fewer columns, made of what rows are made of.
bool torn_row(const LeaseColumns& columns, std::size_t expected);

} // namespace keavrf::kea
