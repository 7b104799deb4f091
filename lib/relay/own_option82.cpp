#include "relay/own_option82.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace keavrf::relay {

namespace {

using config::Option82Policy;
using dhcp::Message4;
namespace suboption = dhcp::suboption;

constexpr std::uint8_t relay_flag_unicast = 0x80; // RFC 5010 3
constexpr std::uint8_t vss_name = 0;              // RFC 6607 4: a network virtual terminal string
constexpr std::uint8_t vss_vpn_id = 1;            // RFC 2685: three bytes OUI, four bytes index

std::optional<std::uint32_t> hexadecimal(std::string_view text, std::size_t digits)
{
    std::uint32_t value = 0;
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value, 16);
    if (text.size() != digits || error != std::errc{} || stop != end) {
        return std::nullopt;
    }
    return value;
}

// "00005e:0000002a" is a VPN-ID, everything else a name.
std::vector<std::uint8_t> vss_value(std::string_view text)
{
    std::vector<std::uint8_t> value;
    if (text.empty()) {
        return value;
    }
    const auto colon = text.find(':');
    if (colon != std::string_view::npos) {
        const auto oui = hexadecimal(text.substr(0, colon), 6);
        const auto index = hexadecimal(text.substr(colon + 1), 8);
        if (oui && index) {
            value = {vss_vpn_id,
                     static_cast<std::uint8_t>(*oui >> 16U),
                     static_cast<std::uint8_t>(*oui >> 8U),
                     static_cast<std::uint8_t>(*oui),
                     static_cast<std::uint8_t>(*index >> 24U),
                     static_cast<std::uint8_t>(*index >> 16U),
                     static_cast<std::uint8_t>(*index >> 8U),
                     static_cast<std::uint8_t>(*index)};
            return value;
        }
    }
    value.reserve(1 + text.size());
    value.push_back(vss_name);
    value.insert(value.end(), text.begin(), text.end());
    return value;
}

// True where these are nothing but sub-options that build() adds behind the identifiers, in its order.
bool only_added_sub_options(std::span<const std::uint8_t> rest) noexcept
{
    static constexpr std::array<std::uint8_t, 5> added{suboption::link_selection, suboption::relay_flags,
                                                       suboption::server_id_override, suboption::vss,
                                                       suboption::vss_control};
    dhcp::SubOptionReader reader(rest);
    std::size_t read = 0;
    std::uint8_t last = 0;
    for (auto found = reader.next(); found; found = reader.next()) {
        if (found->code <= last || std::find(added.begin(), added.end(), found->code) == added.end()) {
            return false;
        }
        last = found->code;
        read += 2 + found->value.size();
    }
    return read == rest.size();
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

bool OwnOption82::add_to(Message4& message, const Circuit& circuit, std::size_t limit) const noexcept
{
    if (message.has_relay_information() && settings_.option82 == Option82Policy::keep) {
        return true;
    }
    if (!circuit.beyond) {
        return put(message, {circuit.unicast ? for_unicast_ : for_broadcast_, fits_}, limit);
    }
    const auto own = build(circuit);
    return put(message, {own.bytes(), fits_ && own.ok()}, limit);
}

bool OwnOption82::put(Message4& message, const Value& own, std::size_t limit) const noexcept
{
    if (!message.has_relay_information()) {
        return own.fits && (own.bytes.empty() || message.set_relay_information(own.bytes, limit));
    }
    if (settings_.option82 == Option82Policy::replace) {
        if (own.fits && !own.bytes.empty() && message.set_relay_information(own.bytes, limit)) {
            return true;
        }
        message.remove_relay_information();
        return own.fits && own.bytes.empty();
    }
    const auto present = message.relay_information();
    if (!present) {
        return false; // theirs alone is longer than one option (RFC 3396)
    }
    dhcp::SubOptionWriter both;
    both.append(present->bytes());
    both.append(own.bytes);
    return own.fits && both.ok() && message.set_relay_information(both.bytes(), limit);
}

// Where our part of an echoed option 82 begins: the last place from which it is our identifiers and then nothing but
// what build() adds; its size where there is none.
std::size_t OwnOption82::own_part(std::span<const std::uint8_t> option) const noexcept
{
    auto begin = option.size();
    dhcp::SubOptionReader reader(option);
    for (auto found = reader.next(); found; found = reader.next()) {
        const auto rest = option.subspan(found->offset);
        if (rest.size() >= identifiers_.size() && std::equal(identifiers_.begin(), identifiers_.end(), rest.begin()) &&
            only_added_sub_options(rest.subspan(identifiers_.size()))) {
            begin = found->offset;
            if (identifiers_.empty()) {
                break; // the longest such tail
            }
        }
    }
    return begin;
}

// RFC 3046 2.1: what we added goes before the client sees it, and nothing else.
void OwnOption82::strip_from(Message4& message, bool kept) const noexcept
{
    if (!message.has_relay_information()) {
        return;
    }
    if (!settings_.trusted || settings_.option82 == Option82Policy::drop ||
        settings_.option82 == Option82Policy::replace) {
        message.remove_relay_information();
        return;
    }
    if (kept) {
        return;
    }
    const auto option = message.relay_information();
    if (!option) {
        return;
    }
    const auto begin = own_part(option->bytes());
    if (begin == 0) {
        message.remove_relay_information();
    } else if (begin < option->size) {
        message.set_relay_information(option->bytes().first(begin), message.size());
    }
}

} // namespace keavrf::relay
