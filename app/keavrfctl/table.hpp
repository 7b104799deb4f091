// Tables of text that fit a terminal: every row is one line, columns give way in a set order, what is cut shows it.
// Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keavrf::ctl {

enum class Colour { none, good, warn, bad, strong, faint };

struct Style {
    std::size_t width = 0; // columns of the terminal; 0: no limit
    bool colours = false;
};

struct Column {
    std::string title;
    bool right = false; // numbers
    // May be cut down to this many columns; 0: never cut.
    std::size_t least = 0;
    // Where cutting is not enough, columns go, the highest rank first; 0: stays.
    int rank = 0;
};

struct Cell {
    Cell(std::string content, Colour colour_of_it = Colour::none) : text(std::move(content)), colour(colour_of_it) {}
    Cell(const char* content, Colour colour_of_it = Colour::none) : text(content), colour(colour_of_it) {}
    std::string text;
    Colour colour;
};

class Table {
public:
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    // As many cells as columns. Control characters are escaped here.
    void add(std::vector<Cell> row);
    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
    // Header and rows, each with its newline.
    [[nodiscard]] std::string render(Style style) const;

private:
    [[nodiscard]] std::size_t natural_width(std::size_t column) const;
    [[nodiscard]] std::vector<std::size_t> widths(std::size_t limit) const;
    [[nodiscard]] std::string line(const std::vector<Cell>& row, const std::vector<std::size_t>& widths,
                                   Style style) const;

    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

std::string coloured(std::string_view text, Colour colour, Style style);
// How many columns of a terminal UTF-8 text takes, one for each character.
std::size_t display_width(std::string_view text);
// The text, or where it is wider its beginning and an ellipsis, `width` columns in all.
std::string cut_to(std::string_view text, std::size_t width);

} // namespace keavrf::ctl
