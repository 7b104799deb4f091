#include "instance/rendering.hpp"

#include "kea/render.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

namespace keavrf::instance {

namespace {

namespace json = boost::json;

std::vector<kea::Subnet> kea_subnets(const topology::Domain& domain)
{
    std::vector<kea::Subnet> subnets;
    for (const auto& automatic : domain.subnets) {
        kea::Subnet subnet;
        subnet.prefix = automatic.prefix;
        for (const auto& range : automatic.pools) {
            subnet.pools.emplace_back(range.first, range.last);
        }
        subnet.router = automatic.router;
        subnet.shared_network = automatic.shared_network;
        subnets.push_back(std::move(subnet));
    }
    return subnets;
}

const json::array* list(const json::object& map, std::string_view key)
{
    const auto* value = map.if_contains(key);
    return value != nullptr ? value->if_array() : nullptr;
}

void append_subnets(const json::object& map, std::vector<Ipv4Prefix>& prefixes)
{
    const auto* subnets = list(map, "subnet4");
    if (subnets == nullptr) {
        return;
    }
    for (const auto& entry : *subnets) {
        const auto* object = entry.if_object();
        const auto* text = object != nullptr ? object->if_contains("subnet") : nullptr;
        if (text == nullptr || !text->is_string()) {
            continue;
        }
        if (const auto prefix = Ipv4Prefix::parse(std::string_view(text->get_string()), true)) {
            prefixes.push_back(*prefix);
        }
    }
}

std::vector<Ipv4Prefix> subnets_of(const json::object& configuration)
{
    std::vector<Ipv4Prefix> prefixes;
    const auto* dhcp4 = configuration.if_contains("Dhcp4");
    const auto* map = dhcp4 != nullptr ? dhcp4->if_object() : nullptr;
    if (map == nullptr) {
        return prefixes;
    }
    append_subnets(*map, prefixes);
    if (const auto* networks = list(*map, "shared-networks")) {
        for (const auto& network : *networks) {
            if (const auto* object = network.if_object()) {
                append_subnets(*object, prefixes);
            }
        }
    }
    return prefixes;
}

} // namespace

Result<Rendering> render_dhcp4(const topology::Domain& domain, const PairAddresses& addresses,
                               const RenderingContext& context)
{
    kea::RenderInput input;
    input.version = context.version;
    input.vrf = domain.name.str();
    input.table = domain.table;
    input.host = context.host;
    input.user = domain.settings->dhcp4;
    input.subnets = kea_subnets(domain);
    input.kea_address = addresses.kea;
    input.paths = context.paths;
    input.pause = context.pause;
    const auto configuration = kea::render_dhcp4(input);
    if (!configuration) {
        return configuration.error();
    }
    Rendering rendering;
    rendering.text = kea::to_text(*configuration, context.pause);
    rendering.hash = kea::configuration_hash(rendering.text);
    rendering.subnets = subnets_of(*configuration);
    return rendering;
}

Rendering rendered(std::string text)
{
    Rendering rendering;
    boost::system::error_code malformed;
    const auto value = json::parse(text, malformed);
    if (!malformed && value.is_object()) {
        rendering.subnets = subnets_of(value.get_object());
    }
    rendering.hash = kea::configuration_hash(text);
    rendering.text = std::move(text);
    return rendering;
}

bool is_for_leases_of(const std::string& text, const kea::ServerPaths& paths)
{
    boost::system::error_code malformed;
    const auto value = json::parse(text, malformed);
    const auto* root = malformed ? nullptr : value.if_object();
    const auto* inner = root != nullptr ? root->if_contains("Dhcp4") : nullptr;
    const auto* dhcp4 = inner != nullptr ? inner->if_object() : nullptr;
    const auto* entry = dhcp4 != nullptr ? dhcp4->if_contains("lease-database") : nullptr;
    const auto* database = entry != nullptr ? entry->if_object() : nullptr;
    if (database == nullptr) {
        return dhcp4 != nullptr;
    }
    const auto* type = database->if_contains("type");
    const auto* name = database->if_contains("name");
    const auto is = [](const json::value* one, std::string_view expected) {
        return one != nullptr && one->is_string() && std::string_view(one->get_string()) == expected;
    };
    return !is(type, "memfile") || name == nullptr || is(name, paths.lease_file);
}

relay::PortConfig port_config(const topology::PortSpec& port)
{
    relay::PortConfig config;
    config.index = port.index;
    config.name = port.name;
    config.mac = port.hardware_address;
    config.mtu = port.mtu;
    config.giaddr = port.giaddr;
    for (const auto& address : port.addresses) {
        relay::PortAddress own;
        own.address = address.address;
        own.prefix = address.prefix;
        own.secondary = address.secondary;
        config.addresses.push_back(own);
    }
    config.relay = port.relay;
    return config;
}

kea::ServerPaths server_paths(const VrfName& vrf, const config::Settings& settings)
{
    return kea::dhcp4_paths(settings.runtime_dir, settings.state_dir, settings.log_dir, vrf);
}

} // namespace keavrf::instance
