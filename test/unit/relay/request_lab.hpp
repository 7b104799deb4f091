// What the tests of the request side share: a client's message, and what came of it compared with what is expected.
#pragma once

#include "lab.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <utility>

namespace keavrf::test {

inline constexpr std::uint8_t discover = 1;
inline constexpr std::uint8_t request = 3;

using Change = std::function<void(Dhcp4&)>;

inline Dhcp4 message(std::uint8_t type, const Change& change = {})
{
    Dhcp4 builder;
    builder.with(type, tlv(12, text("host")));
    if (change) {
        change(builder);
    }
    return builder;
}

inline const Bytes vendor = tlv(9, address(9) + tlv(0, text("x"))); // RFC 4243: enterprise number, length, data

// As it goes on.
inline Dhcp4 relayed(Dhcp4 sent, std::uint32_t giaddr)
{
    ++sent.hops;
    sent.giaddr = giaddr;
    return sent;
}

inline void check(const Lab::Outcome& outcome, const std::string& decision, const Dhcp4& expected,
                  const std::string& what)
{
    BOOST_TEST_CONTEXT(what)
    {
        BOOST_TEST(outcome.decision == decision);
        BOOST_TEST(outcome.bytes == expected.bytes(), boost::test_tools::per_element());
    }
}

} // namespace keavrf::test
