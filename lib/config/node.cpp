#include "config/node.hpp"

#include <algorithm>
#include <unordered_map>

namespace keavrf::config {

bool Node::is_null() const
{
    return kind == Kind::scalar && !quoted &&
           (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL");
}

const Member* Node::find(std::string_view key) const
{
    const auto found =
        std::find_if(members.begin(), members.end(), [&](const Member& member) { return member.key == key; });
    return found != members.end() ? &*found : nullptr;
}

namespace {

NodePtr merge_maps(const NodePtr& base, const NodePtr& over)
{
    auto merged = std::make_shared<Node>(*base);
    merged->origin = over->origin;
    std::unordered_map<std::string_view, std::size_t> places;
    for (std::size_t at = 0; at < base->members.size(); ++at) {
        places.emplace(base->members[at].key, at);
    }
    for (const auto& member : over->members) {
        const auto place = places.find(member.key);
        if (place == places.end()) {
            merged->members.push_back(member);
            continue;
        }
        auto& target = merged->members[place->second];
        target = Member{member.key, member.origin, merge(target.value, member.value)};
    }
    merged->weight = 1;
    for (const auto& member : merged->members) {
        merged->weight += member.value->weight;
    }
    return merged;
}

} // namespace

NodePtr merge(const NodePtr& base, const NodePtr& over)
{
    if (!base || !over) {
        return over ? over : base;
    }
    if (base->kind == Node::Kind::map && over->is_null()) {
        return base;
    }
    if (base->kind != Node::Kind::map || over->kind != Node::Kind::map) {
        return over;
    }
    return merge_maps(base, over);
}

NodePtr without(const NodePtr& map, std::string_view key)
{
    auto copy = std::make_shared<Node>(*map);
    const auto removed =
        std::remove_if(copy->members.begin(), copy->members.end(), [&](const Member& m) { return m.key == key; });
    for (auto gone = removed; gone != copy->members.end(); ++gone) {
        copy->weight -= gone->value ? gone->value->weight : 0;
    }
    copy->members.erase(removed, copy->members.end());
    return copy;
}

} // namespace keavrf::config
