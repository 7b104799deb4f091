#include "dhcp/message4.hpp"

#include <algorithm>
#include <cstring>

namespace keavrf::dhcp {

namespace {

constexpr std::array<std::uint8_t, 4> cookie{0x63, 0x82, 0x53, 0x63};
constexpr std::size_t options_begin = Message4::header_size + Message4::cookie_size;
constexpr std::size_t sname_begin = 44;
constexpr std::size_t file_begin = 108;
constexpr std::uint8_t overload_file = 1;
constexpr std::uint8_t overload_sname = 2;

void move_bytes(std::span<std::uint8_t> memory, std::size_t to, std::size_t from, std::size_t count) noexcept
{
    if (count != 0) {
        std::memmove(memory.data() + to, memory.data() + from, count);
    }
}

} // namespace

std::optional<Message4> Message4::parse(std::span<std::uint8_t> memory, std::size_t size) noexcept
{
    Message4 message(memory, size);
    if (size > memory.size() || !message.scan()) {
        return std::nullopt;
    }
    return message;
}

std::uint32_t Message4::number(std::size_t offset) const noexcept
{
    return static_cast<std::uint32_t>(memory_[offset]) << 24U | static_cast<std::uint32_t>(memory_[offset + 1]) << 16U |
           static_cast<std::uint32_t>(memory_[offset + 2]) << 8U | memory_[offset + 3];
}

void Message4::set_number(std::size_t offset, std::uint32_t value) noexcept
{
    for (std::size_t byte = 0; byte < 4; ++byte) {
        memory_[offset + byte] = static_cast<std::uint8_t>(value >> (24U - 8U * byte));
    }
}

std::array<Message4::Field, 3> Message4::fields() const noexcept
{
    std::array<Field, 3> fields{};
    fields[0] = {options_begin, size_};
    if ((overload_ & overload_file) != 0) {
        fields[1] = {file_begin, header_size};
    }
    if ((overload_ & overload_sname) != 0) {
        fields[2] = {sname_begin, file_begin};
    }
    return fields;
}

bool Message4::scan() noexcept
{
    type_ = MessageType::bootp;
    overload_ = 0;
    server_identifier_count_ = 0;
    relay_information_count_ = 0;
    end_at_ = options_begin;
    has_end_ = false;
    if (size_ < options_begin || hlen() > 16 || !std::equal(cookie.begin(), cookie.end(), &memory_[header_size])) {
        return false;
    }
    if (!scan_field(fields()[0], true)) {
        return false;
    }
    const auto all = fields(); // again: option 52 has been seen now
    return scan_field(all[1], false) && scan_field(all[2], false);
}

bool Message4::scan_field(Field field, bool main) noexcept
{
    auto at = field.begin;
    while (at < field.end) {
        const auto code = memory_[at];
        if (code == option::pad) {
            ++at;
            continue;
        }
        if (code == option::end) {
            has_end_ = has_end_ || main;
            return true;
        }
        if (field.end - at < 2 || field.end - at - 2 < memory_[at + 1] || !note(at, main)) {
            return false;
        }
        at += 2U + memory_[at + 1];
        if (main) {
            end_at_ = at;
        }
    }
    return true;
}

bool Message4::note(std::size_t offset, bool main) noexcept
{
    const auto length = memory_[offset + 1];
    switch (memory_[offset]) {
    case option::overload:
        // Inside `file` and `sname` it means nothing (RFC 2132 9.3); other values than 1, 2, 3 neither.
        if (main && overload_ == 0 && length == 1 && memory_[offset + 2] <= (overload_file | overload_sname)) {
            overload_ = memory_[offset + 2];
        }
        return true;
    case option::message_type:
        if (length == 0 || memory_[offset + 2] == 0) {
            return false;
        }
        if (type_ == MessageType::bootp) {
            type_ = dhcp::message_type(memory_[offset + 2]);
        }
        return true;
    case option::server_identifier:
        server_identifier_at_ = server_identifier_count_++ == 0 ? offset : server_identifier_at_;
        return true;
    case option::relay_information:
        relay_information_at_ = relay_information_count_++ == 0 ? offset : relay_information_at_;
        return true;
    default:
        return true;
    }
}

template <class Visit>
void Message4::each(std::uint8_t code, Visit visit) const noexcept
{
    for (const auto& field : fields()) {
        auto at = field.begin;
        while (at < field.end && memory_[at] != option::end) {
            if (memory_[at] == option::pad) {
                ++at;
                continue;
            }
            if (memory_[at] == code) {
                visit(at);
            }
            at += 2U + memory_[at + 1];
        }
    }
}

std::optional<OptionValue> Message4::find(std::uint8_t code) const noexcept
{
    OptionValue value;
    bool found = false;
    bool fits = true;
    each(code, [&](std::size_t at) {
        const std::size_t length = memory_[at + 1];
        found = true;
        fits = fits && length <= value.memory.size() - value.size;
        if (fits && length != 0) {
            std::memcpy(value.memory.data() + value.size, memory_.data() + at + 2, length);
            value.size += length;
        }
    });
    return found && fits ? std::optional(value) : std::nullopt;
}

std::optional<Ipv4Address> Message4::server_identifier() const noexcept
{
    if (server_identifier_count_ == 0) {
        return std::nullopt;
    }
    if (memory_[server_identifier_at_ + 1] == 4) {
        return Ipv4Address(number(server_identifier_at_ + 2));
    }
    const auto joined = find(option::server_identifier);
    if (!joined || joined->size != 4) {
        return std::nullopt;
    }
    std::uint32_t value = 0;
    for (const auto byte : joined->bytes()) {
        value = value << 8U | byte;
    }
    return Ipv4Address(value);
}

bool Message4::replace_server_identifier(Ipv4Address from, Ipv4Address to) noexcept
{
    if (server_identifier_count_ == 0) {
        return false;
    }
    bool replaced = false;
    const auto in_pieces = memory_[server_identifier_at_ + 1] != 4 && server_identifier() == from;
    unsigned piece = 0;
    each(option::server_identifier, [&](std::size_t at) {
        const std::size_t length = memory_[at + 1];
        if (in_pieces) {
            for (std::size_t byte = 0; byte < length; ++byte, ++piece) {
                memory_[at + 2 + byte] = static_cast<std::uint8_t>(to.value() >> (24U - 8U * piece));
            }
            replaced = true;
        } else if (length == 4 && Ipv4Address(number(at + 2)) == from) {
            set_number(at + 2, to.value());
            replaced = true;
        }
    });
    return replaced;
}

std::optional<OptionValue> Message4::relay_information() const noexcept
{
    return has_relay_information() ? find(option::relay_information) : std::nullopt;
}

std::span<const std::uint8_t> Message4::relay_information(OptionValue& joined) const noexcept
{
    if (relay_information_count_ == 1) {
        return bytes().subspan(relay_information_at_ + 2, memory_[relay_information_at_ + 1]);
    }
    const auto value = relay_information();
    joined = value ? *value : OptionValue{};
    return joined.bytes();
}

std::size_t Message4::relay_information_size(Field field) const noexcept
{
    std::size_t size = 0;
    each(option::relay_information,
         [&](std::size_t at) { size += at >= field.begin && at < field.end ? 2U + memory_[at + 1] : 0U; });
    return size;
}

bool Message4::set_relay_information(std::span<const std::uint8_t> value, std::size_t limit) noexcept
{
    const auto needed = 2 + value.size() + (has_end_ ? 0U : 1U);
    std::size_t padding = 0;
    while (padding < needed && size_ - padding > end_at_ + (has_end_ ? 1U : 0U) && memory_[size_ - padding - 1] == 0) {
        ++padding;
    }
    const auto freed = relay_information_size(fields()[0]);
    const auto size = size_ - freed - padding + needed;
    if (value.size() > 255 || size > std::min(limit, memory_.size())) {
        return false;
    }
    remove_relay_information();
    const auto tail = end_at_ + (has_end_ ? 1U : 0U);
    const auto end = end_at_ + 2 + value.size();
    move_bytes(memory_, end + 1, tail, size_ - padding - tail);
    memory_[end_at_] = option::relay_information;
    memory_[end_at_ + 1] = static_cast<std::uint8_t>(value.size());
    std::copy(value.begin(), value.end(), memory_.begin() + static_cast<std::ptrdiff_t>(end_at_ + 2));
    memory_[end] = option::end;
    size_ = size;
    relay_information_at_ = end_at_;
    end_at_ = end;
    has_end_ = true;
    relay_information_count_ = 1;
    return true;
}

void Message4::remove_relay_information() noexcept
{
    if (relay_information_count_ == 0) {
        return;
    }
    const auto all = fields();
    remove_from(all[1], false);
    remove_from(all[2], false);
    remove_from(all[0], true);
    scan();
}

void Message4::remove_from(Field field, bool main) noexcept
{
    auto at = field.begin;
    auto to = field.begin;
    while (at < field.end && memory_[at] != option::end) {
        const auto length = memory_[at] == option::pad ? 1U : 2U + memory_[at + 1];
        if (memory_[at] != option::relay_information) {
            move_bytes(memory_, to, at, to == at ? 0 : length);
            to += length;
        }
        at += length;
    }
    move_bytes(memory_, to, at, field.end - at);
    to += field.end - at;
    if (main) {
        size_ = to;
    } else {
        std::fill(memory_.begin() + static_cast<std::ptrdiff_t>(to),
                  memory_.begin() + static_cast<std::ptrdiff_t>(field.end), option::pad);
    }
}

void Message4::pad_to(std::size_t size) noexcept
{
    const auto padded = std::min(size, memory_.size());
    if (padded > size_) {
        std::fill(memory_.begin() + static_cast<std::ptrdiff_t>(size_),
                  memory_.begin() + static_cast<std::ptrdiff_t>(padded), option::pad);
        size_ = padded;
    }
}

} // namespace keavrf::dhcp
