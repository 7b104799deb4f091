#include "kea/lease_row.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace keavrf::kea {

namespace {

constexpr std::string_view full_header =
    "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id";
constexpr std::string_view least_header =
    "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname";
constexpr std::size_t most_columns = 12;
constexpr std::size_t longest_number = 20;

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_hexadecimal(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':';
}

bool is_number(std::string_view text)
{
    return !text.empty() && text.size() <= longest_number && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_small_number(std::string_view text)
{
    return is_number(text) && lease_number(text) <= std::numeric_limits<std::uint32_t>::max();
}

bool has_form(LeaseColumn column, std::string_view text)
{
    switch (column) {
    case LeaseColumn::address:
        return Ipv4Address::parse(text).has_value();
    case LeaseColumn::hardware:
    case LeaseColumn::client:
        return std::all_of(text.begin(), text.end(), is_hexadecimal);
    case LeaseColumn::expire:
        return is_number(text);
    case LeaseColumn::lifetime:
    case LeaseColumn::subnet:
    case LeaseColumn::state:
    case LeaseColumn::pool:
        return is_small_number(text);
    case LeaseColumn::forward:
    case LeaseColumn::reverse:
        return text == "0" || text == "1";
    case LeaseColumn::hostname:
        return true;
    case LeaseColumn::context:
        return text.empty() || (text.front() == '{' && text.back() == '}' && text.size() > 1);
    }
    return false;
}

} // namespace

std::optional<LeaseHeader> LeaseHeader::parse(std::string_view line)
{
    const auto begin = line.rfind(least_header);
    if (begin == std::string_view::npos || (begin != 0 && !torn(line.substr(0, begin)))) {
        return std::nullopt;
    }
    const auto columns = split_columns(line.substr(begin)).size();
    return columns <= most_columns ? std::optional(LeaseHeader{columns, begin}) : std::nullopt;
}

bool LeaseHeader::torn(std::string_view line)
{
    return full_header.starts_with(line);
}

LeaseColumns split_columns(std::string_view line)
{
    LeaseColumns columns;
    while (true) {
        const auto comma = line.find(',');
        columns.push_back(line.substr(0, comma));
        if (comma == std::string_view::npos || columns.size() == too_many_columns) {
            return columns;
        }
        line.remove_prefix(comma + 1);
    }
}

std::uint64_t lease_number(std::string_view column)
{
    std::uint64_t number = std::numeric_limits<std::uint64_t>::max();
    std::from_chars(column.data(), column.data() + column.size(), number);
    return number;
}

bool valid_columns(const LeaseColumns& columns, bool behind_address)
{
    if (columns.size() > most_columns) {
        return false;
    }
    for (std::size_t index = behind_address ? 1 : 0; index < columns.size(); ++index) {
        if (!has_form(static_cast<LeaseColumn>(index), columns[index])) {
            return false;
        }
    }
    return true;
}

bool whole_row(const LeaseColumns& columns, std::size_t expected, const LeaseSubnets& subnets)
{
    if (columns.size() < expected || !valid_columns(columns)) {
        return false;
    }
    const auto id = lease_number(columns[static_cast<std::size_t>(LeaseColumn::subnet)]);
    const auto subnet = subnets.find(static_cast<std::uint32_t>(id));
    return subnet == subnets.end() || subnet->second.contains(*Ipv4Address::parse(columns.front()));
}

bool torn_row(const LeaseColumns& columns, std::size_t expected)
{
    constexpr auto context = static_cast<std::size_t>(LeaseColumn::context);
    if (columns.size() == expected && columns.size() == context + 1) {
        auto before = columns;
        before.pop_back();
        return columns.back().starts_with('{') && valid_columns(before);
    }
    if (columns.size() >= expected || columns.front().empty() || !is_digit(columns.front().front())) {
        return false;
    }
    const auto end = columns.begin() + static_cast<std::ptrdiff_t>(
                                           std::min(columns.size(), static_cast<std::size_t>(LeaseColumn::hostname)));
    return std::all_of(columns.begin(), end, [](std::string_view column) {
        return std::all_of(column.begin(), column.end(), [](char c) { return is_hexadecimal(c) || c == '.'; });
    });
}

} // namespace keavrf::kea
