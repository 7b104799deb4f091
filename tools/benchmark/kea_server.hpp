// A real Kea in the server's namespace, for --kea.
#pragma once

#include "support/program.hpp"
#include "wiring.hpp"

namespace keavrf::bench {

class KeaServer {
public:
    // Starts it and waits until it serves; a failure ends the run with what Kea said. Its leases are files in memory.
    explicit KeaServer(const Wiring& wiring);
    [[nodiscard]] pid_t pid() const noexcept { return program_.pid(); }

    // Only started: whether and when it serves, the caller finds out.
    [[nodiscard]] static test::Program launch(const Wiring& wiring);

private:
    test::Program program_;
};

} // namespace keavrf::bench
