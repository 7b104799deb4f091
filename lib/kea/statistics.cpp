#include "kea/statistics.hpp"

#include "kea/reply.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string_view>

namespace keavrf::kea {

namespace json = boost::json;

namespace {

// Later Kea counts for each pool too ("subnet[1].pool[0].assigned-addresses"): those are in their subnet's already.
bool is_of_a_subnet(std::string_view name)
{
    constexpr std::string_view begin = "subnet[";
    const auto end = name.find(']');
    return name.starts_with(begin) && end != std::string_view::npos && name.substr(end) == "].assigned-addresses";
}

// Samples are [value, time], the newest first. 0 for what has another form.
std::uint64_t newest(const json::value& samples)
{
    const auto* list = samples.if_array();
    const auto* sample = list != nullptr && !list->empty() ? list->front().if_array() : nullptr;
    const auto* number = sample != nullptr && !sample->empty() ? sample->front().if_int64() : nullptr;
    // Kea counts below zero where a lease file was taken away from under it.
    return number != nullptr && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
}

} // namespace

std::optional<std::uint64_t> assigned_addresses(const json::value& reply)
{
    const auto* arguments = reply_arguments(reply);
    if (reply_result(reply) != 0 || arguments == nullptr) {
        return std::nullopt;
    }
    std::uint64_t sum = 0;
    for (const auto& member : *arguments) {
        sum += is_of_a_subnet(member.key()) ? newest(member.value()) : 0;
    }
    return sum;
}

} // namespace keavrf::kea
