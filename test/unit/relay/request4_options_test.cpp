// Client to server: where options stand, what passes unharmed, and what has no room. Each case with its source.
#include "request_lab.hpp"

namespace {

using namespace keavrf;
using namespace keavrf::test; // the builder's operators are found no other way
using config::Option82Policy;

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_request_options)

BOOST_AUTO_TEST_CASE(options_are_found_wherever_they_stand)
{
    struct Case {
        const char* what;
        int port;
        Bytes options;
        Bytes file;
        Bytes sname;
        const char* decision;
    };
    const auto lease_query = tlv(53, {10});
    const std::vector<Case> cases{
        {"53 in file (RFC 2132 9.3)", 2, tlv(52, {1}), lease_query, {}, "leasequery"},
        {"53 in sname", 2, tlv(52, {2}), {}, lease_query, "leasequery"},
        {"53 in sname, which holds a name: BOOTP", 2, {}, {}, lease_query, "bootp"},
        {"52 inside file means nothing", 2, tlv(52, {1}), tlv(52, {2}), lease_query, "bootp"},
        {"the options field before file (RFC 3396 5)", 2, tlv(52, {1}) + tlv(53, {1}), lease_query, {}, "forward"},
        {"the first of two", 2, tlv(53, {10}) + tlv(53, {1}), {}, {}, "leasequery"},
        {"82 in sname", 2, tlv(52, {2}) + tlv(53, {1}), {}, tlv(82, {1, 1, 65}), "untrusted-option82"},
        {"82 behind Pad bytes", 2, tlv(53, {1}) + Bytes(9, 0) + tlv(82, {}), {}, {}, "untrusted-option82"},
        {"82 behind End is none", 2, tlv(53, {1}) + Bytes{255} + tlv(82, {1, 1, 65}), {}, {}, "forward"},
        {"an option past the end of file", 2, tlv(52, {1}) + tlv(53, {1}), Bytes(127, 0) + Bytes{9}, {}, "malformed"},
        {"an empty 53", 2, tlv(53, {}), {}, {}, "malformed"},
    };
    for (const auto& [what, port, options, file, sname, decision] : cases) {
        Lab lab;
        Dhcp4 sent;
        sent.options = options;
        sent.file = file;
        sent.sname = sname;
        BOOST_TEST(lab.request(port, sent).decision == decision, what);
    }
}

BOOST_AUTO_TEST_CASE(an_own_address_in_option_54_becomes_keas_wherever_it_stands)
{
    const auto in_pieces = [](std::uint32_t value) {
        const auto bytes = address(value);
        return tlv(54, {bytes[0]}) + tlv(54, {bytes[1], bytes[2], bytes[3]});
    };
    struct Case {
        const char* what;
        std::function<void(Dhcp4&, std::uint32_t)> put;
    };
    const std::vector<Case> cases{
        {"in file (RFC 2132 9.3)",
         [](Dhcp4& m, std::uint32_t value) { m.options = m.options + tlv(52, {1}), m.file = tlv(54, address(value)); }},
        {"in sname",
         [](Dhcp4& m, std::uint32_t value) {
             m.options = m.options + tlv(52, {2}), m.sname = tlv(54, address(value));
         }},
        {"in pieces (RFC 3396)", [&](Dhcp4& m, std::uint32_t value) { m.options = m.options + in_pieces(value); }},
        {"twice",
         [](Dhcp4& m, std::uint32_t value) {
             m.options = m.options + tlv(54, address(value)) + tlv(54, address(value));
         }},
    };
    for (const auto& [what, put] : cases) {
        Lab lab;
        auto sent = Dhcp4().with(request);
        auto expected = sent;
        put(sent, eth1_address);
        put(expected, kea_address);
        expected.options = expected.options + own_option82("eth1");
        check(lab.request(2, sent), "forward", relayed(expected, eth1_address), what);
    }
}

BOOST_AUTO_TEST_CASE(option_82_goes_last_and_takes_nothing_with_it)
{
    Lab lab;
    auto sent = Dhcp4().with(discover, Bytes(3, 0) + tlv(224, {1, 2}) + Bytes(2, 0));
    sent.trailing = {7, 0, 8};
    const auto outcome = lab.request(2, sent);
    BOOST_TEST(outcome.decision == "forward");
    const Bytes options(outcome.bytes.begin() + 240, outcome.bytes.end());
    const auto begin = tlv(53, {discover}) + Bytes(3, 0) + tlv(224, {1, 2}) + own_option82("eth1") + Bytes{255};
    BOOST_REQUIRE(options.size() > begin.size());
    BOOST_TEST(Bytes(options.begin(), options.begin() + static_cast<std::ptrdiff_t>(begin.size())) == begin);
    const Bytes behind{7, 0, 8};
    BOOST_TEST((std::search(options.begin(), options.end(), behind.begin(), behind.end()) != options.end()));
    BOOST_TEST(outcome.bytes.size() == 300U);
}

