#include "config/fields.hpp"

#include "config/scalar.hpp"

#include <algorithm>
#include <cmath>

namespace keavrf::config {

namespace {

// A scalar's value; reports one without a meaning.
std::optional<boost::json::value> scalar_value(const Field& field)
{
    if (field.node->kind != Node::Kind::scalar) {
        return std::nullopt;
    }
    auto scalar = resolve(*field.node);
    if (!scalar.problem.empty()) {
        field.error(std::move(scalar.problem));
        return std::nullopt;
    }
    return std::move(scalar.value);
}

bool ambiguous(const Field& field)
{
    return field.node->kind == Node::Kind::scalar && !resolve(*field.node).problem.empty();
}

bool has_control(std::string_view text)
{
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool has(Keys keys, std::string_view key)
{
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

} // namespace

void Field::must_be(std::string_view allowed) const
{
    error("must be " + std::string(allowed) + ", not " + describe(*node));
}

MapField::MapField(Field field, std::string_view allowed) : field_(std::move(field))
{
    if (field_.node->kind == Node::Kind::map) {
        return;
    }
    if (!field_.node->is_null()) {
        field_.must_be(allowed);
    }
    auto empty = std::make_shared<Node>();
    empty->kind = Node::Kind::map;
    empty->origin = field_.node->origin;
    field_.node = std::move(empty);
}

void MapField::only(Keys keys, std::initializer_list<Misplaced> misplaced) const
{
    for (const auto& member : members()) {
        if (has(keys, member.key)) {
            continue;
        }
        const auto* const elsewhere = std::find_if(misplaced.begin(), misplaced.end(),
                                                   [&](const Misplaced& one) { return has(one.keys, member.key); });
        const auto near = nearest(member.key, keys);
        auto hint = near.empty() ? "" : "did you mean " + std::string(near) + "? ";
        hint = elsewhere != misplaced.end() ? std::string(elsewhere->advice) + "; " : hint;
        field_.report->error(member.origin, field_.path / member.key,
                             "unknown key (" + hint + "allowed here: " + joined(keys) + ")");
    }
}

Field MapField::child(const Member& member) const
{
    return Field{member.value, field_.path / member.key, field_.report};
}

std::optional<Field> MapField::find(std::string_view key) const
{
    const auto* member = field_.node->find(key);
    return member != nullptr ? std::optional(child(*member)) : std::nullopt;
}

std::optional<bool> read_bool(const Field& field)
{
    const auto value = scalar_value(field);
    if (value && value->is_bool()) {
        return value->get_bool();
    }
    if (!ambiguous(field)) {
        field.must_be("true or false");
    }
    return std::nullopt;
}

std::optional<std::uint64_t> read_whole(const Field& field, std::uint64_t least, std::uint64_t most)
{
    const auto value = scalar_value(field);
    if (value && value->is_int64() && value->get_int64() >= 0) {
        const auto number = static_cast<std::uint64_t>(value->get_int64());
        if (number >= least && number <= most) {
            return number;
        }
    }
    if (!ambiguous(field)) {
        field.must_be("a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return std::nullopt;
}

std::optional<double> read_number(const Field& field, std::string_view allowed, double least, double most)
{
    const auto value = scalar_value(field);
    if (value && value->is_number()) {
        const auto number = value->to_number<double>();
        if (number >= least && number <= most) {
            return number;
        }
    }
    if (!ambiguous(field)) {
        field.must_be(allowed);
    }
    return std::nullopt;
}

std::optional<std::string> read_text(const Field& field)
{
    const auto value = scalar_value(field);
    if (ambiguous(field)) {
        return std::nullopt;
    }
    if (!value || !value->is_string()) {
        const bool scalar = value && !value->is_null();
        field.must_be(scalar ? "a text (put it in quotes)" : "a text");
        return std::nullopt;
    }
    if (has_control(field.node->text)) {
        field.must_be("a text without control characters");
        return std::nullopt;
    }
    return field.node->text;
}

std::optional<std::string> read_written(const Field& field, std::string_view allowed)
{
    if (field.node->kind != Node::Kind::scalar || field.node->is_null() || has_control(field.node->text)) {
        field.must_be(allowed);
        return std::nullopt;
    }
    return field.node->text;
}

std::optional<std::string> read_name(const Field& field)
{
    if (field.node->kind != Node::Kind::scalar || field.node->is_null() || field.node->text.empty()) {
        field.must_be("a name");
        return std::nullopt;
    }
    return field.node->text;
}

std::optional<std::chrono::milliseconds> read_duration(const Field& field, std::chrono::milliseconds least,
                                                       std::chrono::milliseconds most)
{
    if (field.node->kind == Node::Kind::scalar) {
        const auto duration = parse_duration(field.node->text);
        if (duration && *duration >= least && *duration <= most) {
            return duration;
        }
    }
    field.must_be("a duration from " + duration_text(least) + " to " + duration_text(most) +
                  ", a whole number with ms, s, m or h");
    return std::nullopt;
}

std::optional<std::uint64_t> read_size(const Field& field, std::string_view allowed, std::uint64_t least,
                                       std::uint64_t most)
{
    if (field.node->kind == Node::Kind::scalar) {
        const auto size = parse_size(field.node->text);
        if (size && (*size == 0 || (*size >= least && *size <= most))) {
            return size;
        }
    }
    field.must_be(allowed);
    return std::nullopt;
}

std::optional<std::string> read_path(const Field& field)
{
    const auto text = read_text(field);
    if (!text) {
        return std::nullopt;
    }
    std::string path;
    bool dots = false;
    for (std::size_t at = 0; at < text->size();) {
        const auto end = std::min(text->find('/', at), text->size());
        const auto part = text->substr(at, end - at);
        dots = dots || part == "." || part == "..";
        path += part.empty() ? "" : "/" + part;
        at = end + 1;
    }
    if (!text->starts_with('/') || dots || path.empty() || path.size() > 4000) {
        field.must_be("an absolute path, such as /run/keavrfd, without . and .. in it");
        return std::nullopt;
    }
    return path;
}

std::optional<std::size_t> read_word(const Field& field, Keys words)
{
    if (field.node->kind == Node::Kind::scalar) {
        const auto found = std::find(words.begin(), words.end(), std::string_view(field.node->text));
        if (found != words.end()) {
            return static_cast<std::size_t>(found - words.begin());
        }
    }
    const auto near = field.node->kind == Node::Kind::scalar ? nearest(field.node->text, words) : std::string_view();
    field.must_be(one_of(words) + (near.empty() ? "" : " (did you mean " + std::string(near) + "?)"));
    return std::nullopt;
}

} // namespace keavrf::config
