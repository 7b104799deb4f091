// What a port's own option 82 is made of, what of it fits, and which part of an echoed one is taken for it.
#include "lab.hpp"
#include "relay/own_option82.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <vector>

namespace {

using namespace keavrf;
using namespace keavrf::test; // the builder's operators are found no other way
using config::Option82Policy;
using relay::Circuit;
using relay::OwnOption82;

struct Port82 {
    explicit Port82(const std::function<void(config::RelaySettings&)>& change)
    {
        auto config = with_address(port_config(2, "eth1"), eth1_address, 24);
        config.relay.trusted = true;
        change(config.relay);
        option = OwnOption82(config, {"red", "host1"}, Ipv4Address(eth1_address));
    }
    // What stands in the message's option 82 afterwards; "overflow" in front where ours did not fit.
    [[nodiscard]] Bytes added_to(const Bytes& theirs, bool& fits, const Circuit& circuit = {}) const
    {
        return after(theirs, [&](dhcp::Message4& message) { fits = option.add_to(message, circuit, 1472); });
    }
    [[nodiscard]] Bytes left_of(const Bytes& echoed, bool kept = false) const
    {
        return after(echoed, [&](dhcp::Message4& message) { option.strip_from(message, kept); });
    }
    static Bytes after(const Bytes& present, const std::function<void(dhcp::Message4&)>& change)
    {
        auto memory = Dhcp4().with(1, present.empty() ? Bytes() : tlv(82, present)).bytes();
        const auto size = memory.size();
        memory.resize(9000);
        auto message = dhcp::Message4::parse(memory, size);
        BOOST_REQUIRE(message.has_value());
        change(*message);
        const auto found = message->relay_information();
        return found ? Bytes(found->bytes().begin(), found->bytes().end()) : Bytes();
    }

    OwnOption82 option;
};

const Bytes identifiers = tlv(1, text("eth1")) + tlv(2, text("red"));

} // namespace

BOOST_AUTO_TEST_SUITE(own_option82)

BOOST_AUTO_TEST_CASE(vss_is_a_vpn_id_only_in_its_full_form)
{
    struct Case {
        const char* text;
        bool vpn_id;
    };
    const std::vector<Case> cases{
        {"00005e:0000002a", true},
        {"abcdef:ABCDEF01", true},
        {"5e:2a", false},
        {"0000005e:0000002a", false},
        {"00005e:2a", false},
        {"00005e:000000002a", false},
        {"00005x:0000002a", false},
        {"00005e:0000002x", false},
        {"+0005e:0000002a", false},
        {":", false},
        {"red", false},
    };
    for (const auto& [name, vpn_id] : cases) {
        const Port82 port([&](auto& settings) { settings.vss = name; });
        bool fits = false;
        const auto added = port.added_to({}, fits);
        const Bytes rest(added.begin() + static_cast<std::ptrdiff_t>(identifiers.size()), added.end());
        BOOST_TEST(fits);
        if (vpn_id) {
            BOOST_TEST((rest.size() == 2U + 8 + 2 && rest[0] == 151 && rest[1] == 8 && rest[2] == 1), name);
        } else {
            BOOST_TEST(rest == tlv(151, Bytes{0} + text(name)) + tlv(152, {}), name);
        }
    }
}