BOOST_AUTO_TEST_CASE(a_trusted_circuits_option_82_in_file_is_replaced_in_place)
{
    Lab lab;
    lab.eth2.relay.option82 = Option82Policy::replace;
    lab.domain.put_port(lab.eth2);
    auto sent = Dhcp4().with(discover, tlv(52, {1}));
    auto expected = sent;
    sent.file = tlv(12, text("h")) + tlv(82, {1, 1, 65}) + tlv(67, text("boot"));
    expected.file = tlv(12, text("h")) + tlv(67, text("boot"));
    expected.options = expected.options + own_option82("eth2");
    check(lab.request(3, sent), "forward", relayed(expected, eth2_address), "RFC 3046 2.1, RFC 2132 9.3");
}

BOOST_AUTO_TEST_CASE(vendor_sub_options_of_a_trusted_circuit_pass)
{
    Lab lab;
    lab.eth2.relay.option82 = Option82Policy::append;
    lab.domain.put_port(lab.eth2);
    auto sent = Dhcp4().with(discover);
    auto expected = sent;
    sent.options = sent.options + tlv(82, vendor);
    expected.options = expected.options + tlv(82, vendor + tlv(1, text("eth2")) + tlv(2, text("red")));
    check(lab.request(3, sent), "forward", relayed(expected, eth2_address), "RFC 4243");
}

BOOST_AUTO_TEST_CASE(a_message_is_never_made_longer_than_the_mtu)
{
    Lab lab;
    lab.eth1.relay.max_size = 65535;
    lab.eth1.mtu = 576;
    lab.domain.put_port(lab.eth1);
    auto sent = Dhcp4().with(discover, tlv(224, Bytes(250, 1)));
    sent.padded = 0;
    BOOST_REQUIRE(sent.bytes().size() == 496U);
    BOOST_TEST(lab.request(2, sent).decision == "forward");
    sent.options = sent.options + tlv(225, Bytes(40, 1));
    BOOST_TEST(lab.request(2, sent).decision == "forward overflow");
    lab.eth1.mtu = 20; // no interface has less, and the answer to it is no message below RFC 951's size
    lab.domain.put_port(lab.eth1);
    BOOST_TEST(lab.request(2, Dhcp4().with(discover)).decision == "forward");
}

// The pair's MTU is 1500, and Kea reads no more at once.
BOOST_AUTO_TEST_CASE(a_message_of_a_jumbo_interface_is_never_made_longer_than_the_pairs_mtu)
{
    Lab lab;
    lab.eth1.mtu = 9000;
    for (const auto max_size : {0U, 9000U}) {
        lab.eth1.relay.max_size = max_size;
        lab.domain.put_port(lab.eth1);
        auto sent = Dhcp4().with(discover, tlv(224, Bytes(240, 1)) + tlv(224, Bytes(240, 1)) + tlv(224, Bytes(240, 1)) +
                                               tlv(224, Bytes(240, 1)) + tlv(225, Bytes(244, 1)));
        sent.padded = 0;
        BOOST_REQUIRE(sent.bytes().size() == 1458U);
        auto grown = sent;
        grown.options = grown.options + own_option82("eth1");
        check(lab.request(2, sent), "forward", relayed(grown, eth1_address), "1471 bytes");
        sent.options = sent.options + Bytes(1, 0);
        BOOST_TEST(lab.request(2, sent).decision == "forward");
        sent.options = sent.options + tlv(12, {'h'});
        check(lab.request(2, sent), "forward overflow", relayed(sent, eth1_address), "1475 bytes");
    }
}

BOOST_AUTO_TEST_CASE(what_replacing_makes_no_longer_is_replaced)
{
    struct Case {
        const char* what;
        std::size_t theirs; // bytes of their circuit-id; ours is 11 in all
        std::size_t mtu;
        const char* decision;
    };
    for (const auto& [what, theirs, mtu, decision] : std::vector<Case>{
             {"shorter, and longer than max-size still", 200, 1500, "forward"},
             {"as long", 9, 1500, "forward"},
             {"longer", 8, 1500, "forward overflow"},
             {"no longer than it came, but than the MTU", 9, 900, "forward overflow"},
             {"no longer than it came, but than the pair's MTU", 9, 9000, "forward overflow"},
         }) {
        Lab lab;
        lab.eth2.relay.option82 = Option82Policy::replace;
        lab.eth2.relay.max_size = 576;
        lab.eth2.mtu = static_cast<unsigned>(mtu);
        lab.domain.put_port(lab.eth2);
        auto sent = Dhcp4().with(discover);
        const auto blocks = mtu > 1500 ? 6 : 3;
        for (int block = 0; block < blocks; ++block) {
            sent.options = sent.options + tlv(224, Bytes(240, 1));
        }
        sent.padded = 0;
        auto expected = sent;
        sent.options = sent.options + tlv(82, tlv(1, Bytes(theirs, 'x')));
        if (std::string(decision) == "forward") {
            expected.options = expected.options + own_option82("eth2");
        }
        check(lab.request(3, sent), decision, relayed(expected, eth2_address), what);
    }
}

BOOST_AUTO_TEST_SUITE_END()
