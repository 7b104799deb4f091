// What a port's own option 82 is made of, what of it fits beside a client's, and which part of an echoed one is ours.
#include "lab.hpp"
#include "relay/own_option82.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace keavrf;
using namespace keavrf::test; // the builder's operators are found no other way
using config::Option82Policy;
using relay::Circuit;
using relay::OwnOption82;
using relay::OwnPart;

struct Port82 {
    explicit Port82(const std::function<void(config::RelaySettings&)>& change)
    {
        auto config = with_address(port_config(2, "eth1"), eth1_address, 24);
        config.relay.trusted = true;
        change(config.relay);
        option = OwnOption82(config, {"red", "host1"}, Ipv4Address(eth1_address));
    }
    // What stands in the message's option 82 afterwards.
    [[nodiscard]] Bytes added_to(const Bytes& theirs, bool& fits, const Circuit& circuit = {}) const
    {
        return after(theirs, [&](dhcp::Message4& message) {
            fits = option.add_to(message, circuit, {1472, 1472}).fits;
        });
    }
    [[nodiscard]] OwnPart own_part(const Bytes& theirs, const Circuit& circuit = {}) const
    {
        auto own = OwnPart::none();
        after(theirs, [&](dhcp::Message4& message) { own = option.add_to(message, circuit, {1472, 1472}).own; });
        return own;
    }
    [[nodiscard]] Bytes left_of(const Bytes& echoed, std::optional<OwnPart> own) const
    {
        return after(echoed, [&](dhcp::Message4& message) { option.strip_from(message, own); });
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

// As Kea 2.2 echoes it: the values of one code joined, sorted by code.
Bytes echoed_by_kea(const Bytes& sent)
{
    std::map<std::uint8_t, Bytes> values;
    dhcp::SubOptionReader reader(sent);
    for (auto found = reader.next(); found; found = reader.next()) {
        auto& value = values[found->code];
        value.insert(value.end(), found->value.begin(), found->value.end());
    }
    Bytes echoed;
    for (const auto& [code, value] : values) {
        echoed = echoed + tlv(code, value);
    }
    return echoed;
}

void append(config::RelaySettings& settings)
{
    settings.option82 = Option82Policy::append;
}

void append_nameless(config::RelaySettings& settings)
{
    settings.option82 = Option82Policy::append;
    settings.circuit_id = settings.remote_id = "";
}

void append_all(config::RelaySettings& settings)
{
    settings.option82 = Option82Policy::append;
    settings.link_selection = settings.relay_flags = settings.server_id_override = true;
    settings.vss = "red";
}

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

// The bytes in front are the client's own, those behind them this relay's.
BOOST_AUTO_TEST_CASE(beside_theirs_goes_what_they_have_not_and_only_that_is_cut)
{
    struct Case {
        const char* what;
        std::function<void(config::RelaySettings&)> change;
        Bytes theirs;
        Bytes ours;
        std::uint32_t ciaddr = 0; // of a client behind a downstream relay
    };
    const auto flags = [](auto& settings) { append_nameless(settings), settings.relay_flags = true; };
    const Bytes linked = tlv(5, {192, 168, 2, 1});
    const Bytes others = tlv(5, address(eth1_address)) + tlv(10, {0}) + tlv(11, address(eth1_address));
    const Bytes vss = tlv(151, {0, 'r', 'e', 'd'}) + tlv(152, {});
    const std::vector<Case> cases{
        {"a switch's identifiers", append, tlv(1, text("port7")) + tlv(2, text("sw1")), {}},
        {"a circuit-id", append, tlv(1, text("port7")), tlv(2, text("red"))},
        {"a remote-id", append, tlv(2, text("sw1")), tlv(1, text("eth1"))},
        {"neither", append, tlv(9, {1, 2}) + tlv(4, {7}), identifiers},
        {"one that equals ours", append, tlv(1, text("eth1")), tlv(2, text("red"))},
        {"all but ours", append_all, tlv(9, {1}), identifiers + others + vss},
        {"a link", append_all, linked, identifiers + tlv(10, {0}) + tlv(11, address(eth1_address)) + vss},
        {"VSS alone", append_all, tlv(151, {0, 'x'}), identifiers + others},
        {"its control alone", append_all, tlv(152, {}), identifiers + others},
        {"nothing of ours", append_nameless, tlv(1, {'a'}) + tlv(11, {4, 192, 168, 3}), {}},
        {"nothing of ours, a link", append_nameless, linked, {}},
        {"flags of ours", flags, tlv(1, {'a'}) + linked, tlv(10, {0})},
        {"from beyond", append, tlv(9, {1}), identifiers + tlv(5, address(downstream_relay)), downstream_relay},
        {"from beyond, a link", append, linked, identifiers, downstream_relay},
        {"several of one code", append, tlv(9, {1}) + tlv(1, {2}) + tlv(9, {3}), tlv(2, text("red"))},
    };
    for (const auto& [what, change, theirs, ours, ciaddr] : cases) {
        const Port82 port(change);
        Circuit circuit;
        if (ciaddr != 0) {
            circuit.beyond = Ipv4Address(ciaddr);
        }
        bool fits = false;
        BOOST_TEST(port.added_to(theirs, fits, circuit) == theirs + ours, what);
        BOOST_TEST(fits, what);
        const auto own = port.own_part(theirs, circuit);
        BOOST_TEST(port.left_of(echoed_by_kea(theirs + ours), own) == echoed_by_kea(theirs), what << ", echoed");
    }
}

// Ours behind a sub-option that runs past the end would be its value.
BOOST_AUTO_TEST_CASE(what_does_not_parse_to_its_end_is_left_as_it_is)
{
    for (const auto& theirs : std::vector<Bytes>{{1, 9, 'a', 'b'}, {9, 1, 7, 1}, {1}, {9, 1, 7, 2, 3, 'r', 'e'}}) {
        const Port82 port(append);
        bool fits = false;
        BOOST_TEST(port.added_to(theirs, fits) == theirs);
        BOOST_TEST(fits);
        BOOST_TEST((port.own_part(theirs) == OwnPart::none()));
        BOOST_TEST(port.left_of(theirs, OwnPart::none()) == theirs);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_sub_option_behind_theirs_and_ours_stays)
{
    const Port82 port(append);
    const auto own = port.own_part(tlv(9, {1}));
    BOOST_TEST(port.left_of(tlv(9, {1}) + identifiers + Bytes{7}, own) == tlv(9, {1}) + Bytes{7});
}

BOOST_AUTO_TEST_CASE(without_its_exchange_what_equals_ours_is_cut)
{
    struct Case {
        const char* what;
        std::function<void(config::RelaySettings&)> change;
        Bytes echoed;
        Bytes left;
    };
    const Bytes theirs = tlv(9, {9});
    const Bytes five = tlv(5, address(eth1_address));
    const Bytes vss = tlv(151, {0, 'r', 'e', 'd'});
    const std::vector<Case> cases{
        {"ours alone", append, identifiers, {}},
        {"behind theirs", append, theirs + identifiers, theirs},
        {"in front of theirs", append, identifiers + theirs, theirs},
        {"their circuit-id", append, tlv(1, text("port7")) + tlv(2, text("red")), tlv(1, text("port7"))},
        {"all of ours", append_all, identifiers + five + tlv(10, {0}) + theirs + vss + tlv(152, {}), theirs},
        {"what came by unicast", append_all, tlv(10, {0x80}), {}},
        {"flags that we never send", append_all, tlv(10, {0x81}), tlv(10, {0x81})},
        {"a link that is not ours", append_all, tlv(5, {192, 168, 2, 1}), tlv(5, {192, 168, 2, 1})},
        {"the link of the client's ciaddr", append, theirs + tlv(5, address(0)), theirs},
        {"what we do not send", append, five + vss, five + vss},
        {"another VSS", append_all, tlv(151, {0, 'b', 'l', 'u'}), tlv(151, {0, 'b', 'l', 'u'})},
        {"no identifiers of ours", append_nameless, identifiers, identifiers},
    };
    for (const auto& [what, change, echoed, left] : cases) {
        const Port82 port(change);
        BOOST_TEST(port.left_of(echoed, std::nullopt) == left, what);
        BOOST_TEST(port.left_of(echoed, OwnPart::none()) == echoed, what << ", none is ours");
        BOOST_TEST(port.left_of(echoed, OwnPart::all()) == Bytes(), what << ", all is ours");
    }
}

BOOST_AUTO_TEST_SUITE_END()
