#include "config/yaml_builder.hpp"

#include "config/words.hpp"

#include <yaml-cpp/mark.h>

namespace keavrf::config {

namespace {

constexpr std::size_t longest_key = 1000; // yaml-cpp itself gives up on longer ones

std::string number_of_values()
{
    return "more than " + std::to_string(max_values) + " values, aliases counted as often as they are used";
}

} // namespace

Origin YamlBuilder::origin(const YAML::Mark& mark) const
{
    // yaml-cpp counts from 0, and says -1 where it does not know.
    return Origin{file_.file, mark.line < 0 ? 0 : mark.line + 1, mark.line < 0 ? 0 : mark.column + 1};
}

Path YamlBuilder::path() const
{
    Path path;
    for (const auto& frame : frames_) {
        if (frame.node->kind == Node::Kind::list) {
            path = path[frame.node->items.size()];
        } else if (frame.has_key) {
            path = path / frame.key.key;
        }
    }
    return path;
}

void YamlBuilder::count(const Origin& where, std::size_t values)
{
    report_.pause();
    values_ += values;
    if (values_ > max_values) {
        throw StopReading(where, number_of_values());
    }
}

void YamlBuilder::check_tag(const Origin& where, const std::string& tag)
{
    static constexpr std::string_view text_tag = "tag:yaml.org,2002:str";
    if (!tag.empty() && tag != "?" && tag != "!" && tag != text_tag) {
        report_.error(where, path(),
                      "the tag " + quoted(tag) + " is not supported (a text that starts with ! must be in quotes)");
    }
}

void YamlBuilder::OnDocumentStart(const YAML::Mark& mark)
{
    if (started_) {
        second_document_ = origin(mark);
        throw StopReading(second_document_, "a second document starts here; a configuration is one document (is the "
                                            "indentation right? are there two lines of ---?)");
    }
    started_ = true;
}

void YamlBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor)
{
    OnScalar(mark, "", anchor, "");
}

void YamlBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value)
{
    auto node = std::make_shared<Node>();
    node->text = value;
    node->quoted = !tag.empty() && tag != "?";
    node->origin = origin(mark);
    // The mark of a value that is not there is that of whatever comes next.
    if (node->is_null() && !frames_.empty() && frames_.back().has_key) {
        node->origin = frames_.back().key.origin;
    }
    check_tag(node->origin, tag);
    count(node->origin, 1);
    if (anchor != 0) {
        anchors_[anchor] = node;
    }
    add(node);
}

void YamlBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor)
{
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
        throw StopReading(origin(mark), "an alias inside the very value that it names");
    }
    count(origin(mark), found->second->weight);
    add(found->second);
}

void YamlBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                                  YAML::EmitterStyle::value /*style*/)
{
    open(Node::Kind::list, mark, tag, anchor);
}

void YamlBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value /*style*/)
{
    open(Node::Kind::map, mark, tag, anchor);
}

void YamlBuilder::open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor)
{
    Frame frame;
    frame.node = std::make_shared<Node>();
    frame.node->kind = kind;
    frame.node->origin = origin(mark);
    frame.anchor = anchor;
    check_tag(frame.node->origin, tag);
    count(frame.node->origin, 1);
    if (frames_.size() >= max_depth) {
        throw StopReading(frame.node->origin,
                          "more than " + std::to_string(max_depth) + " lists and maps inside each other");
    }
    frames_.push_back(std::move(frame));
}

void YamlBuilder::close()
{
    auto frame = std::move(frames_.back());
    frames_.pop_back();
    for (const auto& map : frame.merges) {
        merge_into(frame, map);
    }
    for (const auto& item : frame.node->items) {
        frame.node->weight += item->weight;
    }
    for (const auto& member : frame.node->members) {
        frame.node->weight += member.value->weight;
    }
    if (frame.anchor != 0) {
        anchors_[frame.anchor] = frame.node;
    }
    add(frame.node);
}

void YamlBuilder::add(const NodePtr& node)
{
    if (frames_.empty()) {
        root_ = node;
        return;
    }
    auto& frame = frames_.back();
    if (frame.node->kind == Node::Kind::list) {
        frame.node->items.push_back(node);
    } else if (frame.has_key) {
        add_value(frame, node);
    } else {
        add_key(frame, node);
    }
}

void YamlBuilder::add_key(Frame& frame, const NodePtr& node)
{
    frame.skip = !check_key(frame, *node);
    frame.is_merge = !frame.skip && !node->quoted && node->text == "<<";
    frame.key = Member{node->text, node->origin, nullptr};
    frame.has_key = true;
}

// In half a map yaml-cpp sees keys that nobody left out: where the grammar is wrong, that is what there is to say.
void YamlBuilder::tell_of_missing_keys()
{
    for (const auto& [where, path] : missing_keys_) {
        report_.error(where, path,
                      "a key is missing here (null, ~ and nothing are no keys; put them in quotes if they are names)");
    }
}

bool YamlBuilder::check_key(Frame& frame, const Node& key)
{
    if (key.is_null()) {
        missing_keys_.emplace_back(key.origin, path());
        return false;
    }
    if (key.kind != Node::Kind::scalar) {
        report_.error(key.origin, path(),
                      "a key must be a text, not a list or map (a value in { } or [ ] that holds braces must be in "
                      "quotes)");
        return false;
    }
    if (key.text.size() > longest_key) {
        report_.error(key.origin, path(), "a key is longer than " + std::to_string(longest_key) + " bytes");
        return false;
    }
    const auto [first, is_new] = frame.lines.emplace(key.text, key.origin.line);
    if (!is_new) {
        report_.error(key.origin, path() / key.text,
                      "this key is here for the second time (the first is in line " + std::to_string(first->second) +
                          ")");
    }
    return is_new;
}

void YamlBuilder::add_value(Frame& frame, const NodePtr& node)
{
    if (frame.is_merge) {
        add_merge(frame, node);
    } else if (!frame.skip) {
        frame.key.value = node;
        frame.node->members.push_back(std::move(frame.key));
    }
    frame.has_key = false;
}

// yaml.org/type/merge.html: a map, or a list of maps of which the earlier ones win.
void YamlBuilder::add_merge(Frame& frame, const NodePtr& node)
{
    const auto maps = node->kind == Node::Kind::list ? node->items : std::vector<NodePtr>{node};
    for (const auto& map : maps) {
        if (map->kind != Node::Kind::map) {
            report_.error(frame.key.origin, path(),
                          "<< merges a map or a list of maps into this map (quote it if it is a name)");
            return;
        }
    }
    frame.merges.insert(frame.merges.end(), maps.begin(), maps.end());
}

void YamlBuilder::merge_into(Frame& frame, const NodePtr& map)
{
    for (const auto& member : map->members) {
        if (frame.lines.emplace(member.key, member.origin.line).second) {
            frame.node->members.push_back(member);
        }
    }
}

} // namespace keavrf::config
