#include "packet.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace keavrf;
using bench::Road;

const auto server = Ipv4Address(0xa9fe0102U);
const auto giaddr = Ipv4Address(0x0a010001U);
const auto pool = Ipv4Address(0x0a01ff00U);

Road relayed()
{
    Road road;
    road.source = test::mac("02:00:00:00:00:01");
    road.destination = test::mac("02:00:00:00:00:02");
    road.giaddr = giaddr;
    road.relay_address = Ipv4Address(0xa9fe0101U);
    road.server = server;
    return road;
}

test::Bytes message_of(const test::Bytes& frame)
{
    return {frame.begin() + bench::headers_size, frame.end()};
}

} // namespace

BOOST_AUTO_TEST_SUITE(packet)

BOOST_AUTO_TEST_CASE(a_client_s_frame_is_dhcp_by_the_tests_own_reader)
{
    auto bytes = bench::client_frame(test::type::discover, Road());
    bench::set_client(bytes, 0x12345678, 0x00010203, false);
    const auto frame = test::DhcpFrame::parse(bytes);
    BOOST_REQUIRE(frame);
    BOOST_TEST(frame->message.type() == test::type::discover);
    BOOST_TEST(frame->message.xid == 0x12345678U);
    BOOST_TEST(test::to_string(frame->message.chaddr) == "02:6c:00:01:02:03");
    BOOST_TEST(test::to_string(frame->source_mac) == "02:6c:00:01:02:03");
    BOOST_TEST((frame->checksum == test::Checksum::absent));
    BOOST_TEST(frame->destination.str() == "255.255.255.255");
}

BOOST_AUTO_TEST_CASE(a_relayed_request_keeps_the_relay_s_frame_and_names_what_is_asked_for)
{
    auto bytes = bench::client_frame(test::type::request, relayed());
    bench::set_client(bytes, 1, 2, true);
    bench::set_request(bytes, Ipv4Address(0x0a010909U), server);
    const auto frame = test::DhcpFrame::parse(bytes);
    BOOST_REQUIRE(frame);
    BOOST_TEST(test::to_string(frame->source_mac) == "02:00:00:00:00:01");
    BOOST_TEST(frame->destination.str() == server.str());
    BOOST_TEST(frame->message.giaddr.str() == giaddr.str());
    BOOST_TEST(frame->message.address_option(test::option::requested_address)->str() == "10.1.9.9");
    BOOST_TEST(frame->message.address_option(test::option::server_id)->str() == server.str());
    BOOST_TEST(test::to_string(frame->message.chaddr) == "02:6c:00:00:00:02");
}

BOOST_AUTO_TEST_CASE(the_instant_server_answers_and_echoes_option_82_last)
{
    for (const auto& [asked, answered] :
         {std::pair{test::type::discover, test::type::offer}, std::pair{test::type::request, test::type::ack}}) {
        auto bytes = bench::client_frame(asked, relayed());
        bench::set_client(bytes, 77, 0x4455, true);
        auto request = test::DhcpMessage::parse(message_of(bytes));
        BOOST_REQUIRE(request);
        const test::Bytes option82{1, 3, 'c', 'l', 'i'};
        request->add(test::option::relay_agent, option82);
        test::Bytes answer(600);
        answer.resize(bench::write_server_answer(request->encode(), answer, server, pool));
        BOOST_TEST(answer.size() == 300U);
        const auto message = test::DhcpMessage::parse(answer);
        BOOST_REQUIRE(message);
        BOOST_TEST(message->type() == answered);
        BOOST_TEST(message->xid == 77U);
        BOOST_TEST(message->yiaddr.str() == "10.1.255.85");
        BOOST_TEST(message->giaddr.str() == giaddr.str());
        BOOST_TEST(message->address_option(test::option::server_id)->str() == server.str());
        BOOST_TEST(message->options.back().first == test::option::relay_agent);
        BOOST_TEST((message->options.back().second == option82));
    }
}

BOOST_AUTO_TEST_CASE(the_longest_option_82_has_room_in_an_answer)
{
    auto request = test::DhcpMessage::parse(message_of(bench::client_frame(test::type::discover, relayed())));
    request->add(test::option::relay_agent, test::Bytes(255, 7));
    test::Bytes answer(600);
    answer.resize(bench::write_server_answer(request->encode(), answer, server, pool));
    const auto message = test::DhcpMessage::parse(answer);
    BOOST_REQUIRE(message);
    BOOST_TEST(message->option(test::option::relay_agent)->size() == 255U);
}

BOOST_AUTO_TEST_CASE(no_request_no_answer)
{
    test::Bytes answer(600);
    auto request = message_of(bench::client_frame(test::type::discover, relayed()));
    request[0] = 2;
    BOOST_TEST(bench::write_server_answer(request, answer, server, pool) == 0U);
    BOOST_TEST(bench::write_server_answer(test::Bytes(240), answer, server, pool) == 0U);
    // An option that runs past the end is the end.
    request[0] = 1;
    request.resize(245);
    request[243] = 82;
    request[244] = 200;
    BOOST_TEST(bench::write_server_answer(request, answer, server, pool) == 300U);
}

BOOST_AUTO_TEST_CASE(an_answer_s_frame_is_read_and_anything_else_is_not)
{
    test::DhcpFrame frame;
    frame.source_port = 67;
    frame.destination_port = 68;
    frame.message.op = 2;
    frame.message.xid = 99;
    frame.message.yiaddr = Ipv4Address(0x0a010203U);
    frame.message.add(test::option::message_type, test::Bytes{test::type::offer});
    frame.message.add(test::option::server_id, server);
    auto bytes = frame.encode();
    const auto answer = bench::read_answer(bytes);
    BOOST_REQUIRE(answer);
    BOOST_TEST(answer->xid == 99U);
    BOOST_TEST(answer->type == test::type::offer);
    BOOST_TEST(answer->address.str() == "10.1.2.3");
    BOOST_TEST(answer->server.str() == server.str());
    for (const std::size_t changed : {12U, 14U, 36U, 37U, 42U}) {
        auto other = bytes;
        other[changed] ^= 0x40U;
        BOOST_TEST(!bench::read_answer(other).has_value(), "byte " << changed);
    }
    bytes.resize(200);
    BOOST_TEST(!bench::read_answer(bytes).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
