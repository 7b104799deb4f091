// What the kernel says over netlink: messages, attributes, links, addresses, routes, neighbours, answers.
#include "fuzz/target.hpp"
#include "netlink/exchange.hpp"
#include "netlink/rtnetlink.hpp"

namespace {

namespace netlink = keavrf::netlink;

void read(const netlink::Message& message)
{
    static_cast<void>(netlink::parse_link(message));
    static_cast<void>(netlink::parse_route(message));
    static_cast<void>(netlink::parse_neighbour(message));
    const auto address = netlink::parse_address(message);
    if (address && *address) {
        keavrf::fuzz::require((*address)->same_place(**address) && !(*address)->str().empty(), "an address is itself");
    }
    const auto once = netlink::parse_event(message);
    const auto again = netlink::parse_event(message.whole);
    keavrf::fuzz::require(once.has_value() == again.has_value() && (!once || *once == *again), "read the same twice");
}

} // namespace

FUZZ_TARGET(netlink)
{
    netlink::MessageReader reader(bytes);
    while (const auto message = reader.next()) {
        read(*message);
    }
    static_cast<void>(netlink::parse_event(bytes));
    netlink::Exchange exchange(bytes.empty() ? 0U : bytes[0]);
    for (keavrf::fuzz::Input input(bytes); !input.empty() && exchange.state() == netlink::Exchange::State::waiting;) {
        exchange.feed(input.take(1 + std::size_t{64} * input.byte()));
    }
    static_cast<void>(exchange.error("it").message());
    static_cast<void>(exchange.take_replies());
}
