// Sends Ethernet frames on any interface of the host namespace. One for the process: it receives nothing (protocol 0,
// man 7 packet), so it costs nothing while it is idle.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

namespace keavrf::relay {

class FrameSender {
public:
    FrameSender() = default;
    // In the current network namespace.
    static Result<FrameSender> open();
    [[nodiscard]] int descriptor() const noexcept { return socket_.get(); }

private:
    UniqueFd socket_;
};

} // namespace keavrf::relay
