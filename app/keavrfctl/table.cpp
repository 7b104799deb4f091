#include "table.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <numeric>
#include <optional>

namespace keavrf::ctl {

namespace {

constexpr std::size_t gap = 2;
// A column that is not shown.
constexpr std::size_t hidden = static_cast<std::size_t>(-1);

bool continues(char c)
{
    return (static_cast<std::uint8_t>(c) & 0xc0U) == 0x80U;
}

std::size_t total_width(const std::vector<std::size_t>& widths)
{
    std::size_t total = 0;
    for (const auto width : widths) {
        total += width == hidden ? 0 : width + gap;
    }
    return total > 0 ? total - gap : 0;
}

std::string_view escape_sequence(Colour colour)
{
    switch (colour) {
    case Colour::good:
        return "\x1b[32m";
    case Colour::warn:
        return "\x1b[33m";
    case Colour::bad:
        return "\x1b[31m";
    case Colour::strong:
        return "\x1b[1m";
    case Colour::faint:
        return "\x1b[2m";
    case Colour::none:
        break;
    }
    return {};
}

} // namespace

std::string coloured(std::string_view text, Colour colour, Style style)
{
    const auto sequence = escape_sequence(colour);
    if (!style.colours || sequence.empty()) {
        return std::string(text);
    }
    return std::string(sequence) + std::string(text) + "\x1b[0m";
}

std::size_t display_width(std::string_view text)
{
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string cut_to(std::string_view text, std::size_t width)
{
    if (display_width(text) <= width) {
        return std::string(text);
    }
    if (width == 0) {
        return {};
    }
    std::size_t end = 0;
    for (std::size_t column = 0; column + 1 < width; ++column) {
        do {
            ++end;
        } while (end < text.size() && continues(text[end]));
    }
    return std::string(text.substr(0, end)) + "\xe2\x80\xa6"; // U+2026, ellipsis
}

void Table::add(std::vector<Cell> row)
{
    assert(row.size() == columns_.size());
    for (auto& cell : row) {
        cell.text = escape_controls(cell.text);
    }
    rows_.push_back(std::move(row));
}

std::size_t Table::natural_width(std::size_t column) const
{
    std::size_t width = display_width(columns_[column].title);
    for (const auto& row : rows_) {
        width = std::max(width, display_width(row[column].text));
    }
    return width;
}

std::vector<std::size_t> Table::widths(std::size_t limit) const
{
    std::vector<std::size_t> widths(columns_.size());
    for (std::size_t column = 0; column < columns_.size(); ++column) {
        widths[column] = natural_width(column);
    }
    while (limit > 0 && total_width(widths) > limit) {
        // The widest column that may still give way, else the least important one as a whole.
        std::optional<std::size_t> widest;
        std::optional<std::size_t> least_important;
        for (std::size_t column = 0; column < columns_.size(); ++column) {
            const auto& traits = columns_[column];
            if (widths[column] == hidden) {
                continue;
            }
            if (traits.least > 0 && widths[column] > traits.least && (!widest || widths[column] > widths[*widest])) {
                widest = column;
            }
            if (traits.rank > 0 && (!least_important || traits.rank > columns_[*least_important].rank)) {
                least_important = column;
            }
        }
        if (widest) {
            --widths[*widest];
        } else if (least_important) {
            widths[*least_important] = hidden;
        } else {
            break;
        }
    }
    return widths;
}

std::string Table::line(const std::vector<Cell>& row, const std::vector<std::size_t>& widths, Style style) const
{
    std::string text;
    std::size_t used = 0;    // columns of the terminal
    std::size_t pending = 0; // blanks that are written only when something follows
    for (std::size_t column = 0; column < row.size(); ++column) {
        if (widths[column] == hidden) {
            continue;
        }
        const std::size_t room = style.width > 0 ? style.width - std::min(style.width, used + pending) : widths[column];
        const auto cell = cut_to(row[column].text, std::min(widths[column], room));
        const auto blank = widths[column] - display_width(cell);
        pending += columns_[column].right ? blank : 0;
        if (!cell.empty()) {
            text.append(pending, ' ') += coloured(cell, row[column].colour, style);
            used += pending + display_width(cell);
            pending = 0;
        }
        pending += gap + (columns_[column].right ? 0 : blank);
    }
    return text + '\n';
}

std::string Table::render(Style style) const
{
    const auto fitted = widths(style.width);
    std::vector<Cell> header;
    for (const auto& column : columns_) {
        header.emplace_back(column.title, Colour::strong);
    }
    std::string text = line(header, fitted, style);
    for (const auto& row : rows_) {
        text += line(row, fitted, style);
    }
    return text;
}

} // namespace keavrf::ctl
