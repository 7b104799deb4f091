// Which requests go on to a server that cannot keep up. What it has not read yet lies in its socket's buffer; what
// finds no room there is lost to nobody's knowledge, and a server that always has something to read takes a processor
// for itself, from other VRFs too. So the relay counts what is in flight, and reads no more from its ports than there
// is room for: what comes in a burst waits there. Where that does not end soon the server is busy. Then it is fed in
// bursts, and the rest is refused: of each port it gets as many as of any other, of first messages (DISCOVER) as many
// as of later ones, so neither a flooded interface nor a crowd of newcomers keeps the others from being served; and
// after each burst it rests for as long as that took, a moment at most.
//
// What is in flight follows from the order: a server answers in the order in which it reads, so an answer to one
// request says that all before it are read, answered or not. Where nobody is answered, because there is nothing to
// answer (a RELEASE, a pool without a free address), a probe (probe.hpp) says the same. Pure; time comes in.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace keavrf::relay {

class Admission {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Duration = TimePoint::duration;

    // So much in flight, and no more is read from the ports; where many wait for so long, the server is busy.
    static constexpr std::uint64_t window = 104;
    static constexpr std::chrono::milliseconds burst_time{50};
    // So much, and reading goes on.
    static constexpr std::uint64_t resume = 72;
    // Kea's socket has room for 166 messages of usual size, and the kernel may take a quarter of that for occupied that
    // is read already (udp_rmem_release). What lies between is for those who have had nothing of a burst.
    static constexpr std::uint64_t room = 120;
    // Of one port and kind in one burst.
    static constexpr unsigned burst_share = 16;
    static constexpr std::chrono::milliseconds longest_rest{2};
    // So often it is looked at whether the server would keep up with what comes; it would where nothing came for as
    // long.
    static constexpr std::chrono::milliseconds period{100};
    // So long nothing was answered, and what is in flight counts as read; a burst ends much sooner.
    static constexpr std::chrono::milliseconds patience{300};
    static constexpr std::chrono::milliseconds burst_patience{5};

    enum class Kind : std::uint8_t { first, later };
    // What one port has had of the current burst, and since when many have waited there; part of each port.
    struct Share {
        std::uint64_t burst = 0;
        std::array<unsigned, 2> taken{};
        std::optional<TimePoint> crowded_since;
    };

    // How many requests may be read from a port now; none: wait until there are no more than `resume` in flight, or a
    // moment. While the server is busy all are read.
    [[nodiscard]] std::size_t may_read(TimePoint now) noexcept;
    // None may be read, and many wait in this port's socket, or few.
    void waits(Share& share, bool many, TimePoint now) noexcept;
    // Whether a request may go on now; the share is that of its port.
    [[nodiscard]] bool has_room(Share& share, Kind kind, TimePoint now) noexcept;
    // It goes on. Returns its number, to be told to answered().
    std::uint64_t take(Share& share, Kind kind, TimePoint now) noexcept;
    // The server answered the request of this number; 0 where it is not known which.
    void answered(std::uint64_t number, TimePoint now) noexcept;
    // Whether a probe should be sent to learn what is read: much is in flight, nothing was answered for a moment, and
    // no probe is on its way.
    [[nodiscard]] bool wants_probe(TimePoint now) const noexcept;
    // One is sent, for whatever reason; one before it counts no more.
    void probed(TimePoint now) noexcept;
    void probe_answered(TimePoint now) noexcept;
    // The server begins anew: nothing is in flight.
    void reset() noexcept;

    [[nodiscard]] std::uint64_t in_flight() const noexcept { return sent_ - read_; }
    // It is fed in bursts.
    [[nodiscard]] bool busy() const noexcept { return busy_; }

private:
    [[nodiscard]] unsigned taken(const Share& share, Kind kind) const noexcept;
    void begin_busy(TimePoint now) noexcept;
    void settle(TimePoint now) noexcept;
    void read_up_to(std::uint64_t number, TimePoint now) noexcept;
    void begin_burst(TimePoint now) noexcept;
    void end_burst(TimePoint now) noexcept;

    std::uint64_t sent_ = 0; // the number of the last one
    std::uint64_t read_ = 0; // at least so many
    // Of the last request before the probe that is not answered.
    std::optional<std::uint64_t> before_probe_;
    TimePoint probed_;
    std::uint64_t burst_ = 0;
    bool busy_ = false;
    bool resting_ = false;
    TimePoint progress_; // when anything was answered, or the first of those in flight was sent
    TimePoint asked_;    // the last time anything wanted to go on
    TimePoint period_begun_;
    std::uint64_t granted_ = 0; // in this period
    std::uint64_t refused_ = 0;
    TimePoint burst_begun_;
    TimePoint rest_until_;
};

} // namespace keavrf::relay
