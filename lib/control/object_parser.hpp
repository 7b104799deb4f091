// One JSON object out of bytes, as they arrive. A key that an object has twice is refused, at any depth, as in the
// configuration (config/json_reader.hpp): whoever sends one means either, and the parser of boost::json would take the
// last without a word. Pure.
#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace keavrf::control {

class ObjectParser {
public:
    ObjectParser();
    ObjectParser(const ObjectParser&) = delete;
    ObjectParser& operator=(const ObjectParser&) = delete;
    ~ObjectParser();

    // Returns how many bytes were taken: all, except behind the end of the object or a fault. The first byte is a '{'.
    std::size_t write(std::string_view bytes);
    [[nodiscard]] bool done() const noexcept;
    // What is wrong; empty: nothing so far. Only another parser helps.
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
    // The text of "command" in the outermost object, as soon as it has been read; empty before.
    [[nodiscard]] const std::string& command() const noexcept;
    // Once, when it is done.
    boost::json::object release();

private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
    std::string problem_;
};

} // namespace keavrf::control
