// 100,000 damaged messages through both decisions, always the same ones: whatever comes in, what goes out keeps the
// rules. The rules are checked by a small reader of its own.
#include "lab.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

namespace {

using namespace keavrf;
using namespace keavrf::test;
using config::Option82Policy;

constexpr int rounds = 100000;

std::uint32_t field(const Bytes& bytes, std::size_t offset)
{
    return static_cast<std::uint32_t>(bytes[offset]) << 24U | static_cast<std::uint32_t>(bytes[offset + 1]) << 16U |
           static_cast<std::uint32_t>(bytes[offset + 2]) << 8U | bytes[offset + 3];
}

std::uint32_t giaddr(const Bytes& bytes)
{
    return field(bytes, 24);
}

// Values of an option in the options field; -1 where the options run past the end.
int count_options(const Bytes& bytes, std::uint8_t code, Bytes* last = nullptr)
{
    int count = 0;
    std::size_t at = 240;
    while (at < bytes.size() && bytes[at] != 255) {
        if (bytes[at] == 0) {
            ++at;
            continue;
        }
        if (at + 1 >= bytes.size() || at + 2 + bytes[at + 1] > bytes.size()) {
            return -1;
        }
        if (bytes[at] == code) {
            ++count;
            if (last != nullptr) {
                last->assign(bytes.begin() + static_cast<std::ptrdiff_t>(at + 2),
                             bytes.begin() + static_cast<std::ptrdiff_t>(at + 2 + bytes[at + 1]));
            }
        }
        at += 2U + bytes[at + 1];
    }
    return count;
}

std::vector<Bytes> seeds(bool reply)
{
    std::vector<Bytes> all;
    for (std::uint8_t type = 1; type <= 13; ++type) {
        Dhcp4 builder;
        builder.op = reply ? 2 : 1;
        builder.giaddr = reply ? (type % 3 == 0 ? eth2_address : type % 3 == 1 ? eth1_address : downstream_relay) : 0;
        builder.ciaddr = type % 2 == 0 ? 0xc0a80164 : 0;
        builder.yiaddr = reply ? 0xc0a80164 : 0;
        builder.with(type, tlv(54, address(reply ? kea_address : eth1_address)) + tlv(61, {1, 2, 0, 0, 0, 0, 1}) +
                               (reply || type % 4 == 0 ? own_option82(type % 3 == 0 ? "eth2" : "eth1") : Bytes{}));
        all.push_back(builder.bytes());
        builder.options = tlv(52, {3}) + builder.options;
        builder.file = tlv(12, text("file")) + tlv(82, {1, 1, 1}) + Bytes{255};
        builder.sname = tlv(54, address(kea_address));
        builder.padded = 0;
        all.push_back(builder.bytes());
        if (!reply) {
            builder.giaddr = downstream_relay;
            all.push_back(builder.bytes());
        }
    }
    return all;
}

class Mutator {
public:
    explicit Mutator(bool reply) : seeds_(seeds(reply)) {}

    Bytes next()
    {
        auto bytes = seeds_[random_() % seeds_.size()];
        for (auto changes = random_() % 6; changes > 0; --changes) {
            change(bytes);
        }
        return bytes;
    }
    unsigned number(unsigned below) { return static_cast<unsigned>(random_() % below); }

private:
    void change(Bytes& bytes)
    {
        static constexpr std::array<std::uint8_t, 12> interesting{0, 1, 2, 4, 52, 53, 54, 82, 127, 128, 254, 255};
        const auto at = bytes.empty() ? 0 : random_() % bytes.size();
        switch (random_() % 6) {
        case 0:
            bytes.resize(at);
            break;
        case 1:
            bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), 1 + random_() % 40,
                         interesting[random_() % 12]);
            break;
        case 2:
            bytes.resize(bytes.size() + random_() % 1200, interesting[random_() % 12]);
            break;
        case 3: // in the options, where it matters
            if (bytes.size() > 240) {
                bytes[240 + random_() % (bytes.size() - 240)] = interesting[random_() % 12];
            }
            break;
        default:
            if (!bytes.empty()) {
                bytes[at] = static_cast<std::uint8_t>(random_() % 2 == 0 ? random_() : interesting[random_() % 12]);
            }
        }
    }

    std::mt19937_64 random_{20240101};
    std::vector<Bytes> seeds_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_mutation)

