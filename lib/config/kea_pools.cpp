#include "config/kea_pools.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

namespace keavrf::config {

namespace {

struct Range {
    Ipv4Address first;
    Ipv4Address last;
    std::string text;
    Field field;
};

std::string trimmed(std::string_view text)
{
    const auto begin = text.find_first_not_of(' ');
    const auto end = text.find_last_not_of(' ');
    return begin == std::string_view::npos ? "" : std::string(text.substr(begin, end - begin + 1));
}

// A pool in the upper half of the subnet.
std::string example(const Ipv4Prefix& subnet)
{
    const auto size = subnet.last().value() - subnet.network().value();
    const auto middle = Ipv4Address(subnet.network().value() + size / 2 + (size > 0 ? 1 : 0));
    const auto last = Ipv4Address(subnet.last().value() - (size > 2 ? 1 : 0));
    return middle.str() + " - " + last.str();
}

std::optional<std::pair<Ipv4Address, Ipv4Address>> parse_pool(const std::string& text)
{
    const auto dash = text.find('-');
    if (dash == std::string::npos) {
        const auto prefix = Ipv4Prefix::parse(trimmed(text));
        return prefix ? std::optional(std::pair(prefix->network(), prefix->last())) : std::nullopt;
    }
    const auto first = Ipv4Address::parse(trimmed(std::string_view(text).substr(0, dash)));
    const auto last = Ipv4Address::parse(trimmed(std::string_view(text).substr(dash + 1)));
    return first && last ? std::optional(std::pair(*first, *last)) : std::nullopt;
}

void check_pool(const Field& field, const Ipv4Prefix& subnet, std::vector<Range>& ranges)
{
    const auto allowed = "\"first - last\" or a prefix, such as " + example(subnet);
    const auto text = read_final_text(field, allowed);
    if (!text) {
        return;
    }
    const auto range = parse_pool(*text);
    if (!range) {
        field.must_be(allowed);
    } else if (range->second < range->first) {
        field.error(quoted(*text) + " is reversed: its first address is above its last");
    } else if (!subnet.contains(range->first) || !subnet.contains(range->second)) {
        field.error(quoted(*text) + " is outside of its subnet " + subnet.str());
    } else {
        ranges.push_back(Range{range->first, range->second, *text, field});
    }
}

void check_ranges(std::vector<Range>& ranges)
{
    std::stable_sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.first < b.first; });
    std::size_t widest = 0; // of those before, the one that reaches farthest
    for (std::size_t at = 1; at < ranges.size(); ++at) {
        auto& reaching = ranges[widest];
        auto& here = ranges[at];
        if (here.first <= reaching.last) {
            const bool swap = later(reaching.field, here.field);
            const auto& second = swap ? reaching : here;
            const auto& first = swap ? here : reaching;
            second.field.error(quoted(second.text) + " overlaps the pool " + quoted(first.text) + " (" +
                               place(first.field, second.field) + ")");
        }
        widest = here.last > reaching.last ? at : widest;
    }
}

} // namespace

std::string place(const Field& field, const Field& seen_from)
{
    const auto mark = field.node->origin.mark();
    const auto prefix = mark.file == seen_from.node->origin.mark().file ? "" : mark.file + ' ';
    return prefix + "line " + std::to_string(mark.line);
}

bool later(const Field& left, const Field& right)
{
    const auto key = [](const Field& field) { return std::tuple(field.node->origin.line, field.node->origin.column); };
    return key(left) > key(right);
}

std::optional<std::string> read_final_text(const Field& field, std::string_view allowed)
{
    auto text = read_written(field, allowed);
    return text && text->find("${") == std::string::npos ? text : std::nullopt;
}

void check_pools(const Field& list, const Ipv4Prefix& subnet)
{
    if (list.node->kind != Node::Kind::list) {
        list.must_be("a list of maps, such as [{pool: " + example(subnet) + "}]");
        return;
    }
    std::vector<Range> ranges;
    for (std::size_t at = 0; at < list.node->items.size(); ++at) {
        const Field item{list.node->items[at], list.path[at], list.report};
        if (item.node->kind != Node::Kind::map) {
            item.must_be("a map, such as {pool: " + example(subnet) + "}");
        } else if (const auto pool = MapField(item, "a map").find("pool")) {
            check_pool(*pool, subnet, ranges);
        } else {
            item.error("\"pool\" is missing (such as pool: " + example(subnet) + ")");
        }
    }
    check_ranges(ranges);
}

} // namespace keavrf::config
