#include "packet.hpp"

#include "dhcp/frame.hpp"

#include <algorithm>

namespace keavrf::bench {

namespace {

// In a frame.
constexpr std::size_t source_mac = 6;
constexpr std::size_t destination_port = 36;
constexpr std::size_t udp_checksum = 40;
// In a message.
constexpr std::size_t xid_field = 4;
constexpr std::size_t yiaddr_field = 16;
constexpr std::size_t chaddr_field = 28;
constexpr std::size_t options_field = 240;
// The values of options 50 and 54 in a REQUEST as client_frame() builds it: 53 takes three bytes, 50 six.
constexpr std::size_t requested_value = options_field + 3 + 2;
constexpr std::size_t server_value = requested_value + 4 + 2;

constexpr std::size_t smallest_message = 300;

// Codes and values, one by one, until End or the end.
template <class Function>
void for_each_option(std::span<const std::uint8_t> message, Function&& look)
{
    for (std::size_t at = options_field; at + 1 < message.size() && message[at] != 255;) {
        if (message[at] == 0) {
            ++at;
            continue;
        }
        const std::size_t size = message[at + 1];
        if (at + 2 + size > message.size()) {
            return;
        }
        look(message[at], message.subspan(at + 2, size), message.subspan(at, size + 2));
        at += size + 2;
    }
}

std::size_t put_option(std::span<std::uint8_t> out, std::size_t at, std::uint8_t code, std::uint32_t value)
{
    out[at] = code;
    out[at + 1] = 4;
    write32(out, at + 2, value);
    return at + 6;
}

} // namespace

std::uint32_t read32(std::span<const std::uint8_t> bytes, std::size_t offset)
{
    return (std::uint32_t{bytes[offset]} << 24U) | (std::uint32_t{bytes[offset + 1]} << 16U) |
           (std::uint32_t{bytes[offset + 2]} << 8U) | bytes[offset + 3];
}

void write32(std::span<std::uint8_t> bytes, std::size_t offset, std::uint32_t value)
{
    for (std::size_t i = 0; i < 4; ++i) {
        bytes[offset + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
    }
}

test::Bytes client_frame(std::uint8_t type, const Road& road)
{
    test::DhcpFrame frame;
    frame.source_mac = road.source;
    frame.destination_mac = road.destination;
    frame.source = road.giaddr ? road.relay_address : Ipv4Address();
    frame.destination = road.giaddr ? road.server : Ipv4Address(0xffffffffU);
    frame.source_port = road.giaddr ? 67 : 68;
    frame.destination_port = 67;
    frame.message.giaddr = road.giaddr.value_or(Ipv4Address());
    frame.message.hops = road.giaddr ? 1 : 0;
    frame.message.chaddr = {0x02, 0x6c, 0, 0, 0, 0};
    frame.message.add(test::option::message_type, test::Bytes{type});
    if (type == test::type::request) {
        frame.message.add(test::option::requested_address, Ipv4Address());
        frame.message.add(test::option::server_id, Ipv4Address());
    }
    frame.message.add(test::option::parameters, test::Bytes{1, 3, 6, 15, 51, 54});
    auto bytes = frame.encode();
    bytes[udp_checksum] = 0;
    bytes[udp_checksum + 1] = 0;
    return bytes;
}

void set_client(std::span<std::uint8_t> frame, std::uint32_t xid, std::uint32_t client, bool relayed)
{
    write32(frame, headers_size + xid_field, xid);
    write32(frame, headers_size + chaddr_field + 2, client);
    if (!relayed) {
        frame[source_mac] = 0x02;
        frame[source_mac + 1] = 0x6c;
        write32(frame, source_mac + 2, client);
    }
}

void set_request(std::span<std::uint8_t> frame, Ipv4Address requested, Ipv4Address server)
{
    write32(frame, headers_size + requested_value, requested.value());
    write32(frame, headers_size + server_value, server.value());
}

std::optional<Answer> read_answer(std::span<const std::uint8_t> frame)
{
    if (frame.size() < headers_size + options_field || frame[12] != 0x08 || frame[13] != 0x00 || frame[14] != 0x45 ||
        frame[destination_port] != 0 || (frame[destination_port + 1] != 67 && frame[destination_port + 1] != 68) ||
        frame[headers_size] != 2) {
        return std::nullopt;
    }
    const auto message = frame.subspan(headers_size);
    Answer answer;
    answer.xid = read32(message, xid_field);
    answer.address = Ipv4Address(read32(message, yiaddr_field));
    for_each_option(message, [&](std::uint8_t code, auto value, auto) {
        if (code == test::option::message_type && value.size() == 1) {
            answer.type = value[0];
        } else if (code == test::option::server_id && value.size() == 4) {
            answer.server = Ipv4Address(read32(value, 0));
        }
    });
    return answer;
}

std::size_t write_server_answer(std::span<const std::uint8_t> request, std::span<std::uint8_t> answer, Ipv4Address self,
                                Ipv4Address pool)
{
    constexpr std::size_t room = options_field + 3 + 4 * std::size_t{6} + 257 + 1;
    if (request.size() <= options_field || request[0] != 1 || answer.size() < room) {
        return 0;
    }
    std::uint8_t type = 0;
    std::span<const std::uint8_t> option82;
    for_each_option(request, [&](std::uint8_t code, auto value, auto whole) {
        if (code == test::option::message_type && value.size() == 1) {
            type = value[0];
        } else if (code == test::option::relay_agent) {
            option82 = whole;
        }
    });
    std::copy_n(request.begin(), options_field, answer.begin());
    answer[0] = 2;
    answer[3] = 0;
    // 256 addresses: relays that teach the kernel each client's must not fill its neighbour table.
    write32(answer, yiaddr_field, pool.value() | request[chaddr_field + 5]);
    std::size_t at = options_field;
    answer[at] = test::option::message_type;
    answer[at + 1] = 1;
    answer[at + 2] = type == test::type::discover ? test::type::offer : test::type::ack;
    at = put_option(answer, at + 3, test::option::server_id, self.value());
    at = put_option(answer, at, test::option::lease_time, 3600);
    at = put_option(answer, at, test::option::subnet_mask, 0xffff0000U);
    at = put_option(answer, at, test::option::routers, read32(request, 24));
    std::copy(option82.begin(), option82.end(), answer.begin() + static_cast<std::ptrdiff_t>(at));
    at += option82.size();
    answer[at++] = 255;
    while (at < smallest_message) {
        answer[at++] = 0;
    }
    return at;
}

} // namespace keavrf::bench
