// The DHCPv4 message: views and every edit, in memory that is exactly as long as it is said to be.
#include "dhcp/describe4.hpp"
#include "dhcp/message4.hpp"
#include "fuzz/target.hpp"

#include <string>

namespace {

using keavrf::Ipv4Address;
using keavrf::dhcp::Message4;
using keavrf::dhcp::OptionValue;
using keavrf::fuzz::require;

constexpr Ipv4Address ours(0x0a000001);
constexpr Ipv4Address keas(0xa9fe0102);

bool same(std::span<const std::uint8_t> left, std::span<const std::uint8_t> right)
{
    return std::equal(left.begin(), left.end(), right.begin(), right.end());
}

void look(const Message4& message)
{
    for (unsigned code = 1; code < 255; ++code) {
        static_cast<void>(message.find(static_cast<std::uint8_t>(code)));
    }
    const auto words = keavrf::dhcp::client_text(message);
    require(std::all_of(words.begin(), words.end(), [](char c) { return c >= 0x20 && c < 0x7f; }), "printable ASCII");
    static_cast<void>(keavrf::dhcp::subject_address(message));
    OptionValue joined;
    const auto copy = message.relay_information();
    require(!copy || same(copy->bytes(), message.relay_information(joined)), "both ways to read option 82 agree");
}

// What it is now, read again from its bytes.
void check_readable(const Message4& message)
{
    std::vector<std::uint8_t> bytes(message.bytes().begin(), message.bytes().end());
    const auto again = Message4::parse(bytes, bytes.size());
    require(again.has_value(), "an edited message can be parsed");
    require(again->type() == message.type(), "an edit keeps option 53");
    require(again->server_identifier() == message.server_identifier(), "what is remembered of option 54 is so");
    require(again->has_relay_information() == message.has_relay_information(), "and of option 82");
    OptionValue first;
    OptionValue second;
    require(same(again->relay_information(first), message.relay_information(second)), "and what it holds");
}

void edit(Message4& message, keavrf::fuzz::Input& input)
{
    const auto before = message.size();
    switch (input.number(5)) {
    case 0: {
        const auto value = input.block();
        const auto limit = std::size_t{input.byte()} * 8;
        if (message.set_relay_information(value, limit)) {
            require(message.size() <= std::max(limit, std::size_t{0}), "never longer than the limit");
            OptionValue joined;
            require(same(message.relay_information(joined), value), "what was set is there");
        } else {
            require(message.size() == before, "nothing changed");
        }
        break;
    }
    case 1:
        message.remove_relay_information();
        require(!message.has_relay_information() && message.size() <= before, "option 82 is gone");
        break;
    case 2: {
        const auto had = message.server_identifier() == ours;
        require(message.replace_server_identifier(ours, keas) || !had, "option 54 was replaced");
        require(message.server_identifier() != ours, "and is not there any more");
        break;
    }
    case 3:
        message.pad_to(std::size_t{input.byte()} * 4);
        break;
    default:
        message.set_hops(input.byte());
        message.set_giaddr(ours);
        message.set_broadcast_flag();
    }
}

} // namespace

FUZZ_TARGET(message4)
{
    keavrf::fuzz::Input input(bytes);
    const auto room = std::size_t{input.byte()} * 2;
    const auto edits = input.block();
    const auto data = input.rest();
    std::vector<std::uint8_t> memory(data.begin(), data.end());
    memory.resize(data.size() + room);
    auto message = Message4::parse(memory, data.size());
    if (!message) {
        require(same(std::span(memory).first(data.size()), data), "a refused message is as it was");
        return;
    }
    look(*message);
    for (keavrf::fuzz::Input more(edits); !more.empty();) {
        edit(*message, more);
        check_readable(*message);
    }
}
