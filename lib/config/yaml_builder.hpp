// Builds a tree from yaml-cpp's events; behind yaml_reader.hpp.
#pragma once

#include "config/node.hpp"
#include "config/report.hpp"

#include <yaml-cpp/eventhandler.h>

#include <map>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace keavrf::config {

// A bound is exceeded: unwinds through yaml-cpp's parser.
class StopReading : public std::runtime_error {
public:
    StopReading(Origin where, const std::string& problem) : std::runtime_error(problem), where_(std::move(where)) {}
    [[nodiscard]] const Origin& where() const noexcept { return where_; }

private:
    Origin where_;
};

class YamlBuilder : public YAML::EventHandler {
public:
    YamlBuilder(Origin file, Report& report) : file_(std::move(file)), report_(report) {}

    [[nodiscard]] const NodePtr& root() const noexcept { return root_; }
    // Where the document after the first starts; line 0: there is one only.
    [[nodiscard]] const Origin& second_document() const noexcept { return second_document_; }

    // To be called at the end of the file.
    void tell_of_missing_keys();

    void OnDocumentStart(const YAML::Mark& mark) override;
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override;
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override;
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override;
    void OnMapEnd() override { close(); }

private:
    // A list or map that is not at its end yet.
    struct Frame {
        std::shared_ptr<Node> node;
        YAML::anchor_t anchor = 0;
        bool has_key = false;  // of a map: the next value belongs to `key`
        bool skip = false;     // that key is wrong, its value is dropped
        bool is_merge = false; // that key is `<<`
        Member key;
        std::unordered_map<std::string, int> lines; // of each key so far
        std::vector<NodePtr> merges;
    };

    [[nodiscard]] Origin origin(const YAML::Mark& mark) const;
    [[nodiscard]] Path path() const;
    void check_tag(const Origin& where, const std::string& tag);
    void count(const Origin& where, std::size_t values);
    void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor);
    void close();
    void add(const NodePtr& node);
    void add_key(Frame& frame, const NodePtr& node);
    // False when the key, and so its value, is dropped.
    bool check_key(Frame& frame, const Node& key);
    void add_value(Frame& frame, const NodePtr& node);
    void add_merge(Frame& frame, const NodePtr& node);
    static void merge_into(Frame& frame, const NodePtr& map);

    Origin file_;
    Report& report_;
    NodePtr root_;
    Origin second_document_;
    bool started_ = false;
    std::vector<Frame> frames_;
    std::map<YAML::anchor_t, NodePtr> anchors_;
    std::size_t values_ = 0;
    std::vector<std::pair<Origin, Path>> missing_keys_;
};

} // namespace keavrf::config
