#include "config/subnet_id.hpp"
#include "kea/render_parts.hpp"

#include <map>
#include <optional>

namespace keavrf::kea {

namespace json = boost::json;

namespace {

// What is no list at all is the user's too, and refused later on.
bool has_entries(const json::object& dhcp4, std::string_view key)
{
    const auto* value = dhcp4.if_contains(key);
    if (value == nullptr || value->is_null()) {
        return false;
    }
    const auto* list = value->if_array();
    return list == nullptr || !list->empty();
}

json::object routers_option(Ipv4Address router)
{
    json::object option;
    option["name"] = "routers";
    option["data"] = router.str();
    return option;
}

// Kea demands one value of `authoritative` for all of a shared network, so subnets take the user's global one.
json::value authoritative(const json::object& dhcp4)
{
    const auto* given = dhcp4.if_contains("authoritative");
    return given != nullptr && given->is_bool() ? *given : json::value(true);
}

json::object render_subnet(const json::object& dhcp4, const Subnet& subnet)
{
    json::array pools;
    for (const auto& [first, last] : subnet.pools) {
        json::object pool;
        pool["pool"] = first.str() + " - " + last.str();
        pools.push_back(std::move(pool));
    }
    json::object rendered;
    rendered["subnet"] = subnet.prefix.str();
    rendered["id"] = config::derived_subnet_id(subnet.prefix);
    rendered["authoritative"] = authoritative(dhcp4);
    rendered["pools"] = std::move(pools);
    rendered["option-data"] = json::array{routers_option(subnet.router)};
    return rendered;
}

// Where each subnet stands: its number and how it is called in a message.
class SubnetNumbers {
public:
    Result<void> claim(std::uint32_t id, const std::string& subnet)
    {
        const auto [entry, is_new] = subnets_.emplace(id, subnet);
        if (is_new) {
            return {};
        }
        return Error("subnets " + entry->second + " and " + subnet + " both have the id " + std::to_string(id))
            .hint("give one of them another id");
    }

private:
    std::map<std::uint32_t, std::string> subnets_;
};

std::optional<std::uint32_t> explicit_id(const json::value& value)
{
    // 0 asks Kea for a number of its own choice, which would change with the order.
    constexpr std::int64_t last = config::max_subnet_id;
    const auto* number = value.if_int64();
    const auto* unsigned_number = value.if_uint64();
    const std::int64_t id = number != nullptr ? *number
                            : unsigned_number != nullptr && *unsigned_number <= UINT32_MAX
                                ? static_cast<std::int64_t>(*unsigned_number)
                                : -1;
    return id >= 1 && id <= last ? std::optional(static_cast<std::uint32_t>(id)) : std::nullopt;
}

Result<void> number_subnet(json::object& subnet, SubnetNumbers& numbers)
{
    const auto* value = subnet.if_contains("subnet");
    if (value == nullptr || !value->is_string()) {
        return Error("a subnet without \"subnet\"").hint("its prefix, as in 192.168.1.0/24");
    }
    const std::string text(value->get_string().data(), value->get_string().size());
    const auto prefix = Ipv4Prefix::parse(text, true);
    if (!prefix) {
        return Error("subnet " + text + " is no IPv4 prefix").hint("as in 192.168.1.0/24");
    }
    if (const auto* given = subnet.if_contains("id")) {
        const auto id = explicit_id(*given);
        return id ? numbers.claim(*id, text)
                  : Error("subnet " + text + " has no valid id").hint("a number from 1 to 4294967294");
    }
    const auto id = config::derived_subnet_id(*prefix);
    subnet["id"] = id;
    return numbers.claim(id, text);
}

Result<void> number_list(json::object& parent, SubnetNumbers& numbers)
{
    auto* value = parent.if_contains("subnet4");
    if (value == nullptr || value->is_null()) {
        return {};
    }
    auto* list = value->if_array();
    if (list == nullptr) {
        return Error("subnet4 is not a list");
    }
    for (auto& entry : *list) {
        auto* subnet = entry.if_object();
        if (subnet == nullptr) {
            return Error("an entry of subnet4 is not a map");
        }
        if (auto numbered = number_subnet(*subnet, numbers); !numbered) {
            return numbered;
        }
    }
    return {};
}

} // namespace

void add_automatic_subnets(json::object& dhcp4, const RenderInput& input)
{
    if (has_entries(dhcp4, "subnet4") || has_entries(dhcp4, "shared-networks")) {
        return;
    }
    json::array subnets;
    std::map<std::string, json::array> networks;
    for (const auto& subnet : input.subnets) {
        auto& target = subnet.shared_network.empty() ? subnets : networks[subnet.shared_network];
        target.push_back(render_subnet(dhcp4, subnet));
    }
    dhcp4["subnet4"] = std::move(subnets);
    if (networks.empty()) {
        return;
    }
    json::array shared;
    for (auto& [name, members] : networks) {
        json::object network;
        network["name"] = name;
        network["authoritative"] = authoritative(dhcp4);
        network["subnet4"] = std::move(members);
        shared.push_back(std::move(network));
    }
    dhcp4["shared-networks"] = std::move(shared);
}

Result<void> number_subnets(json::object& dhcp4)
{
    SubnetNumbers numbers;
    if (auto numbered = number_list(dhcp4, numbers); !numbered) {
        return numbered;
    }
    auto* value = dhcp4.if_contains("shared-networks");
    auto* networks = value == nullptr ? nullptr : value->if_array();
    if (networks == nullptr) {
        return {};
    }
    for (auto& entry : *networks) {
        auto* network = entry.if_object();
        if (network == nullptr) {
            return Error("an entry of shared-networks is not a map");
        }
        if (auto numbered = number_list(*network, numbers); !numbered) {
            return numbered;
        }
    }
    return {};
}

} // namespace keavrf::kea
