// One VRF's relay: a port on each client interface, an uplink to its Kea, and the road between them (DESIGN section 5).
//
// Owned by the instance. Ports and the uplink come and go at any time between construction and the end of run(); each
// has a coroutine of its own, so one that is flooded takes its turn like the others, one bounded batch at a time.
// run() lasts until it is cancelled; then every socket is closed. A relay whose run() was never awaited must not have
// opened anything.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/task_group.hpp"
#include "core/types.hpp"
#include "core/wakeup.hpp"
#include "dhcp/frame.hpp"
#include "relay/counters.hpp"
#include "relay/decide4.hpp"
#include "relay/domain.hpp"
#include "relay/hold_queue.hpp"
#include "relay/packet_batch.hpp"
#include "relay/port_config.hpp"
#include "relay/port_socket.hpp"
#include "relay/probe.hpp"
#include "relay/route_lookup.hpp"
#include "relay/routed_sender.hpp"
#include "relay/uplink.hpp"
#include "relay/vigil.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keavrf::relay {

// What all relays of the process share; one thread, so one batch of packets in memory at a time.
struct SharedIo {
    PacketBatch batch;
    Clock::time_point next_vigil;
    TokenBucket resolutions = resolutions_of_host();
    std::shared_ptr<FrameSenders> frames;
    // Called before each batch is read: who knows that an interface has left its VRF closes its port then, and not when
    // its own turn comes. May be empty.
    std::function<void()> look_first;

    // On the thread that relays: it also changes how this thread is scheduled (scheduling.hpp). Fails where no packet
    // socket can be opened, without which no port can.
    static Result<std::unique_ptr<SharedIo>> open();
};

struct RelayContext {
    VrfName vrf;
    std::string host;          // for ${host}
    Ipv4Address relay_address; // this end of the pair
    Ipv4Address kea_address;   // Kea's end
    // Of both ends of the pair. With them requests go to Kea as frames, which costs the kernel less; otherwise by UDP.
    LinkAddress relay_mac;
    LinkAddress kea_mac;
    SharedIo* io = nullptr; // outlives the relay
    // The hub as it is now: a descriptor borrowed for the call, -1 where there is none. Asked by open_uplink().
    std::function<int()> hub_namespace;
    // The port's socket says that the interface is gone; it is closed already. May be empty.
    std::function<void(InterfaceIndex, const Error&)> on_port_failed;
    // The sockets towards Kea cannot be read any more, and are closed already. May be empty.
    std::function<void(const Error&)> on_uplink_failed;
    // While held (hold()): at most so much, and for so long. Kea takes a new configuration in milliseconds, but reads
    // its leases again then, a million of them in half a minute.
    HoldLimits hold_limits;
    Clock::duration hold_time = std::chrono::minutes(1);
};

// For `watch`: one message on its way. The views live as long as the call.
struct ExchangeEvent {
    enum class Direction { to_server, to_client };
    Direction direction = Direction::to_server;
    const VrfName& vrf;
    std::string_view interface; // empty where no port can be named
    std::string client;
    dhcp::MessageType type = dhcp::MessageType::bootp;
    std::optional<Ipv4Address> address;
    std::optional<Clock::duration> answer_time;
    std::optional<DropReason> dropped;
};
using Observer = std::function<void(const ExchangeEvent&)>;

class Relay {
public:
    Relay(asio::any_io_executor executor, RelayContext context);
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;
    ~Relay();

    // Once; ends by cancellation alone, with operation_aborted.
    asio::awaitable<void> run();

    // "port eth1: cannot bind 0.0.0.0:67: Address already in use (...)". An open port of this index is replaced.
    Result<void> open_port(const PortConfig& config);
    // In place: same socket, counters, exchanges. Nothing happens where the port is not open.
    void update_port(const PortConfig& config);
    void close_port(InterfaceIndex index);
    // The same where its interface is another's by now: what was heard there goes no further, be it in the socket or
    // held. How many messages that were; each is counted as `moved`.
    std::size_t abandon_port(InterfaceIndex index);
    [[nodiscard]] bool port_open(InterfaceIndex index) const { return sockets_.contains(index); }

