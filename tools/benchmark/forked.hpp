// Relays that the bench runs in a child of its own: keavrfd's, and one without any logic.
#pragma once

#include "wiring.hpp"

#include <sys/types.h>

#include <functional>

namespace keavrf::bench {

// A copy of this process that does its work in the host's namespace until it is killed, with the object at the latest.
class ForkedChild {
public:
    explicit ForkedChild(const std::function<void()>& work);
    ForkedChild(const ForkedChild&) = delete;
    ForkedChild& operator=(const ForkedChild&) = delete;
    ~ForkedChild();
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

private:
    pid_t pid_ = 0;
};

// keavrf_relay with one port and one uplink, as an instance runs it; the default settings, option 82 with them.
void run_keavrfd_relay(const Wiring& wiring);
// giaddr, hops and nothing else: recvmmsg, sendmmsg, answers as frames. What the kernel lets through at most.
// With frames both ways it shows what is left when the kernel does not route either.
enum class ToServer { datagrams, frames };
void run_plain_relay(ToServer to_server);

} // namespace keavrf::bench
