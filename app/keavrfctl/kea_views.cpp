// What Kea answers, for people: statistics and leases.
#include "views.hpp"

#include <boost/json/serialize.hpp>

namespace keavrf::ctl {

namespace json = boost::json;

namespace {

// The newest of a statistic's samples, as text; an empty one where it has another form.
std::string newest_sample(const json::value& samples)
{
    const auto* list = samples.if_array();
    const auto* newest = list != nullptr && !list->empty() ? list->front().if_array() : nullptr;
    if (newest == nullptr || newest->empty()) {
        return {};
    }
    const auto& value = newest->front();
    return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

std::string string_of(const json::object& object, std::string_view key)
{
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::int64_t number_of(const json::object& object, std::string_view key)
{
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

std::string lease_state(std::int64_t state)
{
    static const std::vector<std::string> names{"valid", "declined", "reclaimed"};
    const auto index = static_cast<std::size_t>(state);
    return state >= 0 && index < names.size() ? names[index] : std::to_string(state);
}

std::string expiry_of(const json::object& lease, std::chrono::system_clock::time_point now)
{
    const std::chrono::seconds lifetime(number_of(lease, "valid-lft"));
    if (lifetime.count() == 0xffffffff) {
        return "never";
    }
    const auto since_epoch = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
    const auto left = std::chrono::seconds(number_of(lease, "cltt")) + lifetime - since_epoch;
    return left.count() > 0 ? "in " + duration_text(left) : duration_text(-left) + " ago";
}

} // namespace

std::string statistics_text(const json::object& statistics, Style style)
{
    Table some({{"STATISTIC", false, 20}, {"VALUE", true}});
    Table all = some;
    for (const auto& member : statistics) {
        const auto value = newest_sample(member.value());
        all.add({std::string(member.key()), value});
        if (value != "0") {
            some.add({std::string(member.key()), value});
        }
    }
    return (some.empty() ? all : some).render(style);
}

std::string leases_text(const json::array& leases, std::chrono::system_clock::time_point now, Style style)
{
    Table table({{"ADDRESS"},
                 {"CLIENT"},
                 {"HOSTNAME", false, 8, 2},
                 {"STATE", false, 0, 1},
                 {"EXPIRES"},
                 {"SUBNET", true, 0, 3}});
    for (const auto& element : leases) {
        const auto* lease = element.if_object();
        if (lease == nullptr) {
            continue;
        }
        const auto hardware = string_of(*lease, "hw-address");
        const auto state = number_of(*lease, "state");
        table.add({string_of(*lease, "ip-address"), hardware.empty() ? string_of(*lease, "client-id") : hardware,
                   string_of(*lease, "hostname"), Cell(lease_state(state), state == 0 ? Colour::none : Colour::warn),
                   expiry_of(*lease, now), std::to_string(number_of(*lease, "subnet-id"))});
    }
    return table.empty() ? "no leases\n" : table.render(style);
}

} // namespace keavrf::ctl
