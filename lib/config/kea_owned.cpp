#include "config/kea_map.hpp"

#include <functional>
#include <utility>

namespace keavrf::config {

namespace {

using Owned = std::pair<std::string_view, std::string_view>; // key and why

constexpr std::string_view one_interface = "Kea hears its end of its link to the relay, and nothing else";
constexpr std::string_view one_socket = "it talks to Kea by a socket in runtime-dir; try keavrfctl kea VRF COMMAND";
constexpr std::string_view one_place = "leases are kept in state-dir, a folder a VRF";
constexpr std::string_view one_log = "Kea's log goes where log-dir and kea.log say";
constexpr std::string_view by_giaddr = "Kea sees no client interface; the relay's giaddr chooses the subnet";

constexpr std::array<Owned, 3> root_owned{
    {{"interfaces-config", one_interface}, {"control-socket", one_socket}, {"control-sockets", one_socket}}};
constexpr std::array<Owned, 2> lease_owned{{{"name", one_place}, {"persist", one_place}}};
constexpr std::array<Owned, 2> logger_owned{{{"output_options", one_log}, {"output-options", one_log}}};
constexpr std::array<Owned, 1> subnet_owned{{{"interface", by_giaddr}}};

using Tell = std::function<void(const Origin&, const Path&, std::string_view why)>;

// Walks the places where owned keys can be, tells of each, and returns the tree without them. What has a wrong type is
// left as it is, for Kea to judge.
class OwnedFilter {
public:
    OwnedFilter(bool database, const Report& report, Tell tell)
        : database_(database), report_(report), tell_(std::move(tell))
    {
    }

    NodePtr root(const NodePtr& node, const Path& path)
    {
        auto result = keys(node, path, root_owned);
        if (!database_) {
            result = member(result, path, "lease-database",
                            [&](const NodePtr& map, const Path& here) { return keys(map, here, lease_owned); });
        }
        result = list(result, path, "loggers",
                      [&](const NodePtr& map, const Path& here) { return keys(map, here, logger_owned); });
        result = subnets(result, path);
        return list(result, path, "shared-networks",
                    [&](const NodePtr& map, const Path& here) { return subnets(keys(map, here, subnet_owned), here); });
    }

private:
    using Filter = std::function<NodePtr(const NodePtr&, const Path&)>;

    NodePtr subnets(const NodePtr& node, const Path& path)
    {
        return list(node, path, "subnet4",
                    [&](const NodePtr& map, const Path& here) { return keys(map, here, subnet_owned); });
    }

    NodePtr keys(NodePtr node, const Path& path, std::span<const Owned> owned)
    {
        for (const auto& [key, why] : owned) {
            const auto* member = node->find(key);
            if (member == nullptr) {
                continue;
            }
            tell_(member->origin, path / key, why);
            node = without(node, key);
        }
        return node;
    }

    static NodePtr member(const NodePtr& map, const Path& path, std::string_view key, const Filter& filter)
    {
        const auto* found = map->find(key);
        if (found == nullptr || found->value->kind != Node::Kind::map) {
            return map;
        }
        return replace(map, key, filter(found->value, path / key));
    }

    [[nodiscard]] NodePtr list(const NodePtr& map, const Path& path, std::string_view key, const Filter& filter) const
    {
        const auto* found = map->find(key);
        if (found == nullptr || found->value->kind != Node::Kind::list) {
            return map;
        }
        const auto& items = found->value->items;
        auto filtered = items;
        for (std::size_t at = 0; at < items.size(); ++at) {
            report_.pause();
            if (items[at]->kind == Node::Kind::map) {
                filtered[at] = filter(items[at], (path / key)[at]);
            }
        }
        if (filtered == items) {
            return map;
        }
        auto copy = std::make_shared<Node>(*found->value);
        copy->items = std::move(filtered);
        return replace(map, key, std::move(copy));
    }

    static NodePtr replace(const NodePtr& map, std::string_view key, NodePtr value)
    {
        auto copy = std::make_shared<Node>(*map);
        for (auto& member : copy->members) {
            if (member.key == key) {
                member.value = std::move(value);
                break;
            }
        }
        return copy;
    }

    bool database_;
    const Report& report_;
    Tell tell_;
};

} // namespace

bool has_database(const Node& dhcp4)
{
    const auto* database = dhcp4.find("lease-database");
    if (database == nullptr || database->value->kind != Node::Kind::map) {
        return false;
    }
    const auto* type = database->value->find("type");
    return type != nullptr && type->value->kind == Node::Kind::scalar && !type->value->is_null() &&
           type->value->text != "memfile";
}

NodePtr drop_owned(const Field& dhcp4, bool database)
{
    OwnedFilter filter(database, *dhcp4.report, [&](const Origin& where, const Path& path, std::string_view why) {
        dhcp4.report->warning(where, path, "is left out: keavrfd owns this key (" + std::string(why) + ")");
    });
    return filter.root(dhcp4.node, dhcp4.path);
}

void refuse_owned(const Field& dhcp4, bool database)
{
    OwnedFilter filter(database, *dhcp4.report, [&](const Origin& where, const Path& path, std::string_view why) {
        dhcp4.report->error(where, path, "keavrfd owns this key (" + std::string(why) + "); remove it");
    });
    filter.root(dhcp4.node, dhcp4.path);
}

} // namespace keavrf::config
