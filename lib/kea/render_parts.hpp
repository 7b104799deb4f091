// Internal to lib/kea: the steps of render_dhcp4. Pure.
#pragma once

#include "kea/render.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace keavrf::kea {

// ${vrf}, ${table} and ${host} in every string (keys stay).
void expand_strings(boost::json::value& value, const RenderInput& input);

// What keavrfd owns: interfaces-config, the control socket, the lease file.
void set_owned(boost::json::object& dhcp4, const RenderInput& input);
// What is filled in where the user is silent: loggers, multi-threading, dhcp-ddns.
void set_defaults(boost::json::object& dhcp4, const RenderInput& input);
// The subnets that follow from interface addresses, where the user's map brings none.
void add_automatic_subnets(boost::json::object& dhcp4, const RenderInput& input);
// An id for each subnet that has none.
Result<void> number_subnets(boost::json::object& dhcp4);
// Spellings and companions that only some versions want.
void adapt_to_version(boost::json::object& dhcp4, const RenderInput& input);

// Calls `visit` for each shared network and each subnet.
template <class Visit>
void for_each_scope(boost::json::object& dhcp4, const Visit& visit)
{
    const auto each = [](boost::json::object& parent, std::string_view key, const auto& action) {
        auto* value = parent.if_contains(key);
        auto* list = value == nullptr ? nullptr : value->if_array();
        if (list == nullptr) {
            return;
        }
        for (auto& entry : *list) {
            if (auto* object = entry.if_object()) {
                action(*object);
            }
        }
    };
    each(dhcp4, "subnet4", visit);
    each(dhcp4, "shared-networks", [&](boost::json::object& network) {
        visit(network);
        each(network, "subnet4", visit);
    });
}

// The same tree with the keys of every object in order.
boost::json::object with_sorted_keys(const boost::json::object& object, const Pause& pause);

} // namespace keavrf::kea
