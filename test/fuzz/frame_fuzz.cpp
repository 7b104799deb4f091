// Ethernet, IPv4 and UDP headers: what is built has lengths and checksums that hold, by a plain sum of the target's
// own.
#include "dhcp/frame.hpp"
#include "fuzz/target.hpp"

namespace {

std::uint32_t sum(keavrf::fuzz::Bytes bytes, std::uint32_t start = 0)
{
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        start += at % 2 == 0 ? std::uint32_t{bytes[at]} << 8U : bytes[at];
        start = (start & 0xffffU) + (start >> 16U);
    }
    return start;
}

} // namespace

FUZZ_TARGET(frame)
{
    using keavrf::fuzz::require;
    keavrf::fuzz::Input input(bytes);
    keavrf::dhcp::FrameAddresses addresses;
    const auto macs = input.take(12);
    std::copy_n(macs.begin(), std::min<std::size_t>(6, macs.size()), addresses.source_mac.begin());
    std::uint32_t source = 0;
    std::uint32_t destination = 0;
    for (int byte = 0; byte < 4; ++byte) {
        source = source << 8U | input.byte();
        destination = destination << 8U | input.byte();
    }
    addresses.source = keavrf::Ipv4Address(source);
    addresses.destination = keavrf::Ipv4Address(destination);
    std::vector<std::uint8_t> frame(keavrf::dhcp::frame_header_size);
    const auto payload = input.rest();
    frame.insert(frame.end(), payload.begin(), payload.end());
    const auto header = std::span(frame).first<keavrf::dhcp::frame_header_size>();
    require(keavrf::dhcp::write_frame_header(header, std::span(frame).subspan(header.size()), addresses), "it fits");
    const keavrf::fuzz::Bytes ip(frame.data() + 14, frame.size() - 14);
    require((std::size_t{ip[2]} << 8U | ip[3]) == ip.size(), "the datagram's length");
    require(sum(ip.first(20)) == 0xffff, "the header's checksum (RFC 1071)");
    const auto udp = ip.subspan(20);
    require((udp[6] | udp[7]) != 0, "a checksum of zero would say that there is none (RFC 768)");
    const auto pseudo = sum(ip.subspan(12, 8)) + 17 + static_cast<std::uint32_t>(udp.size());
    require(sum(udp, (pseudo & 0xffffU) + (pseudo >> 16U)) == 0xffff, "the datagram's checksum (RFC 768)");
}
