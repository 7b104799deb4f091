// A configuration text as a tree, whether it was YAML or Kea's JSON: every value knows where it stands, so that what is
// wrong with it can be told at any later time, also after maps have been merged. Immutable once read, and shared:
// an alias is the node it names.
#pragma once

#include "config/settings.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace keavrf::config {

// A Mark without a copy of the file's name in each node.
struct Origin {
    std::shared_ptr<const std::string> file;
    int line = 0;
    int column = 0;
    [[nodiscard]] Mark mark() const { return Mark{file ? *file : std::string(), line, column}; }
};

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct Member {
    std::string key;
    Origin origin; // of the key
    NodePtr value;
};

struct Node {
    enum class Kind { scalar, list, map };
    Kind kind = Kind::scalar;
    bool quoted = false; // a scalar that is a text whatever it looks like
    std::string text;    // of a scalar, as written (escapes resolved); empty and not quoted: null
    std::vector<NodePtr> items;
    std::vector<Member> members; // in file order, keys unique
    Origin origin;               // of a null: that of its key
    // How many values a full copy of this tree has.
    std::size_t weight = 1;

    [[nodiscard]] bool is_null() const;
    [[nodiscard]] const Member* find(std::string_view key) const;
};

// Depth of lists and maps inside each other.
inline constexpr std::size_t max_depth = 64;
// Values in one tree, aliases counted as often as they are used.
inline constexpr std::size_t max_values = 1'000'000;

// `over` on `base`: maps deeply, everything else replaced. Null counts as an empty map where the other is a map; a
// missing tree (nullptr) as nothing.
NodePtr merge(const NodePtr& base, const NodePtr& over);

// A map like `map`, without the members named `key`.
NodePtr without(const NodePtr& map, std::string_view key);

} // namespace keavrf::config
