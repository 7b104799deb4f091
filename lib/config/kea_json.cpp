#include "config/kea_map.hpp"
#include "config/scalar.hpp"
#include "core/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <map>
#include <utility>
#include <vector>

namespace keavrf::config {

namespace {

namespace json = boost::json;

const std::map<std::string, std::string, std::less<>>& known_variables()
{
    static const std::map<std::string, std::string, std::less<>> variables{{"host", ""}, {"table", ""}, {"vrf", ""}};
    return variables;
}

// Depth is bounded by the readers (max_depth).
class JsonMaker {
public:
    explicit JsonMaker(const Field& root) : root_(root) {}

    json::object map(const Node& node)
    {
        json::object object;
        object.reserve(node.members.size());
        for (const auto& member : node.members) {
            steps_.emplace_back(member.key, 0);
            object.emplace(member.key, value(*member.value));
            steps_.pop_back();
        }
        return object;
    }

private:
    json::value value(const Node& node)
    {
        if (node.kind == Node::Kind::map) {
            return map(node);
        }
        return node.kind == Node::Kind::list ? json::value(list(node)) : scalar(node);
    }

    json::array list(const Node& node)
    {
        json::array array;
        array.reserve(node.items.size());
        for (std::size_t at = 0; at < node.items.size(); ++at) {
            root_.report->pause();
            steps_.emplace_back(std::string_view(), at);
            array.push_back(value(*node.items[at]));
            steps_.pop_back();
        }
        return array;
    }

    json::value scalar(const Node& node)
    {
        if (is_option_data() && !node.is_null()) {
            check_variables(node, node.text);
            return json::string(node.text);
        }
        auto scalar = resolve(node);
        if (!scalar.problem.empty()) {
            root_.report->error(node.origin, path(), std::move(scalar.problem));
        } else if (scalar.value.is_string()) {
            check_variables(node, node.text);
        }
        return std::move(scalar.value);
    }

    // ...option-data[N].data
    [[nodiscard]] bool is_option_data() const
    {
        const auto size = steps_.size();
        return size >= 3 && steps_[size - 1].first == "data" && steps_[size - 2].first.data() == nullptr &&
               steps_[size - 3].first == "option-data";
    }

    void check_variables(const Node& node, const std::string& text)
    {
        const auto unknown = unknown_variable(text, known_variables());
        if (!unknown.empty()) {
            root_.report->error(node.origin, path(),
                                "unknown variable " + quoted("${" + unknown + "}") +
                                    " (allowed here: ${host}, ${table}, ${vrf})");
        }
    }

    [[nodiscard]] Path path() const
    {
        Path path = root_.path;
        for (const auto& [key, index] : steps_) {
            path = key.data() == nullptr ? path[index] : path / key;
        }
        return path;
    }

    const Field& root_;
    // From the root to here; an index has a key without data.
    std::vector<std::pair<std::string_view, std::size_t>> steps_;
};

} // namespace

json::object to_json(const Field& map)
{
    return JsonMaker(map).map(*map.node);
}

} // namespace keavrf::config
