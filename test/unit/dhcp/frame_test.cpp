#include "dhcp/frame.hpp"
#include "support/dhcp4_builder.hpp"

#include <boost/test/unit_test.hpp>

#include <numeric>

namespace {

using keavrf::Ipv4Address;
using keavrf::dhcp::frame_header_size;
using keavrf::dhcp::FrameAddresses;
using keavrf::test::Bytes;
using keavrf::test::operator+;

// RFC 1071, the plain way: words in network order, carries folded.
std::uint16_t plain_sum(const Bytes& bytes)
{
    std::uint32_t sum = 0;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        sum += at % 2 == 0 ? static_cast<std::uint32_t>(bytes[at]) << 8U : bytes[at];
        sum = (sum & 0xffffU) + (sum >> 16U);
    }
    return static_cast<std::uint16_t>(sum);
}

struct Built {
    std::array<std::uint8_t, frame_header_size> header{};
    bool ok = false;
};

Built build(const Bytes& payload, const FrameAddresses& addresses)
{
    Built built;
    built.ok = write_frame_header(built.header, payload, addresses);
    return built;
}

} // namespace

BOOST_AUTO_TEST_SUITE(frame)

BOOST_AUTO_TEST_CASE(knows_the_example_of_rfc_1071)
{
    const Bytes example{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    BOOST_TEST(keavrf::dhcp::checksum_finish(keavrf::dhcp::checksum_add(0, example)) == 0xffff - 0xddf2);
}

BOOST_AUTO_TEST_CASE(headers_say_what_was_asked_for)
{
    FrameAddresses addresses;
    addresses.source_mac = {2, 0, 0, 0, 0, 1};
    addresses.destination_mac = {2, 0, 0, 0, 0, 2};
    addresses.source = Ipv4Address(0xc0a8010a);
    addresses.destination = Ipv4Address(0xc0a80164);
    const auto [header, ok] = build(Bytes(300, 1), addresses);
    BOOST_TEST(ok);
    const Bytes expected{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0x01, 0x48, 0, 0, 0x40, 0, 64, 17};
    BOOST_TEST(Bytes(header.begin(), header.begin() + 24) == expected, boost::test_tools::per_element());
    const Bytes rest{192, 168, 1, 10, 192, 168, 1, 100, 0, 67, 0, 68, 0x01, 0x34};
    BOOST_TEST(Bytes(header.begin() + 26, header.begin() + 40) == rest, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(both_checksums_are_complete_for_every_length)
{
    FrameAddresses addresses;
    addresses.source = Ipv4Address(0xfffffffe);
    addresses.destination = Ipv4Address(0x0a0000ff);
    for (std::size_t size = 0; size < 600; ++size) {
        Bytes payload(size);
        std::iota(payload.begin(), payload.end(), static_cast<std::uint8_t>(size));
        const auto [header, ok] = build(payload, addresses);
        const Bytes ip(header.begin() + 14, header.begin() + 34);
        BOOST_TEST(plain_sum(ip) == 0xffff);
        const Bytes udp(header.begin() + 34, header.end());
        const Bytes pseudo = Bytes(header.begin() + 26, header.begin() + 34) + Bytes{0, 17, udp[4], udp[5]};
        BOOST_TEST(plain_sum(pseudo + udp + payload) == 0xffff);
        BOOST_TEST((udp[6] != 0 || udp[7] != 0));
    }
}

BOOST_AUTO_TEST_CASE(a_checksum_of_zero_is_sent_as_ones)
{
    FrameAddresses addresses;
    // The payload's one word completes the sum of everything else to 0xffff.
    const auto [header, ok] = build({0, 0}, addresses);
    const auto sum = static_cast<std::uint16_t>(header[40] << 8U | header[41]);
    const auto zero = build({static_cast<std::uint8_t>(sum >> 8U), static_cast<std::uint8_t>(sum)}, addresses);
    BOOST_TEST(zero.header[40] == 0xff);
    BOOST_TEST(zero.header[41] == 0xff);
}

BOOST_AUTO_TEST_CASE(a_checksum_can_be_left_out)
{
    std::array<std::uint8_t, frame_header_size> header{};
    header.fill(0xee);
    BOOST_TEST(write_frame_header(header, Bytes(300, 1), {}, keavrf::dhcp::UdpChecksum::absent));
    BOOST_TEST(header[40] == 0);
    BOOST_TEST(header[41] == 0);
    BOOST_TEST(plain_sum(Bytes(header.begin() + 14, header.begin() + 34)) == 0xffff);
}

BOOST_AUTO_TEST_CASE(a_payload_longer_than_a_datagram_is_refused)
{
    BOOST_TEST(build(Bytes(65507), {}).ok);
    BOOST_TEST(!build(Bytes(65508), {}).ok);
}

BOOST_AUTO_TEST_SUITE_END()
