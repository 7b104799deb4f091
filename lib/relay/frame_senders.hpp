// The packet sockets of all relays of the process. What waits to be transmitted counts against the socket it was sent
// by, so an interface that transmits nothing, or slowly, would keep the answers of everybody who shares one. But one
// for each port costs too much at its end (frame_sender.hpp): with two hundred tenants a killed keavrfd was not gone
// for 3.5 s, and a VRF of a hundred interfaces that went kept all others waiting for 1.4 s.
//
// So all ports share one. Where it has no room, whoever wants to send gets one of its own, and nothing is lost; who
// fills it gets there by itself. One that stays full is put aside for another. None is closed while the process runs:
// those that are not needed any more are used again, once all they have sent is transmitted.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "relay/frame_sender.hpp"

#include <sys/types.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace keavrf::relay {

class FrameSenders {
public:
    // In the current network namespace, where all are opened that are needed later too: the host's.
    static Result<std::shared_ptr<FrameSenders>> open();
    explicit FrameSenders(FrameSender shared) : shared_(std::move(shared)) {}

    [[nodiscard]] int shared() const noexcept { return shared_.descriptor(); }
    // Another one, since the shared one has no room for a frame. Fails where none can be opened.
    Result<FrameSender> apart(Clock::time_point now);
    void give_back(FrameSender sender) noexcept;
    // Whether a port may have been told to send by it, though it had none of its own.
    [[nodiscard]] bool shares(int descriptor) const noexcept;

    // The one in the hub, for frames to all Keas: a pair hands over what is sent at once, so nothing can wait in it.
    // The descriptor of the namespace is borrowed.
    Result<std::shared_ptr<FrameSender>> in_hub(int hub_namespace);

private:
    Result<FrameSender> unused();
    void note_full(Clock::time_point now);

    FrameSender shared_;
    std::optional<Clock::time_point> full_since_;
    Clock::time_point full_last_;
    std::vector<FrameSender> spare_;
    std::shared_ptr<FrameSender> hub_;
    std::pair<dev_t, ino_t> hub_namespace_{};
};

// How one port sends frames: by the shared sender, or, after that had no room, by one of its own for a while.
class PortFrames {
public:
    explicit PortFrames(std::shared_ptr<FrameSenders> senders) : senders_(std::move(senders)) {}
    PortFrames(const PortFrames&) = delete;
    PortFrames& operator=(const PortFrames&) = delete;
    PortFrames(PortFrames&&) = delete;
    PortFrames& operator=(PortFrames&&) = delete;
    ~PortFrames() { close(); }

    // Borrowed for the call.
    [[nodiscard]] int descriptor();
    // That one had no room (EAGAIN): another to try, or -1 where there is none, or it is none for frames of ports.
    [[nodiscard]] int after_full(int descriptor);
    // By the shared one again; its own is used by others.
    void close();

private:
    std::shared_ptr<FrameSenders> senders_;
    FrameSender own_;
    Clock::time_point own_until_;
};

} // namespace keavrf::relay
