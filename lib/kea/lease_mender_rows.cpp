// Rows that are glued together, and what of them can be told apart.
#include "kea/lease_mender.hpp"

#include <algorithm>
#include <iterator>

namespace keavrf::kea {

namespace {

// What is glued together is a few rows. To take more apart costs the square of its length, which is nothing to leave to
// whoever writes the file.
constexpr std::size_t longest_glued = 8192;
constexpr std::size_t longest_address = 15;

// The last `count` columns, without a copy.
std::string_view last_columns(std::string_view line, std::size_t count)
{
    auto begin = line.size();
    for (; begin > 0; --begin) {
        if (line[begin - 1] == ',' && --count == 0) {
            break;
        }
    }
    return line.substr(begin);
}

// What can be its address, at the end of a column that begins with a part of another row.
std::vector<std::string_view> address_endings(std::string_view column)
{
    std::vector<std::string_view> found;
    const auto longest = std::min(column.size(), longest_address);
    for (auto size = longest; size > 0; --size) {
        const auto ending = column.substr(column.size() - size);
        if (Ipv4Address::parse(ending)) {
            found.push_back(ending);
        }
    }
    return found;
}

} // namespace

void LeaseMender::take_line(std::string_view line, std::string& out)
{
    const auto columns = split_columns(line);
    if (whole_row(columns, columns_, subnets_)) {
        ghosts_.see(columns);
        out += line;
        out += '\n';
    } else if (line.size() > longest_glued) {
        leave(line, out);
    } else if (!separate(line, out)) {
        take_rest(line, {}, out);
    }
}

bool LeaseMender::separate(std::string_view line, std::string& out)
{
    const auto row = last_row(line);
    if (row.empty()) {
        return false;
    }
    ++report_.separated;
    take_rest(line.substr(0, line.size() - row.size()), row, out);
    keep(row, out);
    return true;
}

// What stands before a row, or alone: parts, and perhaps a row that has lost its newline.
void LeaseMender::take_rest(std::string_view rest, std::string_view next, std::string& out)
{
    if (rest.empty()) {
        return;
    }
    ghosts_.part();
    const auto columns = split_columns(rest);
    if (!next.empty() && whole_row(columns, columns_, subnets_)) {
        return keep(rest, out);
    }
    if ((!next.empty() && next.starts_with(rest)) || torn_row(columns, columns_)) {
        ++report_.torn;
        return;
    }
    if (!next.empty() && separate(rest, out)) {
        return;
    }
    const auto first = first_row(rest);
    if (first.empty()) {
        return leave(rest, out);
    }
    ++report_.separated;
    keep(first, out);
    const auto behind = rest.substr(first.size());
    if (next.empty() && !behind.empty()) {
        take_line(behind, out);
    } else {
        take_rest(behind, next, out);
    }
}

void LeaseMender::keep(std::string_view row, std::string& out)
{
    ghosts_.see(split_columns(row));
    out += row;
    out += '\n';
}

// A line of its own: Kea skips it, and nothing is glued to it any more.
void LeaseMender::leave(std::string_view line, std::string& out)
{
    report_unreadable(line);
    out += line;
    out += '\n';
}

// The row that the line ends with, behind a part of another; empty: there is none that is certain.
std::string_view LeaseMender::last_row(std::string_view line) const
{
    const auto ending = last_columns(line, columns_);
    auto columns = split_columns(ending);
    if (columns.size() != columns_ || !valid_columns(columns, true)) {
        return {};
    }
    const auto junk = columns.front();
    auto candidates = address_endings(junk);
    const auto row_from = [&](std::string_view address) { return ending.substr(junk.size() - address.size()); };
    // Written again after it had been cut off: the part is the row's own beginning.
    std::vector<std::string_view> again;
    std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(again), [&](std::string_view address) {
        const auto row = row_from(address);
        const auto part = line.substr(0, line.size() - row.size());
        columns.front() = address;
        return !part.empty() && row.starts_with(part) && whole_row(columns, columns_, subnets_);
    });
    if (again.size() == 1) {
        return row_from(again.front());
    }
    std::erase_if(candidates, [&](std::string_view address) {
        columns.front() = address;
        return !whole_row(columns, columns_, subnets_);
    });
    return candidates.size() == 1 ? row_from(candidates.front()) : std::string_view();
}

// The row that the line begins with, where its last column is empty: its newline is missing, and digits of an address
// follow.
std::string_view LeaseMender::first_row(std::string_view line) const
{
    auto columns = split_columns(line);
    if (columns.size() < columns_ || columns_ != static_cast<std::size_t>(LeaseColumn::context) + 1) {
        return {};
    }
    columns.resize(columns_);
    if (columns.back().empty() || columns.back().front() < '0' || columns.back().front() > '9') {
        return {};
    }
    columns.back() = {};
    if (!whole_row(columns, columns_, subnets_)) {
        return {};
    }
    return line.substr(0, static_cast<std::size_t>(columns[columns_ - 2].end() - line.begin()) + 1);
}

} // namespace keavrf::kea
