#include "instance/pair_addresses.hpp"
#include "instance/record.hpp"
#include "topology/plan.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

namespace {

using keavrf::NamespaceInode;
using keavrf::ProcessId;
using keavrf::Slot;
using keavrf::VrfName;
using keavrf::instance::parse_record;
using keavrf::instance::Record;
using keavrf::instance::RecordedServer;

Record example()
{
    return Record{VrfName("a\"*\\b"),
                  Slot(7),
                  "keavrf-a\"*\\b",
                  NamespaceInode(4026531840),
                  4711,
                  RecordedServer{ProcessId(1234), 987654321, "/usr/sbin/kea-dhcp4", "00ff", true, true},
                  "8f2b",
                  "/run/keavrfd",
                  "/var/lib/keavrfd"};
}

} // namespace

BOOST_AUTO_TEST_SUITE(instance_record)

BOOST_AUTO_TEST_CASE(reads_what_it_wrote)
{
    auto record = example();
    BOOST_TEST((parse_record(to_json(record)).value() == record));
    record.dhcp4.reset();
    BOOST_TEST((parse_record(to_json(record)).value() == record));
}

BOOST_AUTO_TEST_CASE(reads_what_an_earlier_keavrfd_wrote)
{
    const auto* const text = R"({"format":1,"vrf":"a","slot":1,"namespace":"x","namespace-inode":1,"dhcp4":)"
                             R"({"pid":7,"start-time":1,"executable":"x","configuration-hash":""}})";
    const auto record = parse_record(text);
    BOOST_REQUIRE(record.has_value());
    BOOST_TEST(!record->dhcp4->answers_probes);
    BOOST_TEST(record->boot.empty());
    BOOST_TEST(record->runtime_dir.empty());
    BOOST_TEST(record->state_dir.empty());
}

BOOST_AUTO_TEST_CASE(refuses_what_is_not_a_record)
{
    const auto good = to_json(example());
    for (std::size_t length = 0; length + 2 < good.size(); ++length) {
        BOOST_TEST(parse_record(good.substr(0, length)).has_error(), length);
    }
    for (
        const auto* text :
        {"[]", "{}", "null", R"({"format":2,"vrf":"a","slot":1,"namespace":"x","namespace-inode":1})",
         R"({"format":1,"vrf":"","slot":1,"namespace":"x","namespace-inode":1})",
         R"({"format":1,"vrf":"a","slot":-1,"namespace":"x","namespace-inode":1})",
         R"({"format":1,"vrf":"a","slot":4294967297,"namespace":"x","namespace-inode":1})",
         R"({"format":1,"vrf":"a","slot":16256,"namespace":"x","namespace-inode":1})", // slot_limit
         R"({"format":1,"vrf":"a","slot":99999,"namespace":"x","namespace-inode":1})",
         R"({"format":1,"vrf":"a","slot":1,"namespace":"x","namespace-inode":"1"})",
         R"({"format":1,"vrf":"a","slot":1,"namespace":"x","namespace-inode":1,"dhcp4":3})",
         R"({"format":1,"vrf":"a","slot":1,"namespace":"x","namespace-inode":1,"dhcp4":{"pid":-1,"start-time":1,"executable":"x","configuration-hash":""}})",
         R"({"format":1,"vrf":"a","slot":1,"namespace":"x","namespace-inode":1,"dhcp4":{"pid":1,"start-time":1,"executable":"x","configuration-hash":""}})"}) {
        BOOST_TEST(parse_record(text).has_error(), text);
    }
}

BOOST_AUTO_TEST_CASE(every_slot_has_addresses_of_its_own_inside_the_usable_link_local_range)
{
    std::set<std::uint32_t> addresses;
    std::set<std::string> macs;
    for (std::uint32_t slot = 0; slot < keavrf::topology::slot_limit; ++slot) {
        const auto pair = keavrf::instance::pair_addresses(Slot(slot));
        BOOST_REQUIRE(pair.relay.value() >= 0xa9fe0100U);
        BOOST_REQUIRE(pair.kea.value() <= 0xa9fefeffU);
        BOOST_REQUIRE(keavrf::Ipv4Prefix(pair.relay, 30).contains(pair.kea));
        BOOST_REQUIRE(addresses.insert(pair.relay.value()).second);
        BOOST_REQUIRE(addresses.insert(pair.kea.value()).second);
        BOOST_REQUIRE(macs.insert(pair.relay_mac.str()).second);
        BOOST_REQUIRE(macs.insert(pair.kea_mac.str()).second);
    }
    BOOST_TEST(keavrf::instance::pair_addresses(Slot(0)).relay.str() == "169.254.1.1");
    BOOST_TEST(keavrf::instance::pair_addresses(Slot(1)).kea.str() == "169.254.1.6");
    BOOST_TEST(keavrf::instance::pair_addresses(Slot(0)).relay_v6.str() == "fe80::1");
}

BOOST_AUTO_TEST_SUITE_END()
