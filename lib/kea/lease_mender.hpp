// Makes a lease file whole: bytes in, bytes and a report out. Pure; in pieces, so that a file of any size needs the
// memory of a line.
//
// Kea (2.2 to 3.0; csv_file.cc, append) writes a row through a C++ stream. Where a disk is full, or the process is
// killed, in the middle of a row, the file ends with a part of it; what is written next, by this Kea or the one after
// it, is glued to that part, and a Kea that loads the file discards the whole line. A stream that could not write also
// keeps its text and writes it later, when there is room: so rows get into the file that no client was told of
// (lease_ghosts.hpp). A power cut may leave a block of NUL bytes where the file had grown and what was written was not
// on the disk yet (ext4, XFS); what Kea writes next is glued to it in the same way.
#pragma once

#include "kea/lease_ghosts.hpp"
#include "kea/lease_row.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keavrf::kea {

struct LeaseReport {
    struct Line {
        std::uint64_t number = 0;
        std::string text; // its beginning
    };
    std::uint64_t lines = 0;
    std::uint64_t separated = 0;  // rows that were glued to a part of another, and would have been lost
    std::uint64_t torn = 0;       // parts of rows: removed
    std::uint64_t headers = 0;    // a header cut off: written whole, or removed with all the file holds
    std::uint64_t ended = 0;      // the last row had no newline
    std::uint64_t zeroed = 0;     // blocks of NUL bytes: removed, and nobody knows what stood there
    std::uint64_t unreadable = 0; // lines that cannot be decided: left as they are
    std::vector<Line> examples;   // of those

    [[nodiscard]] bool changes() const { return separated + torn + headers + ended + zeroed > 0; }
};

class LeaseMender {
public:
    // `ghosts` outlives it and hears of every row.
    LeaseMender(const LeaseSubnets& subnets, LeaseGhosts& ghosts) : subnets_(subnets), ghosts_(ghosts) {}

    // Appends to `out` what these bytes become, as far as their lines are complete.
    void feed(std::string_view bytes, std::string& out);
    // The last line, where it has no newline.
    void finish(std::string& out);
    [[nodiscard]] const LeaseReport& report() const noexcept { return report_; }

private:
    // What ends a piece; none: the rest of it has not come, or never will.
    enum class End { none, newline, zeros };

    void feed_line(std::string_view line, End end, std::string& out);
    void take_begun(End end, std::string& out);
    void cut_begun(std::string& out);
    void cut_at_zeros(std::string_view line, End end, std::string& out);
    void feed_piece(std::string_view piece, End end, std::string& out);
    void count_line();
    void put_first_zeros(std::string& out);
    void take(std::string_view line, End end, std::string& out);
    void take_line(std::string_view line, std::string& out);
    void take_header(std::string_view line, bool ended, std::string& out);
    // What was glued together, from the last row to the first; false: nothing can be told about it.
    bool separate(std::string_view line, std::string& out);
    void take_rest(std::string_view rest, std::string_view next, std::string& out);
    void keep(std::string_view row, std::string& out);
    void leave(std::string_view line, std::string& out);
    void pass(std::string_view piece, End end, std::string& out);
    void report_unreadable(std::string_view line);
    [[nodiscard]] std::string_view last_row(std::string_view line) const;
    [[nodiscard]] std::string_view first_row(std::string_view line) const;

    const LeaseSubnets& subnets_;
    LeaseGhosts& ghosts_;
    LeaseReport report_;
    std::string begun_;             // a line whose end has not come yet
    std::size_t columns_ = 0;       // of the header; 0: none that is known, everything passes as it is
    std::uint64_t first_zeros_ = 0; // bytes in front of the first line
    bool cut_ = false;              // a line too long to be held, which is cut at its blocks of NUL bytes as it comes
    bool in_zeros_ = false;         // the last byte belonged to a block that is counted
    bool behind_zeros_ = false;     // in the same line a block was removed
    bool skips_ = false;            // the rest of a line that is too long to be looked at
};

} // namespace keavrf::kea
