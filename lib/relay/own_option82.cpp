#include "relay/own_option82.hpp"

#include "config/vpn_id.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace keavrf::relay {

namespace {

using config::Option82Policy;
using dhcp::Message4;
namespace suboption = dhcp::suboption;

constexpr std::uint8_t relay_flag_unicast = 0x80; // RFC 5010 3
constexpr std::uint8_t vss_name = 0;              // RFC 6607 4: a network virtual terminal string
constexpr std::uint8_t vss_vpn_id = 1;            // RFC 2685: three bytes OUI, four bytes index

// "00005e:0000002a" is a VPN-ID, everything else a name.
std::vector<std::uint8_t> vss_value(std::string_view text)
{
    std::vector<std::uint8_t> value;
    if (text.empty()) {
        return value;
    }
    if (const auto vpn_id = config::parse_vpn_id(text)) {
        value.push_back(vss_vpn_id);
        value.insert(value.end(), vpn_id->begin(), vpn_id->end());
        return value;
    }
    value.reserve(1 + text.size());
    value.push_back(vss_name);
    value.insert(value.end(), text.begin(), text.end());
    return value;
}

// Whether theirs has one of this code; VSS and its control count as one (RFC 6607 3).
bool taken(std::span<const std::uint8_t> theirs, std::uint8_t code) noexcept
{
    if (code == suboption::vss || code == suboption::vss_control) {
        return dhcp::find_sub_option(theirs, suboption::vss) || dhcp::find_sub_option(theirs, suboption::vss_control);
    }
    return dhcp::find_sub_option(theirs, code).has_value();
}

bool parses_to_its_end(std::span<const std::uint8_t> option) noexcept
{
    std::size_t end = 0;
    dhcp::SubOptionReader reader(option);
    for (auto found = reader.next(); found; found = reader.next()) {
        end = found->offset + 2 + found->value.size();
    }
    return end == option.size();
}

bool holds(std::span<const std::uint8_t> option, const dhcp::SubOption& sought) noexcept
{
    const auto value = dhcp::find_sub_option(option, sought.code);
    return value && std::equal(value->begin(), value->end(), sought.value.begin(), sought.value.end());
}

// Ours beside theirs.
OwnOption82::Added join(Message4& message, std::span<const std::uint8_t> ours, std::size_t limit) noexcept
{
    const auto theirs = message.relay_information();
    if (!theirs) {
        return {false, OwnPart::none()}; // theirs alone is longer than one option (RFC 3396)
    }
    if (!parses_to_its_end(theirs->bytes())) {
        return {true, OwnPart::none()}; // what is put behind would be swallowed
    }
    dhcp::SubOptionWriter both;
    both.append(theirs->bytes());
    auto own = OwnPart::none();
    dhcp::SubOptionReader reader(ours);
    for (auto found = reader.next(); found; found = reader.next()) {
        if (!taken(theirs->bytes(), found->code)) {
            both.add(found->code, found->value);
            own.add(found->code);
        }
    }
    // Also where nothing is ours: of several options it makes one.
    const auto put = both.ok() && message.set_relay_information(both.bytes(), limit);
    return {put || own == OwnPart::none(), put ? own : OwnPart::none()};
}

// What a client behind a downstream relay needs beside its own, or Kea answers nothing (FACTS section 1).
OwnOption82::Added link(Message4& message, Ipv4Address client, std::size_t limit) noexcept
{
    dhcp::SubOptionWriter selection;
    selection.add(suboption::link_selection, client.value()); // RFC 3527
    return join(message, selection.bytes(), limit);
}

} // namespace

OwnOption82::OwnOption82(const PortConfig& config, const Names& names, Ipv4Address client_address)
    : settings_(config.relay), client_address_(client_address)
{
    identify(config, names);
    const auto broadcast = build(Circuit{});
    const auto unicast = build(Circuit{true, std::nullopt});
    fits_ = fits_ && broadcast.ok() && unicast.ok();
    for_broadcast_.assign(broadcast.bytes().begin(), broadcast.bytes().end());
    for_unicast_.assign(unicast.bytes().begin(), unicast.bytes().end());
}

