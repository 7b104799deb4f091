#include "relay/hold_queue.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using keavrf::InterfaceIndex;
using keavrf::dhcp::MessageType;
using keavrf::relay::HoldLimits;
using keavrf::relay::HoldQueue;

std::vector<std::uint8_t> message(std::uint8_t first, std::size_t size = 300)
{
    std::vector<std::uint8_t> bytes(size);
    bytes[0] = first;
    return bytes;
}

} // namespace

BOOST_AUTO_TEST_SUITE(hold_queue)

BOOST_AUTO_TEST_CASE(gives_back_in_order_what_it_took)
{
    HoldQueue queue;
    BOOST_TEST(queue.empty());
    for (std::uint8_t number = 0; number < 5; ++number) {
        queue.push(message(number), InterfaceIndex(number), MessageType::discover);
    }
    BOOST_TEST(queue.size() == 5U);
    BOOST_TEST(queue.bytes() == 1500U);
    queue.pop(2);
    BOOST_TEST(queue.at(0).bytes.front() == 2);
    BOOST_TEST(queue.at(0).port.value() == 2);
    queue.pop(100);
    BOOST_TEST(queue.empty());
    BOOST_TEST(queue.bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(is_bounded_by_number)
{
    HoldQueue queue(HoldLimits{3, 1000000});
    for (std::uint8_t number = 0; number < 5; ++number) {
        BOOST_TEST(queue.has_room_for(300) == (number < 3));
        queue.push(message(number), {}, MessageType::discover);
    }
    BOOST_TEST(queue.size() == 3U);
    BOOST_TEST(queue.at(2).bytes.front() == 2); // what came too late is dropped, not what waits
    queue.pop(1);
    BOOST_TEST(queue.has_room_for(300));
}

BOOST_AUTO_TEST_CASE(is_bounded_by_bytes)
{
    HoldQueue queue(HoldLimits{1000, 10000});
    queue.push(message(1, 9000), {}, MessageType::discover);
    BOOST_TEST(!queue.has_room_for(1001));
    queue.push(message(2, 1001), {}, MessageType::discover);
    BOOST_TEST(queue.size() == 1U);
    BOOST_TEST(queue.has_room_for(1000));
    queue.push(message(3, 1000), {}, MessageType::discover);
    BOOST_TEST(queue.bytes() == 10000U);
    BOOST_TEST(!queue.has_room_for(1));
    queue.clear();
    BOOST_TEST(queue.has_room_for(10000));
}

BOOST_AUTO_TEST_CASE(lets_go_of_what_one_port_has_in_it)
{
    HoldQueue queue(HoldLimits{1000, 10000});
    for (std::uint8_t number = 0; number < 6; ++number) {
        BOOST_TEST(queue.push(message(number), InterfaceIndex(int{number} % 3), MessageType::request));
    }
    BOOST_TEST(queue.erase(InterfaceIndex(1)) == 2U);
    BOOST_TEST(queue.erase(InterfaceIndex(1)) == 0U);
    BOOST_TEST(queue.bytes() == 1200U);
    for (const int left : {0, 2, 3, 5}) {
        BOOST_TEST(queue.at(0).bytes.front() == left);
        BOOST_TEST((queue.at(0).type == MessageType::request));
        queue.pop(1);
    }
    BOOST_TEST(queue.bytes() == 0U);
    BOOST_TEST(!queue.push(message(1, 10001), {}, MessageType::request));
}

BOOST_AUTO_TEST_SUITE_END()