BOOST_AUTO_TEST_CASE(requests_keep_the_rules_whatever_comes_in)
{
    Mutator mutator(false);
    std::map<std::string, int> decisions;
    Lab lab;
    for (int round = 0; round < rounds; ++round) {
        const auto policy = static_cast<Option82Policy>(mutator.number(4));
        if (lab.eth2.relay.option82 != policy) {
            lab.eth2.relay.option82 = policy;
            lab.domain.put_port(lab.eth2);
        }
        const auto bytes = mutator.next();
        const auto port = mutator.number(8) == 0 ? 4 : mutator.number(2) == 0 ? 2 : 3;
        const auto outcome = lab.request(port, bytes, mutator.number(2) == 0 ? everybody : eth1_address);
        ++decisions[outcome.decision];
        if (!outcome.decision.starts_with("forward")) {
            BOOST_REQUIRE(outcome.bytes == bytes); // untouched
            continue;
        }
        const auto& after = outcome.bytes;
        BOOST_REQUIRE(after.size() >= 300U);
        BOOST_REQUIRE(after.size() <= std::max<std::size_t>(bytes.size(), 1472));
        BOOST_REQUIRE(after[3] == bytes[3] + 1);
        // Everything of the header but hops and giaddr, `sname` and `file` may only lose an option 82 or turn a 54.
        BOOST_REQUIRE(std::equal(bytes.begin(), bytes.begin() + 3, after.begin()));
        BOOST_REQUIRE(std::equal(bytes.begin() + 4, bytes.begin() + 24, after.begin() + 4));
        const auto own = port == 2 ? eth1_address : eth2_address;
        BOOST_REQUIRE(giaddr(after) == (giaddr(bytes) == 0 ? own : giaddr(bytes)));
        BOOST_REQUIRE(count_options(after, 82) >= 0);
        Bytes option;
        if (giaddr(bytes) == 0 && port == 2) {
            BOOST_REQUIRE(count_options(after, 82, &option) == (outcome.decision == "forward" ? 1 : 0));
        }
        if (giaddr(bytes) != 0) {
            BOOST_REQUIRE(count_options(after, 82) == count_options(bytes, 82));
        }
    }
    // The run means something: it came to each of these often.
    for (const auto* decision :
         {"forward", "malformed", "untrusted-option82", "untrusted-relay", "off-link", "leasequery"}) {
        BOOST_TEST(decisions[decision] > 20, decision << " " << decisions[decision]);
    }
    BOOST_TEST(decisions["forward overflow"] > 10);
    BOOST_TEST(lab.domain.port(InterfaceIndex(2))->exchanges.size() <= relay::ExchangeTable::default_limit);
}

BOOST_AUTO_TEST_CASE(answers_keep_the_rules_whatever_comes_in)
{
    Mutator mutator(true);
    std::map<std::string, int> decisions;
    Lab lab;
    auto relayed = Dhcp4().with(1);
    relayed.giaddr = downstream_relay;
    BOOST_REQUIRE(lab.request(3, relayed, eth2_address).decision == "forward");
    for (int round = 0; round < rounds; ++round) {
        const auto bytes = mutator.next();
        const auto outcome = lab.answer(bytes);
        const auto kind = outcome.decision.substr(0, outcome.decision.find(' '));
        ++decisions[kind];
        if (std::holds_alternative<relay::Drop>(lab.last.to) || kind == "malformed") {
            BOOST_REQUIRE(outcome.bytes == bytes);
            continue;
        }
        const auto& after = outcome.bytes;
        BOOST_REQUIRE(after.size() >= 300U);
        BOOST_REQUIRE(after.size() <= std::max<std::size_t>(bytes.size(), 300));
        BOOST_REQUIRE(giaddr(after) == giaddr(bytes));
        BOOST_REQUIRE(std::equal(bytes.begin(), bytes.begin() + 10, after.begin()));
        BOOST_REQUIRE(std::equal(bytes.begin() + 12, bytes.begin() + 44, after.begin() + 12));
        BOOST_REQUIRE(count_options(after, 82) >= 0);
        if (kind == "relay") {
            BOOST_REQUIRE(count_options(after, 82) == count_options(bytes, 82));
            BOOST_REQUIRE(giaddr(bytes) == downstream_relay);
        } else {
            BOOST_REQUIRE(count_options(after, 82) == 0); // policy drop on every port: it can only be ours
            BOOST_REQUIRE(
                (giaddr(bytes) == eth1_address || giaddr(bytes) == eth1_secondary || giaddr(bytes) == eth2_address));
        }
    }
    for (const auto* kind : {"frame", "broadcast", "unicast", "relay", "malformed", "unknown-giaddr", "not-reply"}) {
        BOOST_TEST(decisions[kind] > 20, kind << " " << decisions[kind]);
    }
}

BOOST_AUTO_TEST_SUITE_END()
