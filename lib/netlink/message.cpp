#include "netlink/message.hpp"

#include <array>
#include <limits>

namespace keavrf::netlink {

namespace {

constexpr std::size_t attribute_header = sizeof(nlattr);

constexpr std::size_t padded(std::size_t size)
{
    static_assert(NLMSG_ALIGNTO == NLA_ALIGNTO);
    return (size + NLA_ALIGNTO - 1) & ~std::size_t{NLA_ALIGNTO - 1};
}

} // namespace

MessageBuilder::MessageBuilder(std::uint16_t type, std::uint16_t flags)
{
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = flags;
    append(header);
}

void MessageBuilder::bytes(std::uint16_t type, Bytes value)
{
    const auto size = attribute_header + value.size();
    if (size > std::numeric_limits<std::uint16_t>::max()) {
        ok_ = false;
        return;
    }
    nlattr header{};
    header.nla_len = static_cast<std::uint16_t>(size);
    header.nla_type = type;
    append(header);
    append_padded(value);
}

void MessageBuilder::text(std::uint16_t type, std::string_view value)
{
    if (value.find('\0') != std::string_view::npos) {
        ok_ = false;
        return;
    }
    std::vector<std::uint8_t> terminated(value.begin(), value.end());
    terminated.push_back(0);
    bytes(type, terminated);
}

void MessageBuilder::ip(std::uint16_t type, const IpAddress& value)
{
    if (const auto* v6 = std::get_if<Ipv6Address>(&value)) {
        bytes(type, v6->bytes());
        return;
    }
    const auto number = std::get<Ipv4Address>(value).value();
    const std::array<std::uint8_t, 4> network_order{
        static_cast<std::uint8_t>(number >> 24U), static_cast<std::uint8_t>(number >> 16U),
        static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)};
    bytes(type, network_order);
}

Bytes MessageBuilder::finish(std::uint32_t sequence)
{
    if (!ok_) {
        return {};
    }
    nlmsghdr header{};
    std::memcpy(&header, data_.data(), sizeof header);
    header.nlmsg_len = static_cast<std::uint32_t>(data_.size());
    header.nlmsg_seq = sequence;
    std::memcpy(data_.data(), &header, sizeof header);
    return data_;
}

void MessageBuilder::append_padded(Bytes data)
{
    if (!ok_ || data.size() > max_size - data_.size()) {
        ok_ = false;
        return;
    }
    data_.insert(data_.end(), data.begin(), data.end());
    data_.resize(padded(data_.size()));
}

void MessageBuilder::close_nested(std::size_t start)
{
    const auto size = data_.size() - start;
    if (!ok_ || size > std::numeric_limits<std::uint16_t>::max()) {
        ok_ = false;
        return;
    }
    nlattr header{};
    std::memcpy(&header, data_.data() + start, sizeof header);
    header.nla_len = static_cast<std::uint16_t>(size);
    std::memcpy(data_.data() + start, &header, sizeof header);
}

std::optional<Message> MessageReader::next() noexcept
{
    if (!ok_ || rest_.empty()) {
        return std::nullopt;
    }
    nlmsghdr header{};
    auto after_header = rest_;
    if (!take(after_header, header) || header.nlmsg_len < sizeof header || header.nlmsg_len > rest_.size()) {
        ok_ = false;
        return std::nullopt;
    }
    Message message;
    message.type = header.nlmsg_type;
    message.flags = header.nlmsg_flags;
    message.sequence = header.nlmsg_seq;
    message.whole = rest_.first(header.nlmsg_len);
    message.payload = message.whole.subspan(sizeof header);
    // The last message of a datagram may come without its padding.
    rest_ = rest_.subspan(std::min(padded(header.nlmsg_len), rest_.size()));
    return message;
}

bool AttributeReader::next() noexcept
{
    if (!ok_ || rest_.empty()) {
        return false;
    }
    nlattr header{};
    auto after_header = rest_;
    if (!take(after_header, header) || header.nla_len < attribute_header || header.nla_len > rest_.size()) {
        ok_ = false;
        return false;
    }
    type_ = static_cast<std::uint16_t>(header.nla_type & NLA_TYPE_MASK);
    value_ = rest_.first(header.nla_len).subspan(attribute_header);
    rest_ = rest_.subspan(std::min(padded(header.nla_len), rest_.size()));
    return true;
}

std::string AttributeReader::text()
{
    const auto end = std::find(value_.begin(), value_.end(), std::uint8_t{0});
    return {value_.begin(), end};
}

IpAddress AttributeReader::ip() noexcept
{
    if (value_.size() == 4) {
        return Ipv4Address(std::uint32_t{value_[0]} << 24U | std::uint32_t{value_[1]} << 16U |
                           std::uint32_t{value_[2]} << 8U | std::uint32_t{value_[3]});
    }
    Ipv6Address::Bytes bytes{};
    if (value_.size() == bytes.size()) {
        std::copy(value_.begin(), value_.end(), bytes.begin());
    } else {
        ok_ = false;
    }
    return Ipv6Address(bytes);
}

LinkAddress AttributeReader::link_address() noexcept
{
    if (value_.size() > LinkAddress::max_size) {
        ok_ = false;
        return {};
    }
    return LinkAddress(value_);
}

} // namespace keavrf::netlink
