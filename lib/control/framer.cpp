#include "control/framer.hpp"

#include <algorithm>
#include <utility>

namespace keavrf::control {

namespace json = boost::json;

namespace {

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
            parser_ = std::make_unique<ObjectParser>();
        } else {
            fail("expected a JSON object, which begins with '{'");
        }
    }
    return static_cast<std::size_t>(first - bytes.begin());
}

std::size_t Framer::parse(std::string_view bytes)
{
    const auto taken = parser_->write(bytes);
    if (!parser_->problem().empty()) {
        fail("not valid JSON at byte " + std::to_string(size_ + taken) + ": " + parser_->problem());
        return taken;
    }
    size_ += taken;
    if (parser_->done()) {
        state_ = State::complete;
    }
    return taken;
}

std::size_t Framer::room_left()
{
    if (size_ == limit_ && !large_ && large_limit_ > limit_) {
        large_ = parser_->command() == "config-test";
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
    auto object = parser_->release();
    reset();
    return object;
}

void Framer::reset()
{
    parser_.reset();
    size_ = 0;
    large_ = false;
    state_ = State::empty;
    error_ = {};
}

} // namespace keavrf::control
