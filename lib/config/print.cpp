#include "config/print.hpp"

#include "config/names.hpp"
#include "config/scalar.hpp"
#include "config/yaml_writer.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace keavrf::config {

namespace {

namespace json = boost::json;

std::string_view text(Option82Policy policy)
{
    static constexpr std::array<std::string_view, 4> names{"drop", "replace", "append", "keep"};
    return names.at(static_cast<std::size_t>(policy));
}

std::string_view text(log::Level level)
{
    static constexpr std::array<std::string_view, 4> names{"debug", "info", "warning", "error"};
    return names.at(static_cast<std::size_t>(level));
}

std::string_view text(LogFormat format)
{
    static constexpr std::array<std::string_view, 4> names{"auto", "text", "json", "journal"};
    return names.at(static_cast<std::size_t>(format));
}

// Whole numbers without a fraction, as an operator writes them.
json::value number(double value)
{
    const auto whole = static_cast<std::int64_t>(value);
    return static_cast<double>(whole) == value ? json::value(whole) : json::value(value);
}

json::object relay_object(const RelaySettings& relay)
{
    return {{"max-hops", relay.max_hops},
            {"option82", text(relay.option82)},
            {"circuit-id", relay.circuit_id},
            {"remote-id", relay.remote_id},
            {"trusted", relay.trusted},
            {"link-selection", relay.link_selection},
            {"server-id-override", relay.server_id_override},
            {"relay-flags", relay.relay_flags},
            {"bootp", relay.bootp},
            {"vss", relay.vss},
            {"rate", number(relay.rate)},
            {"burst", number(relay.burst)},
            {"max-size", relay.max_size}};
}

// Its giaddr, and where its relay settings differ from the VRF's.
json::object interface_object(const InterfaceSettings& interface, const json::object& vrf_relay)
{
    json::object object;
    if (interface.giaddr) {
        object["giaddr"] = interface.giaddr->str();
    }
    for (const auto& [key, value] : relay_object(interface.relay)) {
        if (vrf_relay.at(key) != value) {
            object[key] = value;
        }
    }
    return object;
}

json::value interfaces_value(const VrfSettings& vrf, const json::object& relay)
{
    json::object map;
    for (const auto& interface : vrf.interfaces) {
        map[interface.pattern] = interface_object(interface, relay);
    }
    for (const auto& excluded : vrf.excluded_interfaces) {
        map['!' + excluded] = json::object();
    }
    if (map.empty()) {
        return "auto";
    }
    return map;
}

json::object vrf_object(const VrfSettings& vrf)
{
    auto relay = relay_object(vrf.relay);
    json::object object;
    if (!vrf.has_device) {
        object["device"] = "none";
    }
    object["interfaces"] = interfaces_value(vrf, relay);
    object["relay"] = std::move(relay);
    object["dhcp4"] = vrf.dhcp4;
    if (vrf.dhcp6) {
        object["dhcp6"] = *vrf.dhcp6;
    }
    return object;
}

json::object kea_object(const KeaSettings& kea)
{
    json::object object{{"dhcp4", kea.dhcp4}, {"dhcp6", kea.dhcp6}};
    if (!kea.user.empty()) {
        object["user"] = kea.user;
    }
    object["log"] = kea.log == KeaLog::file ? "file" : "inherit";
    object["timeouts"] = {{"start", duration_text(kea.timeouts.start)},
                          {"probe", duration_text(kea.timeouts.probe)},
                          {"stop", duration_text(kea.timeouts.stop)}};
    return object;
}

} // namespace

std::string print(const Settings& settings)
{
    json::object root{
        {"kea", kea_object(settings.kea)},       {"runtime-dir", settings.runtime_dir},
        {"state-dir", settings.state_dir},       {"log-dir", settings.log_dir},
        {"netns-prefix", settings.netns_prefix}, {"on-exit", settings.on_exit == OnExit::stop ? "stop" : "keep"}};
    if (settings.control_group_given) {
        root["control"] = {{"group", settings.control_group}};
    }
    if (settings.http_listen) {
        root["http"] = {{"listen", *settings.http_listen}};
    }
    root["log"] = {{"level", text(settings.log.level)}, {"format", text(settings.log.format)}};
    json::object vrfs;
    for (const auto& vrf : settings.vrfs) {
        vrfs[vrf->glob ? vrf->pattern : escape_glob(vrf->pattern)] = vrf_object(*vrf);
    }
    root["vrfs"] = std::move(vrfs);
    return to_yaml(root);
}

} // namespace keavrf::config
