// One turn of a socket of Relay's: read a batch, decide on each, send what came of it.
#include "core/log.hpp"
#include "relay/relay.hpp"
#include "relay/udp_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace keavrf::relay {

namespace {

// About a VRF that is flooded.
constexpr std::chrono::minutes warn_every{1};
// Bytes in a port's socket, of its 1 MiB: about a hundred messages beside the quarter of the socket's room that the
// kernel may count though it is read already. Clients that wait for their answers have less under way.
constexpr std::size_t crowd = std::size_t{3} << 17U;

} // namespace

void Relay::look_first() const
{
    if (context_.io->look_first) {
        context_.io->look_first();
    }
}

bool Relay::port_turn(PortSocket& socket)
{
    look_first();
    if (!socket.is_open()) {
        return false;
    }
    auto* port = domain_.port(socket.index());
    auto& batch = context_.io->batch;
    const auto most = std::min(may_read(), PacketBatch::capacity);
    const int error = batch.receive(socket.descriptor(), most);
    if (error != 0) {
        const auto harmless = error == EAGAIN || error == EINTR;
        socket.failures += harmless ? 0 : 1;
        if (!harmless && (socket.failures >= failures_allowed || bound_interface_gone(socket.descriptor()))) {
            const auto gone = bound_interface_gone(socket.descriptor());
            fail_port(socket.index(), gone ? Error::from_errno("its interface is gone", ENODEV)
                                           : Error::from_errno("cannot receive", error));
            return false;
        }
        return true;
    }
    socket.failures = 0;
    if (batch.size() < most) { // nothing is left there
        port->share.crowded_since.reset();
    }
    count_overflow(socket.index(), socket.descriptor(), socket.overflow);
    const auto now = Clock::now();
    for (std::size_t number = 0; number < batch.size(); ++number) {
        request(batch.packet(number), *port, now);
    }
    flush(); // which may close this port
    if (domain_.admission().busy()) {
        ask_what_is_read();
        warn_of_flood(now);
    }
    if (vigil_.begin(now, batch.size(), context_.io->next_vigil)) {
        vigil_begun_.notify();
    }
    return true;
}

// What is held does not go to the server now, whether it keeps up or not.
std::size_t Relay::may_read()
{
    return waiting() || !domain_.serving() ? PacketBatch::capacity : domain_.admission().may_read(Clock::now());
}

bool Relay::must_wait(PortSocket& socket)
{
    socket.waits = may_read() == 0;
    if (socket.waits) {
        domain_.admission().waits(domain_.port(socket.index())->share, waiting_in(socket.descriptor()) > crowd,
                                  Clock::now());
    }
    return socket.waits;
}

void Relay::ask_what_is_read()
{
    if (domain_.admission().wants_probe(Clock::now())) {
        send_probe();
    }
}

void Relay::read_on()
{
    if (domain_.admission().in_flight() > Admission::resume) {
        return;
    }
    for (auto& [index, socket] : sockets_) {
        if (socket->waits) {
            socket->room.notify();
        }
    }
}

int Relay::uplink_turn(int descriptor, std::uint32_t& overflow)
{
    look_first();
    auto& batch = context_.io->batch;
    const int error = batch.receive(descriptor);
    if (error != 0) {
        return error == EAGAIN || error == EINTR ? 0 : error;
    }
    count_overflow({}, descriptor, overflow);
    const auto now = Clock::now();
    for (std::size_t number = 0; number < batch.size(); ++number) {
        answer(batch.packet(number), now);
    }
    vigil_.answered(now);
    flush();
    read_on();
    return 0;
}

// Sends what a turn has queued. A port whose interface is gone is closed afterwards: in between, its descriptor's
// number may stand in the queue.
void Relay::flush()
{
    failed_.reset();
    context_.io->batch.flush(
        [this](InterfaceIndex port, int descriptor, int error) { return not_sent(port, descriptor, error); });
    if (!failed_) {
        return;
    }
    const auto failure = *failed_;
    const auto socket = sockets_.find(failure);
    if (socket != sockets_.end() && bound_interface_gone(socket->second->descriptor())) {
        fail_port(failure, Error::from_errno("its interface is gone", ENODEV));
    }
}

// Another descriptor to send by, or -1.
int Relay::not_sent(InterfaceIndex port, int descriptor, int error)
{
    const auto socket = sockets_.find(port);
    if (error == EAGAIN && socket != sockets_.end()) {
        const auto other = socket->second->frames().after_full(descriptor);
        if (other >= 0) {
            return other;
        }
    }
    count_drop(port, DropReason::send_failed);
    failed_ = port;
    return -1;
}

void Relay::warn_of_flood(Clock::time_point now)
{
    if (warned_ && now - *warned_ < warn_every) {
        return;
    }
    std::string worst;
    std::uint64_t most = 0;
    for (const auto& [index, socket] : sockets_) {
        const auto& counters = counters_.ports.at(index);
        const auto refused = counters.v4.dropped(DropReason::server_busy);
        const auto since = refused - std::exchange(socket->warned_of, refused);
        if (since > most) {
            most = since;
            worst = counters.name;
        }
    }
    if (most == 0) {
        return;
    }
    warned_ = now;
    log::warning("relay.server-busy", context_.vrf,
                 "more requests come than Kea answers; those beyond are dropped and counted as server-busy. Interfaces "
                 "and kinds of messages share what it does; 'relay: {rate: N}' keeps one down that floods",
                 {{"interface", worst}});
}

} // namespace keavrf::relay
