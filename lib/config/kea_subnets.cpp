#include "config/kea_map.hpp"
#include "config/kea_pools.hpp"
#include "config/scalar.hpp"
#include "config/subnet_id.hpp"
#include "core/ip_address.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace keavrf::config {

namespace {

struct Subnet {
    Ipv4Prefix prefix;
    Field field;                     // of its `subnet`
    std::optional<std::uint32_t> id; // explicit
    Field id_field;
};

class SubnetChecker {
public:
    void check_list(const Field& list)
    {
        if (list.node->kind != Node::Kind::list) {
            list.must_be("a list of maps, such as [{subnet: 192.168.1.0/24}]");
            return;
        }
        for (std::size_t at = 0; at < list.node->items.size(); ++at) {
            check_subnet(Field{list.node->items[at], list.path[at], list.report});
        }
    }

    void check_all()
    {
        check_overlaps();
        check_ids();
    }

private:
    void check_subnet(const Field& field)
    {
        field.report->pause();
        if (field.node->kind != Node::Kind::map) {
            field.must_be("a map, such as {subnet: 192.168.1.0/24}");
            return;
        }
        const MapField map(field, "a map");
        const auto id = check_id(map);
        const auto subnet = map.find("subnet");
        if (!subnet) {
            field.error("\"subnet\" is missing (such as subnet: 192.168.1.0/24)");
            return;
        }
        const auto prefix = check_prefix(*subnet);
        if (!prefix) {
            return;
        }
        subnets_.push_back(Subnet{*prefix, *subnet, id, id ? *map.find("id") : *subnet});
        if (const auto pools = map.find("pools")) {
            check_pools(*pools, *prefix);
        }
    }

    static std::optional<std::uint32_t> check_id(const MapField& map)
    {
        const auto field = map.find("id");
        if (!field || field->node->text.find("${") != std::string::npos) {
            return std::nullopt;
        }
        const auto id = read_whole(*field, 1, max_subnet_id);
        return id ? std::optional(static_cast<std::uint32_t>(*id)) : std::nullopt;
    }

    static std::optional<Ipv4Prefix> check_prefix(const Field& field)
    {
        constexpr std::string_view allowed = "an IPv4 prefix, such as 192.168.1.0/24";
        const auto text = read_final_text(field, allowed);
        if (!text) {
            return std::nullopt;
        }
        const auto prefix = Ipv4Prefix::parse(*text);
        const auto loose = Ipv4Prefix::parse(*text, true);
        if (!prefix && loose) {
            field.error(quoted(*text) + " has bits set beyond its length (did you mean " + loose->str() + "?)");
        } else if (!prefix) {
            field.must_be(allowed);
        }
        return prefix;
    }

    // Of nested prefixes the wider one comes first.
    void check_overlaps()
    {
        std::stable_sort(subnets_.begin(), subnets_.end(), [](const Subnet& a, const Subnet& b) {
            return std::tuple(a.prefix.network(), a.prefix.length()) <
                   std::tuple(b.prefix.network(), b.prefix.length());
        });
        std::size_t widest = 0;
        for (std::size_t at = 1; at < subnets_.size(); ++at) {
            const auto& reaching = subnets_[widest];
            const auto& here = subnets_[at];
            here.field.report->pause();
            if (!reaching.prefix.overlaps(here.prefix)) {
                widest = at;
                continue;
            }
            const bool swap = later(reaching.field, here.field);
            const auto& second = swap ? reaching : here;
            const auto& first = swap ? here : reaching;
            const bool equal = first.prefix == second.prefix;
            second.field.error("the subnet " + second.prefix.str() +
                               (equal ? " is here twice (" : " overlaps the subnet " + first.prefix.str() + " (") +
                               place(first.field, second.field) + ")");
        }
    }

    void check_ids()
    {
        std::map<std::uint32_t, const Subnet*> explicit_ids;
        std::stable_sort(subnets_.begin(), subnets_.end(),
                         [](const Subnet& a, const Subnet& b) { return later(b.field, a.field); });
        for (const auto& subnet : subnets_) {
            subnet.field.report->pause();
            if (!subnet.id) {
                continue;
            }
            const auto [first, is_new] = explicit_ids.emplace(*subnet.id, &subnet);
            if (!is_new) {
                subnet.id_field.error("the id " + std::to_string(*subnet.id) + " is that of the subnet " +
                                      first->second->prefix.str() + " already (" +
                                      place(first->second->id_field, subnet.id_field) + ")");
            }
        }
        check_derived_ids(explicit_ids);
    }

    void check_derived_ids(const std::map<std::uint32_t, const Subnet*>& explicit_ids) const
    {
        std::map<std::uint32_t, const Subnet*> derived;
        for (const auto& subnet : subnets_) {
            if (subnet.id) {
                continue;
            }
            const auto id = derived_subnet_id(subnet.prefix);
            if (const auto taken = explicit_ids.find(id); taken != explicit_ids.end()) {
                taken->second->id_field.error(
                    "the id " + std::to_string(id) + " is the one that keavrfd gives the subnet " +
                    subnet.prefix.str() + " (" + place(subnet.field, taken->second->id_field) +
                    "), which has none of its own (choose another id, or give that subnet one)");
            }
            const auto [first, is_new] = derived.emplace(id, &subnet);
            if (!is_new && subnet.prefix.length() == 32 && first->second->prefix != subnet.prefix) {
                subnet.field.error("needs an id of its own: the one that follows from its prefix is that of " +
                                   first->second->prefix.str() + " (" + place(first->second->field, subnet.field) +
                                   ")");
            }
        }
    }

    std::vector<Subnet> subnets_;
};

} // namespace

void check_subnets(const Field& dhcp4)
{
    const MapField map(dhcp4, "a map");
    SubnetChecker checker;
    if (const auto list = map.find("subnet4")) {
        checker.check_list(*list);
    }
    const auto networks = map.find("shared-networks");
    if (networks && networks->node->kind != Node::Kind::list) {
        networks->must_be("a list of maps, such as [{name: floor1, subnet4: [...]}]");
    }
    for (std::size_t at = 0; networks && at < networks->node->items.size(); ++at) {
        const Field item{networks->node->items[at], networks->path[at], networks->report};
        if (item.node->kind != Node::Kind::map) {
            item.must_be("a map, such as {name: floor1, subnet4: [...]}");
        } else if (const auto list = MapField(item, "a map").find("subnet4")) {
            checker.check_list(*list);
        }
    }
    checker.check_all();
}

void check_loggers(const Field& dhcp4)
{
    const auto loggers = MapField(dhcp4, "a map").find("loggers");
    if (!loggers) {
        return;
    }
    if (loggers->node->kind != Node::Kind::list) {
        loggers->must_be("a list of maps, such as [{name: kea-dhcp4, severity: INFO}]");
        return;
    }
    for (std::size_t at = 0; at < loggers->node->items.size(); ++at) {
        const Field item{loggers->node->items[at], loggers->path[at], loggers->report};
        for (const auto* key : {"name", "severity"}) {
            if (item.node->find(key) == nullptr) {
                item.error("\"" + std::string(key) + "\" is missing (such as {name: kea-dhcp4, severity: INFO})");
            }
        }
    }
}

} // namespace keavrf::config
