// ISC dhclient, dhcpcd and BusyBox udhcpc, each in a client's namespace with folders of its own. Their scripts put the
// address on the namespace's interface and write one line an event: "<reason> <address> <server identifier>".
#pragma once

#include "support/network.hpp"
#include "support/program.hpp"

#include <optional>
#include <string>
#include <vector>

namespace keavrf::test {

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
                                                      Milliseconds deadline = 40s) const;
    // The first lease: BOUND, or what the client calls it.
    [[nodiscard]] std::optional<ClientEvent> bound() const;
    // Asks for a renewal now, where the client can be told to (dhclient cannot: it renews by its timers).
    void ask_to_renew();
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
