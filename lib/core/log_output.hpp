// Writes whole lines to a descriptor without ever waiting for it: a pipe that nobody reads, a terminal stopped by
// Ctrl-S, a journal that is behind. Private to the log, and its tests.
//
// The descriptor belongs to others too (stderr is shared with the shell, with the parent), so its O_NONBLOCK is left
// alone. Sockets take MSG_DONTWAIT. Pipes and terminals are opened once more by way of /proc/self/fd, which gives an
// open file description of our own that may be non-blocking; where that is not allowed, poll(2) says whether there is
// room: a pipe with room takes up to PIPE_BUF bytes at once (pipe(7)). Regular files are always writable.
//
// A pipe without a reader is noticed before it is written to, but for a race: the program ignores SIGPIPE.
#pragma once

#include "core/unique_fd.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace keavrf::log {

class LineOutput {
public:
    // PIPE_BUF on Linux, newline included: what a pipe takes at once or not at all.
    static constexpr std::size_t longest_line = 4096;

    // The descriptor is borrowed. `open_own` false: as where pipes and terminals cannot be opened again.
    explicit LineOutput(int descriptor, bool open_own = true);

    // `line` ends in its newline and is no longer than longest_line. False: not written, nothing of it. Where only a
    // part could be written, the rest goes out before the next line.
    bool write(std::string_view line);

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

private:
    enum class Kind { file, socket, polled };

    [[nodiscard]] int target() const noexcept { return own_ ? own_.get() : descriptor_; }
    [[nodiscard]] std::size_t write_some(std::string_view bytes) const;
    bool flush_rest();

    int descriptor_;
    Kind kind_ = Kind::polled;
    UniqueFd own_;
    std::string rest_;
};

} // namespace keavrf::log
