// A DHCPv4 message in memory of the caller's: fields, the options a relay needs, and edits in place.
//
// parse() walks all options once: the options field, then `file`, then `sname` where option 52 says that they hold
// options too (RFC 2132 9.3, order of RFC 3396 5). After that every access is in bounds by construction. What it does
// not touch stays as it came, bytes after End included. No allocation, no exception.
#pragma once

#include "core/ip_address.hpp"
#include "dhcp/message_type.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace keavrf::dhcp {

inline constexpr std::uint16_t server_port = 67;
inline constexpr std::uint16_t client_port = 68;
// RFC 951: the fixed fields and 64 bytes of options; some clients and relays drop what is shorter.
inline constexpr std::size_t minimum_size = 300;

enum class Operation : std::uint8_t { request = 1, reply = 2 };

namespace option {
inline constexpr std::uint8_t pad = 0;
inline constexpr std::uint8_t requested_address = 50;
inline constexpr std::uint8_t overload = 52;
inline constexpr std::uint8_t message_type = 53;
inline constexpr std::uint8_t server_identifier = 54;
inline constexpr std::uint8_t client_identifier = 61;
inline constexpr std::uint8_t relay_information = 82;
inline constexpr std::uint8_t end = 255;
} // namespace option

// An address, or what an option holds, at most 255 bytes, repeats joined (RFC 3396).
struct OptionValue {
    std::array<std::uint8_t, 255> memory{};
    std::size_t size = 0;
    [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return {memory.data(), size}; }
};

class Message4 {
public:
    static constexpr std::size_t header_size = 236;
    static constexpr std::size_t cookie_size = 4;

    // `memory` is all that the message may ever grow into; its first `size` bytes are the message. Nothing where it is
    // malformed: shorter than header and cookie, no cookie (RFC 2131 3), hlen above 16, an option that runs past the
    // end of its field, an empty option 53. A missing End option is fine.
    static std::optional<Message4> parse(std::span<std::uint8_t> memory, std::size_t size) noexcept;

    [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return memory_.first(size_); }
    [[nodiscard]] std::span<std::uint8_t> bytes() noexcept { return memory_.first(size_); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    [[nodiscard]] std::uint8_t operation() const noexcept { return memory_[0]; }
    [[nodiscard]] std::uint8_t htype() const noexcept { return memory_[1]; }
    [[nodiscard]] std::uint8_t hlen() const noexcept { return memory_[2]; }
    [[nodiscard]] std::uint8_t hops() const noexcept { return memory_[3]; }
    [[nodiscard]] std::uint32_t xid() const noexcept { return number(4); }
    [[nodiscard]] Ipv4Address ciaddr() const noexcept { return Ipv4Address(number(12)); }
    [[nodiscard]] Ipv4Address yiaddr() const noexcept { return Ipv4Address(number(16)); }
    [[nodiscard]] Ipv4Address giaddr() const noexcept { return Ipv4Address(number(24)); }
    // hlen bytes.
    [[nodiscard]] std::span<const std::uint8_t> chaddr() const noexcept { return memory_.subspan(28, hlen()); }
    [[nodiscard]] bool broadcast_flag() const noexcept { return (memory_[10] & 0x80U) != 0; }
    [[nodiscard]] MessageType type() const noexcept { return type_; }

    void set_hops(std::uint8_t hops) noexcept { memory_[3] = hops; }
    void set_giaddr(Ipv4Address address) noexcept { set_number(24, address.value()); }
    void set_broadcast_flag() noexcept { memory_[10] |= 0x80U; }

    // The first, or one of four bytes in pieces (RFC 3396).
    [[nodiscard]] std::optional<Ipv4Address> server_identifier() const noexcept;
    // Every one that holds `from` holds `to` afterwards. True when there was one.
    bool replace_server_identifier(Ipv4Address from, Ipv4Address to) noexcept;

    [[nodiscard]] bool has_relay_information() const noexcept { return relay_information_count_ != 0; }
    // All of option 82, repeats joined; nothing where there is none, or more than 255 bytes.
    [[nodiscard]] std::optional<OptionValue> relay_information() const noexcept;
    // The same without a copy where it is one piece, as it mostly is: valid until the message changes. Otherwise it
    // lies in `joined`. Empty where relay_information() has nothing.
    [[nodiscard]] std::span<const std::uint8_t> relay_information(OptionValue& joined) const noexcept;
    // Puts one option 82 as the last before End, adding End where it was missing (RFC 3046 2.1), in place of all that
    // were there. Padding at the end makes room first. False, and nothing changed, where the value is longer than
    // 255 bytes or the message would be longer than `limit` (or its memory).
    bool set_relay_information(std::span<const std::uint8_t> value, std::size_t limit) noexcept;
    void remove_relay_information() noexcept;

    // Any option, repeats joined; nothing where there is none, or more than 255 bytes.
    [[nodiscard]] std::optional<OptionValue> find(std::uint8_t code) const noexcept;

    // Adds Pad bytes at the end up to `size`, as far as the memory goes.
    void pad_to(std::size_t size) noexcept;

private:
    // Where options stand: [begin, end) of the message.
    struct Field {
        std::size_t begin = 0;
        std::size_t end = 0;
    };
    explicit Message4(std::span<std::uint8_t> memory, std::size_t size) noexcept : memory_(memory), size_(size) {}

    [[nodiscard]] std::uint32_t number(std::size_t offset) const noexcept;
    void set_number(std::size_t offset, std::uint32_t value) noexcept;
    [[nodiscard]] std::array<Field, 3> fields() const noexcept;
    bool scan() noexcept;
    bool scan_field(Field field, bool main) noexcept;
    bool note(std::size_t offset, bool main) noexcept;
    // Calls visit(offset of the code byte) for every option of this code; the structure is known to be sound.
    template <class Visit>
    void each(std::uint8_t code, Visit visit) const noexcept;
    [[nodiscard]] std::size_t relay_information_size(Field field) const noexcept;
    void remove_from(Field field, bool main) noexcept;

    std::span<std::uint8_t> memory_;
    std::size_t size_ = 0;
    MessageType type_ = MessageType::bootp;
    std::uint8_t overload_ = 0;
    std::size_t server_identifier_count_ = 0;
    std::size_t server_identifier_at_ = 0;
    std::size_t relay_information_count_ = 0;
    std::size_t relay_information_at_ = 0;
    // Of End in the options field; where there is none, the end of its last option.
    std::size_t end_at_ = 0;
    bool has_end_ = false;
};

} // namespace keavrf::dhcp