    // The relay's end of the pair in the hub; `name` is for messages. An open uplink is replaced.
    Result<void> open_uplink(InterfaceIndex index, const std::string& name);
    void close_uplink();
    [[nodiscard]] bool uplink_open() const noexcept { return uplink_ != nullptr; }
    // By which interface of the hub it is open.
    [[nodiscard]] std::optional<InterfaceIndex> uplink() const
    {
        return uplink_ ? std::optional(uplink_->index()) : std::nullopt;
    }

    // Through which "through the VRF" goes; 0 for `device: none`.
    void set_device(InterfaceIndex device) noexcept { device_ = device; }
    void set_own_addresses(std::vector<Ipv4Address> addresses) { domain_.set_own_addresses(std::move(addresses)); }
    // The subnets in Kea's configuration: for renewals by clients behind downstream relays.
    void set_subnets(const std::vector<Ipv4Prefix>& subnets) { domain_.set_subnets(subnets); }
    // False: requests are dropped as `no-server`.
    void set_serving(bool serving) noexcept;
    // While true, requests wait; then they go out in order, paced so that Kea's socket buffer takes them, as soon as
    // the server serves. Those that wait when hold_time has passed are dropped as `no-server`, and so are all others
    // until the hold ends: sent into the gap they would be lost to nobody's knowledge.
    void hold(bool holding);
    // While held: returns when this server has read all that was sent to it, so that it loses nothing when it opens its
    // socket anew; after 1 s in any case. From then on releases are paced by what it has not read.
    asio::awaitable<void> async_drain(ProcessId server);

    // Each message that was read is counted once: as forwarded or delivered when the kernel has taken it, else as
    // dropped; those that are held, not yet.
    [[nodiscard]] const RelayCounters& counters() const noexcept { return counters_; }
    [[nodiscard]] std::size_t held() const noexcept { return held_.size(); }
    // When Kea last answered anything; nothing before its first answer on this uplink.
    [[nodiscard]] std::optional<Clock::time_point> last_answer() const noexcept { return last_answer_; }
    // Sends Kea a probe (probe.hpp); false where there is no uplink. Counted nowhere, and seen by no observer.
    bool send_probe();
    // When Kea last answered the last of them.
    [[nodiscard]] std::optional<Clock::time_point> probe_answered() const noexcept { return probe_answered_; }
    // For `watch`; an empty function costs nothing per packet. It is called in the middle of a turn and must not change
    // the relay.
    void set_observer(Observer observer) { observer_ = std::move(observer); }

private:
    using SocketPointer = std::shared_ptr<PortSocket>;
    using UplinkPointer = std::shared_ptr<Uplink>;
    enum class Side { server, client };
    // A read that fails so often in a row will not succeed again; going on would spin.
    static constexpr unsigned failures_allowed = 16;

    asio::awaitable<void> serve_port(SocketPointer socket);
    asio::awaitable<void> serve_uplink(UplinkPointer uplink, Side side);
    asio::awaitable<void> serve_held();
    asio::awaitable<void> serve_vigil();

