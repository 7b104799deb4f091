#include "bytes.hpp"
#include "captured.hpp"
#include "netlink/exchange.hpp"

#include <boost/test/unit_test.hpp>

#include <linux/rtnetlink.h>

namespace {

using namespace keavrf::netlink;
using State = Exchange::State;

constexpr std::uint32_t ours = 7; // of the captured messages

std::vector<std::uint8_t> message(std::uint16_t type, std::uint16_t flags, std::uint32_t sequence, int result = 0)
{
    MessageBuilder builder(type, flags);
    builder.append(result);
    const auto bytes = builder.finish(sequence);
    return {bytes.begin(), bytes.end()};
}

} // namespace

BOOST_TEST_DONT_PRINT_LOG_VALUE(State)

BOOST_AUTO_TEST_SUITE(netlink_exchange)

BOOST_AUTO_TEST_CASE(an_acknowledgement_ends_it)
{
    Exchange exchange(ours);
    BOOST_TEST(exchange.feed(message(NLMSG_ERROR, 0, ours)) == State::done);
    BOOST_TEST(exchange.take_replies().empty());
}

BOOST_AUTO_TEST_CASE(a_dump_is_collected_until_its_end)
{
    Exchange exchange(ours);
    const auto first = from_hex(captured::address);
    const auto second = from_hex(captured::address_v6);
    BOOST_TEST(exchange.feed(first) == State::waiting);
    BOOST_TEST(exchange.feed(second) == State::waiting);
    BOOST_TEST(exchange.feed(from_hex(captured::dump_done)) == State::done);
    const auto replies = exchange.take_replies();
    BOOST_TEST(replies.size() == first.size() + second.size());
    MessageReader reader(replies);
    BOOST_TEST(reader.next()->whole.size() == first.size());
    BOOST_TEST(reader.next()->whole.size() == second.size());
}

BOOST_AUTO_TEST_CASE(late_answers_to_other_requests_are_skipped)
{
    Exchange exchange(ours);
    BOOST_TEST(exchange.feed(message(NLMSG_ERROR, 0, ours - 1, -EPERM)) == State::waiting);
    BOOST_TEST(exchange.feed(message(NLMSG_DONE, 0, ours + 1)) == State::waiting);
    BOOST_TEST(exchange.feed(message(RTM_NEWLINK, 0, 0)) == State::waiting);
    BOOST_TEST(exchange.feed(message(NLMSG_ERROR, 0, ours)) == State::done);
    BOOST_TEST(exchange.take_replies().empty());
}

BOOST_AUTO_TEST_CASE(a_failure_carries_errno_and_the_kernels_own_words)
{
    struct Case {
        std::string_view bytes;
        int number;
        std::string text;
    };
    const Case cases[] = {
        {captured::error_short, ENODEV, "add address: No such device (kernel: ipv4: Device not found)"},
        {captured::error_gateway, ENETUNREACH,
         "add address: Network is unreachable (kernel: Nexthop has invalid gateway)"},
    };
    for (const auto& expected : cases) {
        Exchange exchange(ours);
        BOOST_TEST(exchange.feed(from_hex(expected.bytes)) == State::failed);
        const auto error = exchange.error("add address");
        BOOST_TEST(error.is(expected.number));
        BOOST_TEST(error.message() == expected.text);
    }
}

BOOST_AUTO_TEST_CASE(the_kernels_words_stand_behind_a_repeated_request_too)
{
    MessageBuilder builder(NLMSG_ERROR, NLM_F_ACK_TLVS);
    builder.append(-EINVAL);
    nlmsghdr request{};
    request.nlmsg_len = sizeof request + sizeof(ifinfomsg);
    builder.append(request);
    builder.append(ifinfomsg{});
    builder.text(NLMSGERR_ATTR_MSG, "no such thing");
    Exchange exchange(ours);
    BOOST_TEST(exchange.feed(builder.finish(ours)) == State::failed);
    BOOST_TEST(exchange.error("x").message() == "x: Invalid argument (kernel: no such thing)");
}

BOOST_AUTO_TEST_CASE(a_dump_may_fail_at_its_end)
{
    MessageBuilder builder(NLMSG_DONE, NLM_F_MULTI | NLM_F_ACK_TLVS);
    builder.append(-EINVAL);
    builder.text(NLMSGERR_ATTR_MSG, "Invalid values in header");
    Exchange exchange(ours);
    BOOST_TEST(exchange.feed(builder.finish(ours)) == State::failed);
    BOOST_TEST(exchange.error("list").message() == "list: Invalid argument (kernel: Invalid values in header)");
}

BOOST_AUTO_TEST_CASE(an_interrupted_dump_is_told_from_a_complete_one)
{
    for (const bool in_the_middle : {true, false}) {
        Exchange exchange(ours);
        const auto flag = std::uint16_t{NLM_F_DUMP_INTR};
        exchange.feed(message(RTM_NEWADDR, in_the_middle ? flag : std::uint16_t{0}, ours));
        BOOST_TEST(exchange.feed(message(NLMSG_DONE, in_the_middle ? std::uint16_t{0} : flag, ours)) ==
                   State::interrupted);
    }
    Exchange exchange(ours);
    exchange.feed(message(NLMSG_OVERRUN, 0, ours));
    BOOST_TEST(exchange.feed(message(NLMSG_DONE, 0, ours)) == State::interrupted);
}

BOOST_AUTO_TEST_CASE(malformed_answers_fail_whatever_their_length)
{
    for (const auto text : {captured::error_short, captured::error_gateway}) {
        const auto whole = from_hex(text);
        for (std::size_t size = 1; size < whole.size(); ++size) {
            Exchange cut(ours);
            BOOST_TEST(cut.feed(Bytes(whole).first(size)) == State::failed, size);
            BOOST_TEST(cut.error("x").is(EBADMSG), size);
            Exchange honest(ours);
            BOOST_TEST(honest.feed(shortened(whole, size)) == State::failed, size);
        }
    }
    for (const int impossible : {1, std::numeric_limits<int>::min()}) {
        Exchange exchange(ours);
        BOOST_TEST(exchange.feed(message(NLMSG_ERROR, 0, ours, impossible)) == State::failed);
        BOOST_TEST(exchange.error("x").is(EBADMSG));
    }
}

BOOST_AUTO_TEST_SUITE_END()
