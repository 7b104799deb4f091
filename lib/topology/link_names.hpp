// Which links bear a name. The kernel gives each name once in a namespace; but events may be lost, so two links may
// seem to bear it, and both are kept. Pure.
#pragma once

#include "core/types.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace keavrf::topology {

class LinkNames {
public:
    void insert(const std::string& name, InterfaceIndex index) { links_[name].insert(index); }
    void erase(std::string_view name, InterfaceIndex index)
    {
        const auto named = links_.find(name);
        if (named != links_.end() && named->second.erase(index) > 0 && named->second.empty()) {
            links_.erase(named);
        }
    }
    void clear() noexcept { links_.clear(); }

    // By index.
    [[nodiscard]] const std::set<InterfaceIndex>& find(std::string_view name) const
    {
        static const std::set<InterfaceIndex> none;
        const auto named = links_.find(name);
        return named != links_.end() ? named->second : none;
    }
    friend bool operator==(const LinkNames&, const LinkNames&) = default;

private:
    std::map<std::string, std::set<InterfaceIndex>, std::less<>> links_;
};

} // namespace keavrf::topology
