// Cuts a stream of bytes into JSON objects, however the bytes arrive. Pure.
#pragma once

#include "control/object_parser.hpp"
#include "core/error.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace keavrf::control {

class Framer {
public:
    // empty: nothing but white space so far; failed: error() says why, and only reset() helps.
    enum class State { empty, partial, complete, failed };

    // Objects of up to `limit` bytes; where the first `limit` bytes say "command": "config-test", up to `large_limit`.
    Framer(std::size_t limit, std::size_t large_limit);

    // Returns how many bytes were taken: all, except behind the end of an object or a fault.
    std::size_t feed(std::string_view bytes);
    [[nodiscard]] State state() const noexcept { return state_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] const Error& error() const noexcept { return error_; }
    // The complete object; the framer is empty afterwards.
    boost::json::object take();
    void reset();

private:
    std::size_t skip_white_space(std::string_view bytes);
    std::size_t parse(std::string_view bytes);
    std::size_t room_left();
    void fail(std::string message);

    std::size_t limit_;
    std::size_t large_limit_;
    std::size_t size_ = 0;
    bool large_ = false;
    std::unique_ptr<ObjectParser> parser_;
    State state_ = State::empty;
    Error error_;
};

} // namespace keavrf::control
