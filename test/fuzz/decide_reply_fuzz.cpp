// The whole decision on what comes from Kea, after any requests in two VRFs that share all their addresses.
#include "fuzz/relay_lab.hpp"

namespace {

using namespace keavrf;
using fuzz::require;

InterfaceIndex port_of(const relay::ReplyDestination& to)
{
    return std::visit(
        [](const auto& where) {
            if constexpr (std::is_same_v<std::decay_t<decltype(where)>, relay::Drop>) {
                return InterfaceIndex();
            } else {
                return where.port;
            }
        },
        to);
}

void ask(relay::Domain& domain, int first_port, fuzz::Input& input, relay::TimePoint now)
{
    auto& port = *domain.port(InterfaceIndex(first_port + static_cast<int>(input.number(3))));
    fuzz::Slot slot(input.block());
    if (slot.message) {
        const relay::Arrival arrival{Ipv4Address(), Ipv4Address(0xffffffff), now, 67};
        static_cast<void>(client_to_server(domain, port, *slot.message, arrival));
    }
}

void check_delivered(relay::Domain& domain, const fuzz::Slot& slot, const relay::ReplyDestination& to)
{
    const auto& after = *slot.message;
    auto* port = domain.port(port_of(to));
    require(port != nullptr, "only by a port of this VRF");
    require(after.size() >= dhcp::minimum_size, "never below 300 bytes");
    require(after.size() <= std::max(slot.before.size(), dhcp::minimum_size), "never longer than it came");
    require(std::equal(slot.before.begin(), slot.before.begin() + 10, after.bytes().begin()) &&
                std::equal(slot.before.begin() + 12, slot.before.begin() + 44, after.bytes().begin() + 12),
            "the header is untouched but for the flags");
    require(fuzz::options(slot.before, {54, 82}) == fuzz::options(after.bytes(), {54, 82}), "all other options pass");
    if (const auto* relay = std::get_if<relay::ToRelay>(&to)) {
        require(domain.downstream(relay->giaddr) != nullptr && after.giaddr() == relay->giaddr, "a relay heard here");
        require(fuzz::count(slot.before, 82) == fuzz::count(after.bytes(), 82), "its option 82 is its own");
    } else {
        require(after.giaddr().unspecified() || domain.own(after.giaddr()), "giaddr is one of this VRF");
        require(port->config.relay.trusted || fuzz::count(after.bytes(), 82) == 0, "no client sees our option 82");
    }
    if (const auto* frame = std::get_if<relay::Frame>(&to)) {
        require((frame->chaddr[0] & 1U) == 0 && after.size() + dhcp::ip_udp_size <= port->config.mtu, "a frame fits");
    }
    const auto source = std::visit(
        [](const auto& where) {
            if constexpr (std::is_same_v<std::decay_t<decltype(where)>, relay::Drop>) {
                return Ipv4Address();
            } else {
                return where.source;
            }
        },
        to);
    require(domain.own(source), "it comes from an address of this VRF");
}

void answer(fuzz::RelayLab& lab, relay::Domain& domain, fuzz::Bytes bytes)
{
    fuzz::Slot slot(bytes);
    if (!slot.message) {
        return;
    }
    const auto decision = server_to_client(domain, *slot.message, lab.now);
    if (std::holds_alternative<relay::Drop>(decision.to)) {
        require(slot.unchanged() && slot.message->size() == slot.before.size(), "a dropped message is as it came");
        return;
    }
    check_delivered(domain, slot, decision.to);
    std::vector<std::uint8_t> copy(slot.message->bytes().begin(), slot.message->bytes().end());
    const auto again = dhcp::Message4::parse(copy, copy.size());
    require(again && again->type() == slot.message->type(), "it can be parsed again");
}

} // namespace

FUZZ_TARGET(decide_reply)
{
    fuzz::Input input(bytes);
    fuzz::RelayLab lab(input);
    const auto requests = input.number(4);
    for (unsigned number = 0; number < requests; ++number) {
        const auto in_red = input.number(2) == 0;
        ask(in_red ? lab.red : lab.blue, in_red ? 2 : 12, input, lab.now);
    }
    lab.now += std::chrono::milliseconds(5);
    while (!input.empty()) {
        const auto reply = input.block();
        answer(lab, lab.red, reply);
        answer(lab, lab.blue, reply);
    }
}
