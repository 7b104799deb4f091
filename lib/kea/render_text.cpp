#include "kea/render_parts.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace keavrf::kea {

namespace json = boost::json;

namespace {

json::value sorted(const json::value& value, const Pause& pause)
{
    if (const auto* object = value.if_object()) {
        return with_sorted_keys(*object, pause);
    }
    if (const auto* list = value.if_array()) {
        json::array result;
        result.reserve(list->size());
        for (const auto& entry : *list) {
            pause_by(pause);
            result.push_back(sorted(entry, pause));
        }
        return result;
    }
    return value;
}

bool is_scalar(const json::value& value)
{
    return !value.is_object() && !value.is_array();
}

// Short things stay on one line: {"name": "routers", "data": "10.0.0.1"}.
bool is_flat(const json::value& value)
{
    constexpr std::size_t flat_size = 4;
    if (const auto* object = value.if_object()) {
        return object->size() <= flat_size &&
               std::all_of(object->begin(), object->end(), [](const auto& entry) { return is_scalar(entry.value()); });
    }
    if (const auto* list = value.if_array()) {
        return list->size() <= flat_size && std::all_of(list->begin(), list->end(), is_scalar);
    }
    return true;
}

class TextWriter {
public:
    explicit TextWriter(const Pause& pause) : pause_(pause) {}

    void object(const json::object& object, bool flat, std::size_t depth)
    {
        out_ += '{';
        bool first = true;
        for (const auto& entry : object) {
            separate(first, flat, depth + 1);
            out_ += json::serialize(entry.key()) + ": ";
            value(entry.value(), depth + 1);
            first = false;
        }
        if (!flat && !first) {
            separate(true, flat, depth);
        }
        out_ += '}';
    }

    std::string take() { return std::move(out_); }

private:
    void separate(bool first, bool flat, std::size_t depth)
    {
        if (!first) {
            out_ += flat ? ", " : ",";
        }
        if (!flat) {
            out_ += "\n" + std::string(2 * depth, ' ');
        }
    }

    void array(const json::array& list, bool flat, std::size_t depth)
    {
        out_ += '[';
        bool first = true;
        for (const auto& entry : list) {
            pause_by(pause_);
            separate(first, flat, depth + 1);
            value(entry, depth + 1);
            first = false;
        }
        if (!flat && !first) {
            separate(true, flat, depth);
        }
        out_ += ']';
    }

    void value(const json::value& value, std::size_t depth)
    {
        const bool flat = is_flat(value);
        if (const auto* map = value.if_object()) {
            object(*map, flat, depth);
        } else if (const auto* list = value.if_array()) {
            array(*list, flat, depth);
        } else {
            out_ += json::serialize(value);
        }
    }

    const Pause& pause_;
    std::string out_;
};

// 64 x 64 -> 128 bits, so that no compiler's 128-bit type is needed.
struct Wide {
    std::uint64_t high;
    std::uint64_t low;
};

Wide multiply(std::uint64_t left, std::uint32_t right)
{
    const std::uint64_t low = (left & 0xffffffffU) * right;
    const std::uint64_t high = (left >> 32U) * right + (low >> 32U);
    return {high >> 32U, high << 32U | (low & 0xffffffffU)};
}

// FNV-1a, 128 bits: the prime is 2^88 + 0x13b.
Wide fnv_step(Wide hash, std::uint8_t byte)
{
    hash.low ^= byte;
    auto product = multiply(hash.low, 0x13b);
    product.high += hash.high * 0x13b + (hash.low << 24U);
    return product;
}

} // namespace

json::object with_sorted_keys(const json::object& object, const Pause& pause)
{
    std::vector<const json::key_value_pair*> entries;
    entries.reserve(object.size());
    for (const auto& entry : object) {
        entries.push_back(&entry);
    }
    std::sort(entries.begin(), entries.end(), [](const auto* left, const auto* right) {
        return std::string_view(left->key()) < std::string_view(right->key());
    });
    json::object result;
    result.reserve(object.size());
    for (const auto* entry : entries) {
        result.emplace(entry->key(), sorted(entry->value(), pause));
    }
    return result;
}

std::string to_text(const json::object& configuration, const Pause& pause)
{
    TextWriter writer(pause);
    writer.object(configuration, false, 0);
    return writer.take() + '\n';
}

std::string configuration_hash(std::string_view text)
{
    Wide hash{0x6c62272e07bb0142U, 0x62b821756295c58dU};
    for (const char c : text) {
        hash = fnv_step(hash, static_cast<std::uint8_t>(c));
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string result;
    for (const auto word : {hash.high, hash.low}) {
        for (unsigned shift = 64; shift > 0; shift -= 4) {
            result += digits[word >> (shift - 4) & 0xfU];
        }
    }
    return result;
}

} // namespace keavrf::kea
