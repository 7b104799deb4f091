// A cursor over JSON text that knows its line and column; behind json_reader.hpp.
#pragma once

#include "config/node.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

namespace keavrf::config {

// A mistake of grammar, with its place.
class JsonMistake : public std::runtime_error {
public:
    JsonMistake(Origin where, const std::string& problem) : std::runtime_error(problem), where_(std::move(where)) {}
    [[nodiscard]] const Origin& where() const noexcept { return where_; }

private:
    Origin where_;
};

class JsonCursor {
public:
    JsonCursor(std::string_view text, const Origin& file) : text_(text), here_{file.file, 1, 1} {}

    [[nodiscard]] const Origin& here() const noexcept { return here_; }
    [[nodiscard]] bool at_end() const noexcept { return at_ >= text_.size(); }
    // The character here; 0 at the end (which no text holds: prepare_text).
    [[nodiscard]] char peek() const noexcept { return at_end() ? '\0' : text_[at_]; }
    [[nodiscard]] bool looking_at(std::string_view word) const noexcept { return text_.substr(at_).starts_with(word); }
    void advance(std::size_t count = 1);
    // White space and comments. Throws for a comment without an end, and for <?include.
    void skip_blanks();
    // A text in double quotes, escapes resolved.
    std::string quoted_text();
    // Letters, digits and whatever numbers consist of.
    std::string_view word();
    [[noreturn]] void fail(const std::string& problem) const { throw JsonMistake(here_, problem); }
    // fail("... must stand here, not <what is here>").
    [[noreturn]] void expected(std::string_view what) const;

private:
    void skip_comment();
    void append_escape(std::string& out);
    unsigned hex4();

    std::string_view text_;
    std::size_t at_ = 0;
    Origin here_;
};

} // namespace keavrf::config
