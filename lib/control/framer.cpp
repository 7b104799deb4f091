#include "control/framer.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <utility>

namespace keavrf::control {

namespace json = boost::json;

namespace {

// Listens to a JSON text, complete or not, for the value of "command" in the outermost object.
class CommandNameHandler {
public:
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
    using Code = json::error_code;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    static bool on_document_begin(Code& /*error*/) { return true; }
    static bool on_document_end(Code& /*error*/) { return true; }
    bool on_object_begin(Code& /*error*/) { return enter(); }
    bool on_object_end(std::size_t /*count*/, Code& /*error*/) { return leave(); }
    bool on_array_begin(Code& /*error*/) { return enter(); }
    bool on_array_end(std::size_t /*count*/, Code& /*error*/) { return leave(); }
    bool on_key_part(json::string_view text, std::size_t /*count*/, Code& /*error*/) { return collect(text); }
    bool on_key(json::string_view text, std::size_t /*count*/, Code& /*error*/)
    {
        collect(text);
        command_ = depth_ == 1 && text_ == "command";
        text_.clear();
        return true;
    }
    bool on_string_part(json::string_view text, std::size_t /*count*/, Code& /*error*/) { return collect(text); }
    bool on_string(json::string_view text, std::size_t /*count*/, Code& /*error*/)
    {
        collect(text);
        if (depth_ == 1 && command_) {
            name_ = text_;
        }
        text_.clear();
        return true;
    }
    static bool on_number_part(json::string_view /*text*/, Code& /*error*/) { return true; }
    static bool on_int64(std::int64_t /*value*/, json::string_view /*text*/, Code& /*error*/) { return true; }
    static bool on_uint64(std::uint64_t /*value*/, json::string_view /*text*/, Code& /*error*/) { return true; }
    static bool on_double(double /*value*/, json::string_view /*text*/, Code& /*error*/) { return true; }
    static bool on_bool(bool /*value*/, Code& /*error*/) { return true; }
    static bool on_null(Code& /*error*/) { return true; }
    static bool on_comment_part(json::string_view /*text*/, Code& /*error*/) { return true; }
    static bool on_comment(json::string_view /*text*/, Code& /*error*/) { return true; }

private:
    bool enter()
    {
        ++depth_;
        return true;
    }
    bool leave()
    {
        --depth_;
        return true;
    }
    bool collect(json::string_view text)
    {
        text_.append(text.data(), text.size());
        return true;
    }

    unsigned depth_ = 0;
    bool command_ = false;
    std::string text_;
    std::string name_;
};

std::string command_name_in(std::string_view beginning)
{
    json::basic_parser<CommandNameHandler> parser{json::parse_options()};
    json::error_code error;
    parser.write_some(true, beginning.data(), beginning.size(), error);
    return parser.handler().name();
}

constexpr bool is_white_space(char c) noexcept
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

} // namespace

Framer::Framer(std::size_t limit, std::size_t large_limit) : limit_(limit), large_limit_(large_limit) {}

std::size_t Framer::feed(std::string_view bytes)
{
    std::size_t taken = 0;
    if (state_ == State::empty) {
        taken = skip_white_space(bytes);
    }
    while (state_ == State::partial && taken < bytes.size()) {
        const auto room = room_left();
        if (room == 0) {
            fail("more than " + std::to_string(large_ ? large_limit_ : limit_) + " bytes in one JSON object");
            break;
        }
        taken += parse(bytes.substr(taken, room));
    }
    return taken;
}

std::size_t Framer::skip_white_space(std::string_view bytes)
{
    const auto* const first = std::find_if_not(bytes.begin(), bytes.end(), is_white_space);
    if (first != bytes.end()) {
        state_ = State::partial;
        if (*first == '{') {
            parser_ = std::make_unique<json::stream_parser>();
        } else {
            fail("expected a JSON object, which begins with '{'");
        }
    }
    return static_cast<std::size_t>(first - bytes.begin());
}

std::size_t Framer::parse(std::string_view bytes)
{
    json::error_code error;
    const auto taken = parser_->write_some(bytes.data(), bytes.size(), error);
    if (error) {
        fail("not valid JSON at byte " + std::to_string(size_ + taken) + ": " + error.message());
        return taken;
    }
    size_ += taken;
    if (!large_ && large_limit_ > limit_) {
        head_ += bytes.substr(0, taken);
    }
    if (parser_->done()) {
        state_ = State::complete;
    }
    return taken;
}

std::size_t Framer::room_left()
{
    if (size_ == limit_ && !large_ && large_limit_ > limit_) {
        large_ = command_name_in(head_) == "config-test";
        head_ = {};
    }
    return (large_ ? large_limit_ : limit_) - size_;
}

void Framer::fail(std::string message)
{
    state_ = State::failed;
    error_ = Error(std::move(message));
}

json::object Framer::take()
{
    auto value = parser_->release();
    auto object = std::move(value.as_object());
    reset();
    return object;
}

void Framer::reset()
{
    parser_.reset();
    head_ = {};
    size_ = 0;
    large_ = false;
    state_ = State::empty;
    error_ = {};
}

} // namespace keavrf::control