    // One turn: read a batch, decide, send. False when the socket is of no use any more.
    bool port_turn(PortSocket& socket);
    void look_first() const;
    // How many requests a port may read now; none: the server has enough for the moment.
    [[nodiscard]] std::size_t may_read();
    [[nodiscard]] bool must_wait(PortSocket& socket);
    // Sends a probe where only its answer can tell.
    void ask_what_is_read();
    // Wakes the ports that wait, when the server has read enough.
    void read_on();
    // The errno of a read that has failed, else 0.
    int uplink_turn(int descriptor, std::uint32_t& overflow);
    // After a read: counts what the kernel had no room for since the last time.
    void count_overflow(InterfaceIndex port, int descriptor, std::uint32_t& counted) noexcept;
    void request(const Packet& packet, Port& port, Clock::time_point now);
    void forward(const Packet& packet, const dhcp::Message4& message, InterfaceIndex port);
    // Queues it for sending to Kea.
    void send_datagram(std::span<const std::uint8_t> bytes, InterfaceIndex port, dhcp::MessageType type);
    void answer(const Packet& packet, Clock::time_point now);
    // Queues it for sending; returns the port it goes out by.
    InterfaceIndex deliver(const Packet& packet, const dhcp::Message4& message, const ReplyDestination& destination);
    void send_udp(const dhcp::Message4& message, InterfaceIndex port, Ipv4Address to, std::uint16_t to_port,
                  InterfaceIndex through, Ipv4Address source);
    // To an address and port wherever the VRF's routes lead; a failure is the port's.
    struct Routed {
        InterfaceIndex port;
        Ipv4Address source;
        Ipv4Address to;
        std::uint16_t to_port = 0;
    };
    // By which interface what is routed goes: the VRF device, or without one an interface of this domain's; nothing
    // where none of these leads there.
    std::optional<InterfaceIndex> way_to(Ipv4Address address, InterfaceIndex port);
    void send_routed(const Packet& packet, const dhcp::Message4& message, const Routed& routed);
    void send_frame(const Packet& packet, const dhcp::Message4& message, const Frame& frame);
    void send_held(std::size_t most);
    void flush();
    int not_sent(InterfaceIndex port, int descriptor, int error);
    // Its Kea does not keep up with what comes; at most once a minute, naming the port that was refused most since.
    void warn_of_flood(Clock::time_point now);

    // Requests queue up: a hold, or what is left of one.
    [[nodiscard]] bool waiting() const noexcept { return (holding_ && !gave_up_) || !held_.empty(); }
    void update_serving() noexcept;
    void give_up_held();
    void fail_port(InterfaceIndex index, const Error& error);
    void fail_uplink(const Error& error);
    void close_all() noexcept;
    // What counts a message of this port once it is sent; null where the port is closed.
    [[nodiscard]] std::uint64_t* forwarded(InterfaceIndex port, dhcp::MessageType type) noexcept;
    [[nodiscard]] std::uint64_t* delivered(InterfaceIndex port, dhcp::MessageType type) noexcept;
    void count_drop(InterfaceIndex port, DropReason reason, std::uint64_t count = 1) noexcept;
    void drop_request(const Port& port, DropReason reason, const dhcp::Message4* message);
    void drop_answer(InterfaceIndex port, DropReason reason, const dhcp::Message4* message);
    [[nodiscard]] ExchangeEvent event_of(ExchangeEvent::Direction direction, InterfaceIndex port,
                                         const dhcp::Message4* message) const;
    void tell(const ExchangeEvent& event);

    asio::any_io_executor executor_;
    RelayContext context_;
    Domain domain_;
    InterfaceIndex device_;
    bool serving_ = false;
    std::map<InterfaceIndex, SocketPointer> sockets_;
    RoutedSender routed_; // opened when it is needed
    RouteLookup routes_;
    UplinkPointer uplink_;
    RelayCounters counters_;
    Observer observer_;
    std::optional<Clock::time_point> last_answer_;
    std::optional<dhcp::FrameAddresses> to_kea_; // nothing: by UDP
    Probe probe_;
    std::optional<Clock::time_point> probe_answered_;
    HoldQueue held_;
    bool holding_ = false;
    bool gave_up_ = false;                        // this hold is longer than requests wait
    std::optional<Clock::time_point> hold_until_; // while anything waits, or may
    ProcessId server_;                            // whose backlog paces releases
    Wakeup held_changed_;
    std::optional<Clock::time_point> warned_; // of a flood
    Vigil vigil_;
    Wakeup vigil_begun_;
    std::optional<InterfaceIndex> failed_; // the last that failed in the batch being sent
    TaskGroup tasks_;
};

} // namespace keavrf::relay
