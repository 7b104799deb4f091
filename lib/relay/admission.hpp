// Which requests go on to a server that cannot keep up. What it has not read yet lies in its socket's buffer; what
// finds no room there is lost to nobody's knowledge, and a server that always has something to read takes a processor
// for itself, from other VRFs too. So the relay counts what is in flight, and where that grows too large it feeds the
// server in bursts: of each port as many as of any other, of first messages (DISCOVER) as many as of later ones, so
// neither a flooded interface nor a crowd of newcomers keeps the rest from being served; and after each burst the
// server rests for as long as it took, a moment at most.
//
// What is in flight follows from the order: a server answers in the order in which it reads, so an answer to one
// request says that all before it are read, answered or not. Pure; time comes in.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace keavrf::relay {

class Admission {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Duration = TimePoint::duration;

    // About what Kea's socket has room for (170 messages of usual size).
    static constexpr std::uint64_t window = 160;
    // Of one port and kind in one burst.
    static constexpr unsigned burst_share = 16;
    static constexpr std::chrono::milliseconds longest_rest{2};
    // So long nobody was refused, and the server keeps up again.
    static constexpr std::chrono::milliseconds calm{100};
    // So long nothing was answered, and what is in flight counts as read; a burst ends much sooner.
    static constexpr std::chrono::milliseconds patience{100};
    static constexpr std::chrono::milliseconds burst_patience{5};

    enum class Kind : std::uint8_t { first, later };
    // What one port has had of the current burst; part of each port.
    struct Share {
        std::uint64_t burst = 0;
        std::array<unsigned, 2> taken{};
    };

    // Whether a request may go on now. True changes nothing but what time alone changes.
    [[nodiscard]] bool has_room(const Share& share, Kind kind, TimePoint now) noexcept;
    // It goes on. Returns its number, to be told to answered().
    std::uint64_t take(Share& share, Kind kind, TimePoint now) noexcept;
    // The server answered the request of this number; 0 where it is not known which.
    void answered(std::uint64_t number, TimePoint now) noexcept;
    // The server begins anew: nothing is in flight.
    void reset() noexcept;

    [[nodiscard]] std::uint64_t in_flight() const noexcept { return sent_ - read_; }
    // It is fed in bursts.
    [[nodiscard]] bool busy() const noexcept { return busy_; }

private:
    void settle(TimePoint now) noexcept;
    void begin_burst(TimePoint now) noexcept;
    void end_burst(TimePoint now) noexcept;

    std::uint64_t sent_ = 0; // the number of the last one
    std::uint64_t read_ = 0; // at least so many
    std::uint64_t burst_ = 0;
    bool busy_ = false;
    bool resting_ = false;
    TimePoint progress_; // when anything was answered, or the first of those in flight was sent
    TimePoint refused_;  // the last time
    TimePoint burst_begun_;
    TimePoint rest_until_;
};

} // namespace keavrf::relay