BOOST_AUTO_TEST_CASE(it_is_added_whole_or_not_at_all)
{
    struct Case {
        const char* what;
        std::size_t circuit_id;
        std::function<void(config::RelaySettings&)> more;
        Bytes theirs;
        bool beyond;
        bool fits;
    };
    const auto nothing = [](auto&) {};
    // 2 + circuit-id + 5 for the remote-id "red".
    const std::vector<Case> cases{
        {"255 bytes", 248, nothing, {}, false, true},
        {"256 bytes", 249, nothing, {}, false, false},
        {"a circuit-id that no sub-option holds", 300, nothing, {}, false, false},
        {"with link-selection 255", 242, [](auto& s) { s.link_selection = true; }, {}, false, true},
        {"with link-selection 256", 243, [](auto& s) { s.link_selection = true; }, {}, false, false},
        {"with relay-flags 256", 246, [](auto& s) { s.relay_flags = true; }, {}, false, false},
        {"from beyond 255", 242, nothing, {}, true, true},
        {"from beyond 256", 243, nothing, {}, true, false},
        {"a circuit-id too long, from beyond", 300, nothing, {}, true, false},
        {"behind theirs 255", 244, nothing, tlv(9, {1, 2}), false, true},
        {"behind theirs 256", 244, nothing, tlv(9, {1, 2, 3}), false, false},
        {"a circuit-id too long, behind theirs", 300, nothing, tlv(9, {1}), false, false},
        {"behind theirs, from beyond 256", 240, nothing, tlv(9, {1}), true, false},
    };
    for (const auto& [what, circuit_id, more, theirs, is_beyond, expected] : cases) {
        const Port82 port([&, size = circuit_id, &change = more](auto& settings) {
            settings.circuit_id = std::string(size, 'x');
            settings.option82 = Option82Policy::append;
            change(settings);
        });
        Circuit circuit;
        if (is_beyond) {
            circuit.beyond = Ipv4Address(downstream_relay);
        }
        bool fits = !expected;
        const auto added = port.added_to(theirs, fits, circuit);
        BOOST_TEST(fits == expected, what);
        BOOST_TEST((expected ? added.size() == 255U : added == theirs), what);
    }
}

BOOST_AUTO_TEST_CASE(what_replaces_theirs_leaves_nothing_of_it)
{
    struct Case {
        const char* what;
        std::string circuit_id;
        std::string remote_id;
        Bytes left;
        bool fits;
    };
    const std::vector<Case> cases{
        {"ours", "a", "b", tlv(1, text("a")) + tlv(2, text("b")), true},
        {"nothing of ours", "", "", {}, true},
        {"ours does not fit", std::string(300, 'x'), "", {}, false},
        {"ours does not fit the option", std::string(250, 'x'), std::string(250, 'x'), {}, false},
    };
    for (const auto& [what, circuit_id, remote_id, left, expected] : cases) {
        const Port82 port([&, &circuit = circuit_id, &remote = remote_id](auto& settings) {
            settings.option82 = Option82Policy::replace;
            settings.circuit_id = circuit;
            settings.remote_id = remote;
        });
        bool fits = !expected;
        BOOST_TEST(port.added_to(tlv(9, {1}), fits) == left, what);
        BOOST_TEST(fits == expected, what);
    }
}

BOOST_AUTO_TEST_CASE(only_what_could_be_ours_is_taken_for_it)
{
    struct Case {
        const char* what;
        std::function<void(config::RelaySettings&)> change;
        Bytes echoed;
        Bytes left;
    };
    const auto append = [](auto& settings) { settings.option82 = Option82Policy::append; };
    const auto nameless = [](auto& settings) {
        settings.option82 = Option82Policy::append;
        settings.circuit_id = settings.remote_id = "";
        settings.link_selection = true;
        settings.vss = "red";
    };
    const Bytes theirs = tlv(1, {9});
    const Bytes five = tlv(5, {10, 0, 0, 1});
    const Bytes vss = tlv(151, {0, 'r', 'e', 'd'});
    const std::vector<Case> cases{
        {"ours", append, theirs + identifiers, theirs},
        {"ours with what is added", append, theirs + identifiers + five + vss + tlv(152, {}), theirs},
        {"twice the same behind it", append, theirs + identifiers + five + five, theirs + identifiers + five + five},
        {"not in our order", append, theirs + identifiers + vss + five, theirs + identifiers + vss + five},
        {"something else behind it", append, theirs + identifiers + tlv(9, {1}), theirs + identifiers + tlv(9, {1})},
        {"another's remote-id", append, theirs + tlv(1, text("eth1")) + tlv(2, text("blu")),
         theirs + tlv(1, text("eth1")) + tlv(2, text("blu"))},
        {"no identifiers: all that we add, not its end alone", nameless, theirs + five + vss, theirs},
        {"no identifiers, nothing of theirs", nameless, five + vss, {}},
        {"no identifiers, nothing came back", nameless, theirs, theirs},
    };
    for (const auto& [what, change, echoed, left] : cases) {
        const Port82 port(change);
        BOOST_TEST(port.left_of(echoed) == left, what);
        BOOST_TEST(port.left_of(echoed, true) == echoed, what << ", kept");
    }
}

BOOST_AUTO_TEST_SUITE_END()
