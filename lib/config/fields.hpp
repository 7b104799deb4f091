// One value of the file, read as what it must be. What is wrong is reported with what is allowed, and reading goes on.
#pragma once

#include "config/node.hpp"
#include "config/report.hpp"
#include "config/words.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace keavrf::config {

struct Field {
    NodePtr node;
    Path path;
    Report* report = nullptr;

    void error(std::string problem) const { report->error(node->origin, path, std::move(problem)); }
    void warning(std::string problem) const { report->warning(node->origin, path, std::move(problem)); }
    // "must be <allowed>, not <what it is>".
    void must_be(std::string_view allowed) const;
};

using Keys = std::span<const std::string_view>;

// Keys that are known, but not where they were found.
struct Misplaced {
    Keys keys;
    std::string_view advice; // where they belong, in words
};

// The members of a map. Null is an empty map; anything else is reported as a wrong type and has no members.
class MapField {
public:
    MapField(Field field, std::string_view allowed);
    // Reports every member whose key is not one of `keys`, with advice where it is one of `misplaced`.
    void only(Keys keys, std::initializer_list<Misplaced> misplaced = {}) const;
    [[nodiscard]] std::optional<Field> find(std::string_view key) const;
    [[nodiscard]] Field child(const Member& member) const;
    [[nodiscard]] const std::vector<Member>& members() const noexcept { return field_.node->members; }
    [[nodiscard]] const Field& field() const noexcept { return field_; }

private:
    Field field_;
};

std::optional<bool> read_bool(const Field& field);
std::optional<std::uint64_t> read_whole(const Field& field, std::uint64_t least, std::uint64_t most);
std::optional<double> read_number(const Field& field, std::string_view allowed, double least, double most);
// A text without control characters; numbers and true or false need quotes.
std::optional<std::string> read_text(const Field& field);
// What is written, whatever YAML takes it for: of addresses, so that 10.1 is told from one and not from a text.
std::optional<std::string> read_written(const Field& field, std::string_view allowed);
// A name as it is written, also one that looks like a number.
std::optional<std::string> read_name(const Field& field);
std::optional<std::chrono::milliseconds> read_duration(const Field& field, std::chrono::milliseconds least,
                                                       std::chrono::milliseconds most);
// In bytes.
std::optional<std::uint64_t> read_size(const Field& field, std::string_view allowed, std::uint64_t least,
                                       std::uint64_t most);
// An absolute path without "." and ".." in it; slashes that say nothing are dropped.
std::optional<std::string> read_path(const Field& field);
// Which of `words` it is.
std::optional<std::size_t> read_word(const Field& field, Keys words);

template <class Value, std::size_t Count>
std::optional<Value> read_choice(const Field& field,
                                 const std::array<std::pair<std::string_view, Value>, Count>& choices)
{
    std::array<std::string_view, Count> words{};
    for (std::size_t at = 0; at < Count; ++at) {
        words.at(at) = choices.at(at).first;
    }
    const auto index = read_word(field, words);
    return index ? std::optional(choices.at(*index).second) : std::nullopt;
}

} // namespace keavrf::config