void OwnOption82::identify(const PortConfig& config, const Names& names)
{
    const std::map<std::string, std::string, std::less<>> values{{"interface", config.name},
                                                                 {"vrf", names.vrf},
                                                                 {"ifindex", std::to_string(config.index.value())},
                                                                 {"mac", config.mac.str()},
                                                                 {"host", names.host}};
    circuit_id_ = expand_variables(settings_.circuit_id, values);
    remote_id_ = expand_variables(settings_.remote_id, values);
    dhcp::SubOptionWriter writer;
    if (!circuit_id_.empty()) {
        writer.add(suboption::circuit_id, std::string_view(circuit_id_));
    }
    if (!remote_id_.empty()) {
        writer.add(suboption::remote_id, std::string_view(remote_id_));
    }
    fits_ = writer.ok();
    identifiers_.assign(writer.bytes().begin(), writer.bytes().end());
    vss_ = vss_value(expand_variables(settings_.vss, values));
}

dhcp::SubOptionWriter OwnOption82::build(const Circuit& circuit) const noexcept
{
    dhcp::SubOptionWriter writer;
    writer.append(identifiers_);
    if (circuit.beyond) {
        writer.add(suboption::link_selection, circuit.beyond->value()); // RFC 3527
    } else if (settings_.link_selection) {
        writer.add(suboption::link_selection, client_address_.value());
    }
    if (settings_.relay_flags) {
        const std::array<std::uint8_t, 1> flags{circuit.unicast ? relay_flag_unicast : std::uint8_t{0}}; // RFC 5010
        writer.add(suboption::relay_flags, std::span<const std::uint8_t>(flags));
    }
    if (settings_.server_id_override) {
        writer.add(suboption::server_id_override, client_address_.value()); // RFC 5107
    }
    if (!vss_.empty()) {
        // RFC 6607 3: a server that understands 151 takes 152 away, so the answer tells whether it did.
        writer.add(suboption::vss, std::span<const std::uint8_t>(vss_));
        writer.add(suboption::vss_control, std::span<const std::uint8_t>());
    }
    return writer;
}

OwnOption82::Added OwnOption82::add_to(Message4& message, const Circuit& circuit,
                                       const Option82Limits& limits) const noexcept
{
    if (message.has_relay_information() && settings_.option82 == Option82Policy::keep) {
        return circuit.beyond ? link(message, *circuit.beyond, limits.longer) : Added{true, OwnPart::none()};
    }
    if (!circuit.beyond) {
        return put(message, {circuit.unicast ? for_unicast_ : for_broadcast_, fits_}, limits);
    }
    const auto own = build(circuit);
    return put(message, {own.bytes(), fits_ && own.ok()}, limits);
}

OwnOption82::Added OwnOption82::put(Message4& message, const Value& own, const Option82Limits& limits) const noexcept
{
    if (message.has_relay_information() && settings_.option82 == Option82Policy::append) {
        return own.fits ? join(message, own.bytes, limits.longer) : Added{false, OwnPart::none()};
    }
    auto limit = limits.longer;
    if (message.has_relay_information()) {
        limit = std::max(limit, std::min(message.size(), limits.as_long));
    }
    const auto put = own.fits && !own.bytes.empty() && message.set_relay_information(own.bytes, limit);
    if (!put) {
        message.remove_relay_information(); // replace
    }
    return {put || (own.fits && own.bytes.empty()), OwnPart::all()};
}

bool OwnOption82::equals_ours(const dhcp::SubOption& found, Ipv4Address ciaddr) const noexcept
{
    dhcp::SubOptionWriter beyond;
    beyond.add(suboption::link_selection, ciaddr.value());
    return holds(for_broadcast_, found) || holds(for_unicast_, found) || holds(beyond.bytes(), found);
}

// RFC 3046 2.1: what we added goes before the client sees it, and nothing else.
void OwnOption82::strip_from(Message4& message, std::optional<OwnPart> own) const noexcept
{
    if (!message.has_relay_information()) {
        return;
    }
    if (!settings_.trusted || settings_.option82 == Option82Policy::drop ||
        settings_.option82 == Option82Policy::replace || (own && own->is_all())) {
        message.remove_relay_information();
        return;
    }
    const auto option = message.relay_information();
    if (!option) {
        return;
    }
    dhcp::SubOptionWriter theirs;
    auto rest = option->bytes();
    dhcp::SubOptionReader reader(rest);
    for (auto found = reader.next(); found; found = reader.next()) {
        const auto ours = own ? own->has(found->code) : equals_ours(*found, message.ciaddr());
        if (!ours) {
            theirs.add(found->code, found->value);
        }
        rest = option->bytes().subspan(found->offset + 2 + found->value.size());
    }
    theirs.append(rest); // no sub-option, so none of ours
    if (theirs.bytes().empty()) {
        message.remove_relay_information();
    } else if (theirs.bytes().size() < option->size) {
        message.set_relay_information(theirs.bytes(), message.size());
    }
}

} // namespace keavrf::relay
