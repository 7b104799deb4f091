// Sends Ethernet frames. It receives nothing (protocol 0, man 7 packet), so it costs nothing while it is idle.
#pragma once

#include "core/error.hpp"
#include "core/types.hpp"
#include "core/unique_fd.hpp"

namespace keavrf::relay {

class FrameSender {
public:
    FrameSender() = default;
    // In the current network namespace; on any of its interfaces, or on the one that is named.
    static Result<FrameSender> open();
    static Result<FrameSender> open_on(InterfaceIndex interface);
    [[nodiscard]] int descriptor() const noexcept { return socket_.get(); }

private:
    UniqueFd socket_;
};

} // namespace keavrf::relay
