// ISC dhclient, dhcpcd and BusyBox udhcpc, each in a client's namespace with folders of its own. Their scripts put the
// address on the namespace's interface and write one line an event: "<reason> <address> <server identifier>".
#pragma once

#include "support/network.hpp"
#include "support/program.hpp"

#include <optional>
#include <string>
#include <vector>

namespace keavrf::test {

// They have timers of their own (dhcpcd probes an address for 5 s, udhcpc waits half a lease), which a busy machine
// stretches: longer than the patience with what answers at once. Only a failing test takes this long.
inline constexpr Milliseconds client_patience = 90s;

enum class ClientKind { dhclient, dhcpcd, udhcpc };
std::string to_string(ClientKind kind);

struct ClientEvent {
    std::string reason;
    std::string address;
    std::string server;
};

class RealClient {
public:
    // On "eth0" of the namespace. `refuse`: an address that the script refuses (dhclient declines it).
    RealClient(ClientKind kind, const ClientNamespace& where, const std::string& refuse = {});

    [[nodiscard]] std::vector<ClientEvent> events() const;
    // Waits for an event of one of these reasons, with an address, after the first `seen` events.
    [[nodiscard]] std::optional<ClientEvent> wait_for(const std::vector<std::string>& reasons, std::size_t seen = 0,
                                                      Milliseconds deadline = client_patience) const;
    // The first lease: BOUND, or what the client calls it.
    [[nodiscard]] std::optional<ClientEvent> bound() const;
    // Before its T1: udhcpc heeds no T1 and waits for half the lease, so it is told to renew now. The others renew by
    // the T1 that the server gave them.
    void hasten_renewal();
    // Waits for the report that a request which held an address was granted. In REBINDING only dhcpcd calls it REBIND.
    [[nodiscard]] std::optional<ClientEvent> renewed(std::size_t seen = 0) const
    {
        return wait_for({"RENEW", "REBIND", "renew"}, seen);
    }
    // Gives the lease back and ends.
    void release();
    [[nodiscard]] Program& program() noexcept { return program_; }
    [[nodiscard]] std::string said() const { return program_.output() + program_.errors(); }

private:
    [[nodiscard]] std::vector<std::string> command() const;
    [[nodiscard]] ProgramOptions options(int network_namespace) const;

    ClientKind kind_;
    int namespace_;
    std::string folder_;
    std::string refuse_;
    Program program_;
};

} // namespace keavrf::test
