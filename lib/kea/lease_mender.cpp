#include "kea/lease_mender.hpp"

#include <algorithm>
#include <utility>

namespace keavrf::kea {

namespace {

// A row is some hundred bytes; a user's context may make it longer.
constexpr std::size_t longest_line = 65536;
constexpr std::size_t example_bytes = 200;
constexpr std::size_t most_examples = 5;
// In front of a file that is no lease file, and is left as it is: what is put out for it goes nowhere, and must not
// take the memory that the size of a file of holes would ask for.
constexpr std::uint64_t most_zeros_put = std::uint64_t{1} << 20U;

} // namespace

void LeaseMender::feed(std::string_view bytes, std::string& out)
{
    while (!bytes.empty()) {
        const auto newline = bytes.find('\n');
        const bool ended = newline != std::string_view::npos;
        feed_line(bytes.substr(0, newline), ended ? End::newline : End::none, out);
        bytes.remove_prefix(ended ? newline + 1 : bytes.size());
    }
}

void LeaseMender::feed_line(std::string_view line, End end, std::string& out)
{
    if (report_.lines == 0 && begun_.empty()) {
        const auto zeros = std::min(line.find_first_not_of('\0'), line.size());
        first_zeros_ += zeros;
        line.remove_prefix(zeros);
    }
    if (columns_ == 0) {
        return feed_piece(line, end, out); // of a file of another kind, which is not ours to change
    }
    if (cut_ || begun_.size() + line.size() > longest_line) {
        cut_begun(out);
        cut_at_zeros(line, end, out);
        cut_ = end == End::none;
    } else if (end == End::none) {
        begun_ += line;
    } else if (begun_.empty() && line.find('\0') == std::string_view::npos) {
        take(line, end, out);
    } else {
        begun_ += line;
        take_begun(end, out);
    }
}

// As it is where it is a row: a client's name may hold a NUL byte.
void LeaseMender::take_begun(End end, std::string& out)
{
    const auto line = std::exchange(begun_, {});
    if (line.find('\0') == std::string::npos || whole_row(split_columns(line), columns_, subnets_)) {
        take(line, end, out);
    } else {
        cut_at_zeros(line, end, out);
    }
}

void LeaseMender::cut_begun(std::string& out)
{
    if (!std::exchange(cut_, true)) {
        const auto begun = std::exchange(begun_, {});
        cut_at_zeros(begun, End::none, out);
    }
}

// A block of NUL bytes ends what stands before it.
void LeaseMender::cut_at_zeros(std::string_view line, End end, std::string& out)
{
    for (auto zero = line.find('\0'); zero != std::string_view::npos; zero = line.find('\0')) {
        if (zero > 0 || !in_zeros_) {
            ++report_.zeroed;
            feed_piece(line.substr(0, zero), End::zeros, out);
        }
        line.remove_prefix(std::min(line.find_first_not_of('\0', zero), line.size()));
        in_zeros_ = true;
    }
    in_zeros_ = in_zeros_ && line.empty() && end == End::none;
    feed_piece(line, end, out);
}

void LeaseMender::feed_piece(std::string_view piece, End end, std::string& out)
{
    if (skips_ || begun_.size() + piece.size() > longest_line) {
        pass(piece, end, out);
    } else if (end != End::none && begun_.empty()) {
        take(piece, end, out);
    } else {
        begun_ += piece;
        if (end != End::none) {
            take(begun_, end, out);
            begun_.clear();
        }
    }
    if (end != End::none) {
        behind_zeros_ = end == End::zeros;
    }
}

// A line too long to be looked at.
void LeaseMender::pass(std::string_view piece, End end, std::string& out)
{
    const bool ended = end != End::none;
    if (!std::exchange(skips_, !ended)) {
        count_line();
        report_unreadable(begun_ + std::string(piece));
    }
    put_first_zeros(out);
    out += begun_;
    begun_.clear();
    out += piece;
    out += ended ? "\n" : "";
}

void LeaseMender::finish(std::string& out)
{
    if (columns_ > 0 && !cut_ && !begun_.empty()) {
        take_begun(End::none, out);
    }
    if (!begun_.empty()) {
        take(begun_, End::none, out);
        begun_.clear();
    } else if (skips_ && columns_ > 0) {
        ++report_.ended;
        out += '\n';
    } else if (report_.lines == 0 && first_zeros_ > 0) {
        count_line();
        ++report_.zeroed; // all that there is
    }
}

// What stands behind a block of NUL bytes is no line of its own.
void LeaseMender::count_line()
{
    report_.lines += behind_zeros_ ? 0U : 1U;
}

void LeaseMender::put_first_zeros(std::string& out)
{
    out.append(std::min(std::exchange(first_zeros_, 0), most_zeros_put), '\0');
}

void LeaseMender::take(std::string_view line, End end, std::string& out)
{
    count_line();
    if (report_.lines == 1 && columns_ == 0) {
        return take_header(line, end != End::none, out);
    }
    const bool at_zeros = behind_zeros_ || end == End::zeros;
    if (columns_ == 0 || (line.empty() && !at_zeros)) {
        out += line;
        out += end == End::none ? "" : "\n";
    } else if (at_zeros && (line.empty() || torn_row(split_columns(line), columns_))) {
        // What stands on either side of the block was written at another time: a part of a row there is no sign of a
        // full disk, which would tell something about the rows behind it (lease_ghosts.hpp).
        report_.torn += line.empty() ? 0U : 1U;
    } else {
        report_.ended += end == End::none ? 1U : 0U;
        take_line(line, out);
    }
}

void LeaseMender::take_header(std::string_view line, bool ended, std::string& out)
{
    const auto header = LeaseHeader::parse(line);
    if (!header) {
        // Kea would not start with it, and with an empty file it does.
        if (!ended && LeaseHeader::torn(line)) {
            ++report_.headers;
            return;
        }
        put_first_zeros(out);
        out += line;
        out += ended ? "\n" : "";
        return;
    }
    columns_ = header->columns;
    report_.headers += header->begin > 0 || !ended ? 1U : 0U;
    report_.zeroed += std::exchange(first_zeros_, 0) > 0 ? 1U : 0U;
    out += line.substr(header->begin);
    out += '\n';
}

void LeaseMender::report_unreadable(std::string_view line)
{
    ++report_.unreadable;
    if (report_.examples.size() < most_examples) {
        report_.examples.push_back({report_.lines, std::string(line.substr(0, example_bytes))});
    }
}

} // namespace keavrf::kea
