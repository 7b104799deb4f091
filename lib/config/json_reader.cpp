#include "config/json_reader.hpp"

#include "config/json_cursor.hpp"
#include "config/source_text.hpp"

#include <string>
#include <unordered_map>

namespace keavrf::config {

namespace {

// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)? (RFC 8259, section 6)
bool is_number(std::string_view text)
{
    const auto digits = [&] {
        const auto end = text.find_first_not_of("0123456789");
        const auto count = end == std::string_view::npos ? text.size() : end;
        text.remove_prefix(count);
        return count;
    };
    text.remove_prefix(text.starts_with('-') ? 1 : 0);
    const bool zero = text.starts_with('0');
    const auto whole = digits();
    if (whole == 0 || (zero && whole > 1)) {
        return false;
    }
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        if (digits() == 0) {
            return false;
        }
    }
    if (text.starts_with('e') || text.starts_with('E')) {
        text.remove_prefix(1);
        text.remove_prefix(text.starts_with('-') || text.starts_with('+') ? 1 : 0);
        if (digits() == 0) {
            return false;
        }
    }
    return text.empty();
}

class JsonReader {
public:
    JsonReader(std::string_view text, const Origin& file, Report& report) : cursor_(text, file), report_(report) {}

    NodePtr document()
    {
        cursor_.skip_blanks();
        auto root = value({}, 0);
        cursor_.skip_blanks();
        if (!cursor_.at_end()) {
            cursor_.expected("the end of the file");
        }
        return root;
    }

private:
    std::shared_ptr<Node> start(Node::Kind kind)
    {
        report_.pause();
        if (++values_ > max_values) {
            cursor_.fail("more than " + std::to_string(max_values) + " values");
        }
        auto node = std::make_shared<Node>();
        node->kind = kind;
        node->origin = cursor_.here();
        return node;
    }

    NodePtr value(const Path& path, std::size_t depth)
    {
        if (depth > max_depth) {
            cursor_.fail("more than " + std::to_string(max_depth) + " lists and maps inside each other");
        }
        if (cursor_.peek() == '{') {
            return map(path, depth);
        }
        if (cursor_.peek() == '[') {
            return list(path, depth);
        }
        return scalar();
    }

    NodePtr scalar()
    {
        auto node = start(Node::Kind::scalar);
        if (cursor_.peek() == '"') {
            node->quoted = true;
            node->text = cursor_.quoted_text();
            return node;
        }
        auto ahead = cursor_;
        const auto word = ahead.word();
        if (word != "true" && word != "false" && word != "null" && !is_number(word)) {
            cursor_.expected("a value (a text in double quotes, a number, true, false, null, a list or a map)");
        }
        node->text = word;
        cursor_ = std::move(ahead);
        return node;
    }

    // Steps over a comma; false at the closing bracket.
    bool next(char close)
    {
        cursor_.skip_blanks();
        if (cursor_.peek() == ',') {
            cursor_.advance();
            cursor_.skip_blanks();
        } else if (cursor_.peek() != close) {
            cursor_.expected(std::string("a comma or ") + close);
        }
        return cursor_.peek() != close;
    }

    NodePtr list(const Path& path, std::size_t depth)
    {
        auto node = start(Node::Kind::list);
        cursor_.advance();
        cursor_.skip_blanks();
        for (bool more = cursor_.peek() != ']'; more; more = next(']')) {
            node->items.push_back(value(path[node->items.size()], depth + 1));
            node->weight += node->items.back()->weight;
        }
        cursor_.advance();
        return node;
    }

    NodePtr map(const Path& path, std::size_t depth)
    {
        auto node = start(Node::Kind::map);
        std::unordered_map<std::string, int> lines;
        cursor_.advance();
        cursor_.skip_blanks();
        for (bool more = cursor_.peek() != '}'; more; more = next('}')) {
            if (cursor_.peek() != '"') {
                cursor_.expected("a key in double quotes");
            }
            const auto where = cursor_.here();
            auto key = cursor_.quoted_text();
            const auto here = path / key;
            cursor_.skip_blanks();
            if (cursor_.peek() != ':') {
                cursor_.expected("a colon");
            }
            cursor_.advance();
            cursor_.skip_blanks();
            auto member = value(here, depth + 1);
            const auto [first, is_new] = lines.emplace(key, where.line);
            if (!is_new) {
                report_.error(where, here,
                              "this key is here for the second time (the first is in line " +
                                  std::to_string(first->second) + ")");
                continue;
            }
            node->weight += member->weight;
            node->members.push_back(Member{std::move(key), where, std::move(member)});
        }
        cursor_.advance();
        return node;
    }

    JsonCursor cursor_;
    Report& report_;
    std::size_t values_ = 0;
};

} // namespace

NodePtr read_json(std::string_view bytes, const Origin& file, Report& report)
{
    const auto text = prepare_text(bytes, file, report);
    if (!text) {
        return nullptr;
    }
    try {
        return JsonReader(*text, file, report).document();
    } catch (const JsonMistake& mistake) {
        report.error(mistake.where(), {}, std::string("this is not Kea's JSON: ") + mistake.what());
        return nullptr;
    }
}

} // namespace keavrf::config
