#include "config/scalar.hpp"

#include "config/words.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace keavrf::config {

namespace {

constexpr std::string_view decimal_digits = "0123456789";

bool all_of_set(std::string_view text, std::string_view set)
{
    return !text.empty() && text.find_first_not_of(set) == std::string_view::npos;
}

std::string_view unsigned_part(std::string_view text)
{
    return !text.empty() && (text.front() == '-' || text.front() == '+') ? text.substr(1) : text;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool looks_real(std::string_view text)
{
    text = unsigned_part(text);
    const auto exponent = text.find_first_of("eE");
    if (exponent != std::string_view::npos) {
        if (!all_of_set(unsigned_part(text.substr(exponent + 1)), decimal_digits)) {
            return false;
        }
        text = text.substr(0, exponent);
    }
    const auto dot = text.find('.');
    const auto whole = text.substr(0, dot);
    const auto fraction = dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
    const bool whole_fits = whole.empty() || all_of_set(whole, decimal_digits);
    const bool fraction_fits = fraction.empty() || all_of_set(fraction, decimal_digits);
    return whole_fits && fraction_fits && !(whole.empty() && fraction.empty());
}

Scalar too_large(std::string_view text)
{
    return {nullptr, "the number " + std::string(text.substr(0, 40)) + " is too large"};
}

Scalar whole_number(std::string_view text, std::string_view digits, int base)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error != std::errc{}) {
        return too_large(text);
    }
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (text.front() == '-') {
        return value <= most ? Scalar{-static_cast<std::int64_t>(value), {}} : too_large(text);
    }
    return value <= most ? Scalar{static_cast<std::int64_t>(value), {}} : Scalar{value, {}};
}

Scalar real_number(std::string_view text)
{
    const auto plain = text.front() == '+' ? text.substr(1) : text;
    double value = 0;
    const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
    return error == std::errc{} && end == plain.data() + plain.size() ? Scalar{value, {}} : too_large(text);
}

bool leading_zero(std::string_view text)
{
    const auto digits = unsigned_part(text);
    return digits.size() > 1 && digits[0] == '0' && decimal_digits.find(digits[1]) != std::string_view::npos;
}

bool is_any(std::string_view text, std::initializer_list<std::string_view> words)
{
    return std::find(words.begin(), words.end(), text) != words.end();
}

Scalar number_or_text(std::string_view text)
{
    const auto digits = unsigned_part(text);
    if (leading_zero(text) && looks_real(text)) {
        return {nullptr, "the number " + std::string(text.substr(0, 40)) +
                             " has a leading zero, which means different things to different readers (write it "
                             "without the zero, or in quotes if it is a text)"};
    }
    if (all_of_set(digits, decimal_digits)) {
        return whole_number(text, digits, 10);
    }
    if (text.starts_with("0x") && all_of_set(text.substr(2), "0123456789abcdefABCDEF")) {
        return whole_number(text, text.substr(2), 16);
    }
    if (text.starts_with("0o") && all_of_set(text.substr(2), "01234567")) {
        return whole_number(text, text.substr(2), 8);
    }
    if (is_any(digits, {".inf", ".Inf", ".INF"}) || is_any(text, {".nan", ".NaN", ".NAN"})) {
        return {nullptr, std::string(text) + " is not a number that JSON can hold"};
    }
    if (looks_real(text)) {
        return real_number(text);
    }
    return {boost::json::string(text), {}};
}

// Splits "10ms" into 10 and "ms"; nothing where there is no number, or one that is too large.
std::optional<std::pair<std::uint64_t, std::string_view>> split_unit(std::string_view text)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || value > 1'000'000'000'000U || leading_zero(text)) {
        return std::nullopt;
    }
    return std::pair(value, text.substr(static_cast<std::size_t>(end - text.data())));
}

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};
constexpr std::array<Unit, 4> durations{{{"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<Unit, 4> sizes{{{"", 1}, {"B", 1}, {"KiB", 1024}, {"MiB", 1U << 20U}}};

template <std::size_t Count>
std::optional<std::uint64_t> with_unit(std::string_view text, const std::array<Unit, Count>& units)
{
    const auto parts = split_unit(text);
    if (!parts) {
        return std::nullopt;
    }
    const auto* const unit =
        std::find_if(units.begin(), units.end(), [&](const Unit& known) { return known.name == parts->second; });
    return unit != units.end() ? std::optional(parts->first * unit->factor) : std::nullopt;
}

} // namespace

Scalar resolve(const Node& node)
{
    if (node.quoted) {
        return {boost::json::string(node.text), {}};
    }
    if (node.is_null()) {
        return {nullptr, {}};
    }
    if (is_any(node.text, {"true", "True", "TRUE"})) {
        return {true, {}};
    }
    if (is_any(node.text, {"false", "False", "FALSE"})) {
        return {false, {}};
    }
    return number_or_text(node.text);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text)
{
    const auto value = with_unit(text, durations);
    if (!value) {
        return std::nullopt;
    }
    return std::chrono::milliseconds(static_cast<std::int64_t>(*value));
}

std::string duration_text(std::chrono::milliseconds duration)
{
    const auto count = static_cast<std::uint64_t>(duration.count());
    for (const auto& unit : durations) {
        if (count != 0 && count % unit.factor == 0) {
            return std::to_string(count / unit.factor) + std::string(unit.name);
        }
    }
    return "0s";
}

std::optional<std::uint64_t> parse_size(std::string_view text)
{
    return with_unit(text, sizes);
}

std::string describe(const Node& node)
{
    if (node.kind != Node::Kind::scalar) {
        return node.kind == Node::Kind::list ? "a list" : "a map";
    }
    if (node.is_null()) {
        return "nothing";
    }
    auto bare = node;
    bare.quoted = false;
    if (node.quoted && !node.text.empty() && !resolve(bare).value.is_string()) {
        return "the text " + quoted(node.text) + " in quotes";
    }
    return quoted(node.text);
}

} // namespace keavrf::config
