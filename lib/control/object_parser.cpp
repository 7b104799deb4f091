#include "control/object_parser.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include <set>
#include <vector>

namespace keavrf::control {

namespace json = boost::json;

namespace {

// Builds the value, and knows the keys of every object that is open.
class Builder {
public:
    static constexpr std::size_t max_object_size = json::object::max_size();
    static constexpr std::size_t max_array_size = json::array::max_size();
    static constexpr std::size_t max_key_size = json::string::max_size();
    static constexpr std::size_t max_string_size = json::string::max_size();
    using Code = json::error_code;

    Builder() { stack_.reset(); }

    [[nodiscard]] const std::string& command() const noexcept { return command_; }
    [[nodiscard]] const std::string& duplicate() const noexcept { return duplicate_; }
    json::value release() { return stack_.release(); }

    static bool on_document_begin(Code& /*error*/) { return true; }
    static bool on_document_end(Code& /*error*/) { return true; }
    bool on_object_begin(Code& /*error*/)
    {
        ++depth_;
        keys_.emplace_back();
        return true;
    }
    bool on_object_end(std::size_t count, Code& /*error*/)
    {
        --depth_;
        keys_.pop_back();
        stack_.push_object(count);
        return true;
    }
    bool on_array_begin(Code& /*error*/)
    {
        ++depth_;
        return true;
    }
    bool on_array_end(std::size_t count, Code& /*error*/)
    {
        --depth_;
        stack_.push_array(count);
        return true;
    }
    bool on_key_part(json::string_view text, std::size_t /*count*/, Code& /*error*/) { return collect(text); }
    bool on_key(json::string_view text, std::size_t /*count*/, Code& error)
    {
        text_.append(text.data(), text.size());
        stack_.push_key(text);
        is_command_ = depth_ == 1 && text_ == "command";
        const auto [key, is_new] = keys_.back().insert(std::exchange(text_, {}));
        if (!is_new) {
            duplicate_ = *key;
            error = boost::system::errc::make_error_code(boost::system::errc::invalid_argument);
        }
        return is_new;
    }
    bool on_string_part(json::string_view text, std::size_t /*count*/, Code& /*error*/) { return collect(text); }
    bool on_string(json::string_view text, std::size_t /*count*/, Code& /*error*/)
    {
        text_.append(text.data(), text.size());
        stack_.push_string(text);
        if (depth_ == 1 && is_command_) {
            command_ = text_;
        }
        text_.clear();
        return true;
    }
    static bool on_number_part(json::string_view /*text*/, Code& /*error*/) { return true; }
    bool on_int64(std::int64_t value, json::string_view /*text*/, Code& /*error*/)
    {
        stack_.push_int64(value);
        return true;
    }
    bool on_uint64(std::uint64_t value, json::string_view /*text*/, Code& /*error*/)
    {
        stack_.push_uint64(value);
        return true;
    }
    bool on_double(double value, json::string_view /*text*/, Code& /*error*/)
    {
        stack_.push_double(value);
        return true;
    }
    bool on_bool(bool value, Code& /*error*/)
    {
        stack_.push_bool(value);
        return true;
    }
    bool on_null(Code& /*error*/)
    {
        stack_.push_null();
        return true;
    }
    static bool on_comment_part(json::string_view /*text*/, Code& /*error*/) { return true; }
    static bool on_comment(json::string_view /*text*/, Code& /*error*/) { return true; }

private:
    bool collect(json::string_view text)
    {
        text_.append(text.data(), text.size());
        stack_.push_chars(text);
        return true;
    }

    json::value_stack stack_;
    std::vector<std::set<std::string>> keys_; // of each object that is open
    unsigned depth_ = 0;
    bool is_command_ = false;
    std::string text_; // of a key or string that has not ended
    std::string command_;
    std::string duplicate_;
};

} // namespace

struct ObjectParser::Parser : json::basic_parser<Builder> {
    Parser() : basic_parser(json::parse_options()) {}
};

ObjectParser::ObjectParser() : parser_(std::make_unique<Parser>()) {}

ObjectParser::~ObjectParser() = default;

std::size_t ObjectParser::write(std::string_view bytes)
{
    json::error_code error;
    const auto taken = parser_->write_some(true, bytes.data(), bytes.size(), error);
    if (!error) {
        return taken;
    }
    const auto& duplicate = parser_->handler().duplicate();
    problem_ = duplicate.empty() ? error.message() : "the key '" + duplicate + "' is there twice";
    return taken;
}

bool ObjectParser::done() const noexcept
{
    return parser_->done();
}

const std::string& ObjectParser::command() const noexcept
{
    return parser_->handler().command();
}

json::object ObjectParser::release()
{
    auto value = parser_->handler().release();
    return std::move(value.as_object());
}

} // namespace keavrf::control
