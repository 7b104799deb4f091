// The whole decision on what clients send: several messages, any settings.
#include "fuzz/relay_lab.hpp"

namespace {

using namespace keavrf;
using fuzz::require;

void check_forwarded(const fuzz::Slot& slot, const relay::Port& port, const relay::Domain& domain)
{
    const auto& after = *slot.message;
    const fuzz::Bytes before(slot.before);
    require(after.size() >= dhcp::minimum_size, "never below 300 bytes");
    require(after.size() <= std::max({before.size(), port.limits.longer, dhcp::minimum_size}), "never past the MTU");
    require(after.hops() == before[3] + 1, "one hop more");
    require(std::equal(before.begin(), before.begin() + 3, after.bytes().begin()) &&
                std::equal(before.begin() + 4, before.begin() + 24, after.bytes().begin() + 4) &&
                std::equal(before.begin() + 28, before.begin() + 44, after.bytes().begin() + 28),
            "the header is untouched but for hops and giaddr");
    require(fuzz::options(before, {54, 82}) == fuzz::options(after.bytes(), {54, 82}), "all other options pass");
    const auto relayed = std::any_of(before.begin() + 24, before.begin() + 28, [](auto byte) { return byte != 0; });
    if (relayed) {
        require(std::equal(before.begin() + 24, before.begin() + 28, after.bytes().begin() + 24), "giaddr is theirs");
        require(port.config.relay.trusted && !domain.own(after.giaddr()), "of a relay that is trusted");
        require(fuzz::count(before, 82) == fuzz::count(after.bytes(), 82), "and so is option 82");
    } else {
        require(after.giaddr() == *port.config.giaddr, "giaddr is the port's");
    }
    const auto server = after.server_identifier();
    require(!server || !domain.own(*server), "option 54 never names the relay to Kea");
}

// What was forwarded is read the same again, and would not be taken for a client's.
void check_again(const fuzz::Slot& slot, const relay::Port& port)
{
    std::vector<std::uint8_t> copy(slot.message->bytes().begin(), slot.message->bytes().end());
    const auto again = dhcp::Message4::parse(copy, copy.size());
    require(again && again->type() == slot.message->type(), "it can be parsed again");
    require(again->giaddr() == slot.message->giaddr() && again->hops() == slot.message->hops(), "and is the same");
    require(port.exchanges.size() <= port.exchanges.limit(), "the table of exchanges is bounded");
}

void hear(fuzz::RelayLab& lab, fuzz::Input& input)
{
    static constexpr std::array<Ipv4Address, 4> destinations{Ipv4Address(0xffffffff), fuzz::eth1_address,
                                                             fuzz::eth2_address, Ipv4Address(0xc0a801ff)};
    auto& port = *lab.red.port(InterfaceIndex(2 + static_cast<int>(input.number(3))));
    relay::Arrival arrival{Ipv4Address(), destinations.at(input.number(4)), lab.now, 1067};
    fuzz::Slot slot(input.block());
    if (!slot.message) {
        return;
    }
    const auto decision = client_to_server(lab.red, port, *slot.message, arrival);
    if (std::holds_alternative<relay::Drop>(decision)) {
        require(slot.unchanged() && slot.message->size() == slot.before.size(), "a dropped message is as it came");
        return;
    }
    check_forwarded(slot, port, lab.red);
    check_again(slot, port);
    // A loop: our own giaddr comes back.
    if (slot.message->giaddr() == *port.config.giaddr) {
        const auto second = client_to_server(lab.red, port, *slot.message, arrival);
        require(std::holds_alternative<relay::Drop>(second), "what was forwarded is not forwarded again");
    }
}

} // namespace

FUZZ_TARGET(decide_request)
{
    fuzz::Input input(bytes);
    fuzz::RelayLab lab(input);
    while (!input.empty()) {
        hear(lab, input);
        lab.now += std::chrono::milliseconds(1);
    }
}
