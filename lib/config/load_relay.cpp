#include "config/loader.hpp"
#include "config/vpn_id.hpp"
#include "core/text.hpp"

#include <algorithm>

namespace keavrf::config {

namespace {

constexpr std::array<std::pair<std::string_view, Option82Policy>, 4> policies{{{"drop", Option82Policy::drop},
                                                                               {"replace", Option82Policy::replace},
                                                                               {"append", Option82Policy::append},
                                                                               {"keep", Option82Policy::keep}}};
constexpr std::array<std::string_view, 5> variables{"${host}", "${ifindex}", "${interface}", "${mac}", "${vrf}"};
// RFC 2132's option length is one byte.
constexpr std::size_t option82_room = 255;
constexpr double most_messages = 10'000'000;

std::map<std::string, std::string, std::less<>> longest_values(std::size_t interface_length, std::size_t vrf_length)
{
    return {{"host", std::string(64, 'h')},    // HOST_NAME_MAX
            {"ifindex", std::string(10, '9')}, // an int
            {"interface", std::string(interface_length, 'i')},
            {"mac", std::string(17, '0')},
            {"vrf", std::string(vrf_length, 'v')}};
}

// A text with ${variables}.
std::optional<std::string> read_template(const Field& field)
{
    auto text = read_text(field);
    if (!text) {
        return std::nullopt;
    }
    if (const auto unknown = unknown_variable(*text, longest_values(15, 15)); !unknown.empty()) {
        field.error("unknown variable " + quoted("${" + unknown + "}") + " (allowed here: " + joined(variables) + ")");
        return std::nullopt;
    }
    const auto open = text->rfind("${");
    if (open != std::string::npos && text->find('}', open) == std::string::npos) {
        field.error("\"${\" without a closing brace (allowed here: " + joined(variables) + ")");
        return std::nullopt;
    }
    return text;
}

// RFC 6607 4: a name of NVT ASCII characters, or a VPN-ID. A mistyped one is not to pass for a name.
std::optional<std::string> read_vss(const Field& field)
{
    auto text = read_template(field);
    if (!text) {
        return std::nullopt;
    }
    if (text->find("${mac}") != std::string::npos) {
        field.error("cannot hold \"${mac}\": a name has no colons (use ${interface} or ${ifindex})");
        return std::nullopt;
    }
    const auto printable = std::all_of(text->begin(), text->end(), [](char c) { return c >= ' ' && c <= '~'; });
    if (!printable || (text->find(':') != std::string::npos && !parse_vpn_id(*text))) {
        field.must_be("a name of printable ASCII characters without a colon, or a VPN-ID: six hexadecimal digits, a "
                      "colon and eight more, such as 00005e:0000002a");
        return std::nullopt;
    }
    return text;
}

template <class Target, class Value>
void assign(Target& target, const std::optional<Value>& value)
{
    if (value) {
        target = static_cast<Target>(*value);
    }
}

void load_options(const MapField& map, RelaySettings& relay)
{
    for (const auto& [key, target] :
         {std::pair("trusted", &relay.trusted), std::pair("bootp", &relay.bootp),
          std::pair("link-selection", &relay.link_selection),
          std::pair("server-id-override", &relay.server_id_override), std::pair("relay-flags", &relay.relay_flags)}) {
        if (const auto field = map.find(key)) {
            assign(*target, read_bool(*field));
        }
    }
    for (const auto& [key, target] :
         {std::pair("circuit-id", &relay.circuit_id), std::pair("remote-id", &relay.remote_id)}) {
        if (const auto field = map.find(key)) {
            assign(*target, read_template(*field));
        }
    }
    if (const auto field = map.find("vss")) {
        assign(relay.vss, read_vss(*field));
    }
    if (const auto field = map.find("option82")) {
        assign(relay.option82, read_choice(*field, policies));
    }
}

void load_limits(const MapField& map, RelaySettings& relay)
{
    if (const auto field = map.find("max-hops")) { // RFC 1542, 4.1.1: 16 is the most
        assign(relay.max_hops, read_whole(*field, 1, 16));
    }
    if (const auto field = map.find("max-size")) { // RFC 2131, section 2: 576 must always pass
        assign(relay.max_size,
               read_size(*field,
                         "0 (what the interface's MTU allows) or a size from 576 to 65535 bytes, such as 1500B or "
                         "1KiB, without a space",
                         576, 65535));
    }
    if (const auto field = map.find("rate")) {
        assign(relay.rate,
               read_number(*field, "a number of messages a second, from 0 (no limit) to 10000000", 0, most_messages));
    }
    const auto burst = map.find("burst");
    if (burst) {
        assign(relay.burst,
               read_number(*burst, "a number of messages, from 0 (those of a second) to 10000000", 0, most_messages));
    }
    if (relay.rate == 0) {
        if (relay.burst > 0 && burst) {
            burst->warning("has no effect without a rate");
        }
        relay.burst = 0;
    } else if (relay.burst == 0) {
        relay.burst = std::max(1.0, relay.rate);
    }
}

} // namespace

Option82Keys::Key* Option82Keys::key(const std::optional<Field>& relay)
{
    if (!relay || relay->node->kind != Node::Kind::map) {
        return nullptr;
    }
    const auto field = MapField(*relay, "a map").find("option82");
    return field ? &keys_.try_emplace(field->node.get(), Key{*field}).first->second : nullptr;
}

void Option82Keys::meet(const std::optional<Field>& relay)
{
    key(relay);
}

void Option82Keys::use(const std::optional<Field>& relay, const RelaySettings& settings)
{
    auto* const known = key(relay);
    if (known != nullptr) {
        known->used = true;
        known->counts = known->counts || settings.trusted || settings.option82 == Option82Policy::drop;
    }
}

void Option82Keys::warn() const
{
    for (const auto& [node, key] : keys_) {
        if (key.used && !key.counts) {
            key.field.warning("has no effect without trusted: true, so messages that come with option 82 are dropped "
                              "(write trusted: true for the interfaces where it is to be believed)");
        }
    }
}

RelaySettings load_relay(const std::optional<Field>& field)
{
    RelaySettings relay;
    if (field) {
        const MapField map(*field, "a map");
        load_options(map, relay);
        load_limits(map, relay);
    }
    return relay;
}

void check_option82(const RelaySettings& relay, const std::optional<Field>& field, std::size_t interface_length,
                    std::size_t vrf_length)
{
    const auto values = longest_values(interface_length, vrf_length);
    const auto size = [&](const std::string& text, std::size_t header) {
        return text.empty() ? 0 : header + expand_variables(text, values).size();
    };
    const auto circuit = size(relay.circuit_id, 2);
    const auto remote = size(relay.remote_id, 2);
    const auto total = circuit + remote + size(relay.vss, 5) + (relay.link_selection ? 6U : 0U) +
                       (relay.server_id_override ? 6U : 0U) + (relay.relay_flags ? 3U : 0U);
    if (!field || total <= option82_room) {
        return;
    }
    const MapField map(*field, "a map");
    for (const auto* key : {circuit >= remote ? "circuit-id" : "remote-id", "remote-id", "circuit-id", "vss"}) {
        if (const auto culprit = map.find(key)) {
            culprit->error("makes option 82 too long: " + std::to_string(total) +
                           " bytes with all variables at their "
                           "longest, of " +
                           std::to_string(option82_room) + " that there are");
            return;
        }
    }
}

} // namespace keavrf::config
