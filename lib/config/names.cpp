#include "config/names.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <charconv>

namespace keavrf::config {

namespace {

constexpr std::string_view glob_characters = "*?[\\";

bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

} // namespace

std::string escape_glob(std::string_view name)
{
    std::string pattern;
    for (const char c : name) {
        const bool exclusion = c == '!' && pattern.empty();
        if (exclusion || glob_characters.find(c) != std::string_view::npos) {
            pattern += '\\';
        }
        pattern += c;
    }
    return pattern;
}

std::string unescape_glob(std::string_view pattern)
{
    std::string name;
    for (std::size_t at = 0; at < pattern.size(); ++at) {
        if (pattern[at] == '\\' && at + 1 < pattern.size()) {
            ++at;
        }
        name += pattern[at];
    }
    return name;
}

std::string interface_name_problem(std::string_view name)
{
    if (name.size() > 15) {
        return "is no interface name: it has " + std::to_string(name.size()) + " bytes (15 at most)";
    }
    if (!valid_interface_name(name) || name.find('%') != std::string_view::npos) {
        return "is no interface name (1 to 15 bytes without /, :, % and white space)";
    }
    if (name == "all" || name == "default") {
        return "is no interface name (the kernel keeps it for its own settings)";
    }
    return {};
}

std::string glob_problem(std::string_view pattern)
{
    const bool impossible =
        pattern.size() > 255 || std::any_of(pattern.begin(), pattern.end(), [](char c) {
            return c == '/' || c == ':' || c == '%' || c == ' ' || (c >= '\t' && c <= '\r') || c == '\0';
        });
    return impossible ? "can match no interface name (those have no /, :, % and white space)" : "";
}

std::string vrf_name_problem(std::string_view name)
{
    if (name == "hub") {
        return "cannot be served: that name is taken by keavrfd's hub namespace (rename the VRF)";
    }
    if (name == "control.sock") {
        return "cannot be served: its folder would be in the place of keavrfd's control socket (rename the VRF)";
    }
    if (name == "lo") {
        return "cannot be served: every namespace has a loopback interface of that name";
    }
    return interface_name_problem(name);
}

std::string giaddr_problem(Ipv4Address address)
{
    if (address.value() >> 24U == 0) {
        return "is in 0.0.0.0/8";
    }
    if (address.loopback()) {
        return "is a loopback address";
    }
    if (address.link_local()) {
        return "is in 169.254.0.0/16, which keavrfd uses for its own links";
    }
    if (address.multicast_or_above()) {
        return "is a multicast, reserved or broadcast address";
    }
    return {};
}

bool valid_listen_address(std::string_view text)
{
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return false;
    }
    const auto port_text = text.substr(colon + 1);
    auto address = text.substr(0, colon);
    unsigned port = 0;
    const auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
    if (error != std::errc{} || end != port_text.data() + port_text.size() || port < 1 || port > 65535 ||
        port_text.front() == '0') {
        return false;
    }
    if (address.starts_with('[') && address.ends_with(']')) {
        return Ipv6Address::parse(address.substr(1, address.size() - 2)).has_value();
    }
    return Ipv4Address::parse(address).has_value();
}

bool valid_user_name(std::string_view name)
{
    if (name.empty() || name.size() > 32 || (!is_letter(name.front()) && name.front() != '_')) {
        return false;
    }
    return std::all_of(name.begin(), name.end(), [](char c) {
        return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '$';
    });
}

} // namespace keavrf::config
