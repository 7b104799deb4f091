#include "kea/lease_ghosts.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using namespace keavrf::kea;

const std::string mac = "02:00:00:00:01:03";
const std::string other = "02:00:00:00:01:04";

std::string row(const std::string& address, const std::string& of = mac, const std::string& subnet = "1")
{
    return address + "," + of + ",,3600,1795851295," + subnet + ",0,0,,0,";
}

std::string identified(const std::string& address, const std::string& of, const std::string& client)
{
    return address + "," + of + "," + client + ",3600,1795851295,1,0,0,,0,";
}

std::string release(const std::string& address, const std::string& of = mac)
{
    return address + "," + of + ",,0,1795851295,1,0,0,,0,";
}

std::string at(const std::string& address, unsigned time, unsigned lifetime = 3600)
{
    return address + "," + mac + ",," + std::to_string(lifetime) + "," + std::to_string(lifetime + time) + ",1,0,0,,0,";
}

void see_all(LeaseGhosts& ghosts, const std::vector<std::string>& rows)
{
    for (const auto& one : rows) {
        ghosts.see(split_columns(one));
    }
}

std::string releases_after(const std::vector<std::string>& rows, bool sorted = false)
{
    LeaseGhosts ghosts(1);
    ghosts.begin_file(sorted);
    see_all(ghosts, rows);
    return ghosts.releases();
}

} // namespace

BOOST_AUTO_TEST_SUITE(lease_ghosts)

BOOST_AUTO_TEST_CASE(of_two_leases_of_one_client_the_later_counts)
{
    struct Case {
        std::vector<std::string> rows;
        std::vector<std::string> ghosts;
    };
    const std::vector<Case> cases{
        {{row("10.50.0.7"), row("10.50.0.7")}, {}},
        {{row("10.50.0.7"), row("10.50.0.8", other)}, {}},
        {{row("10.50.0.7"), row("10.50.0.8")}, {"10.50.0.7"}},
        {{row("10.50.0.7"), row("10.50.0.8"), row("10.50.0.9")}, {"10.50.0.7", "10.50.0.8"}},
        // As Kea itself changes a client's address.
        {{row("10.50.0.7"), row("10.50.0.8"), release("10.50.0.7")}, {}},
        {{row("10.50.0.7"), release("10.50.0.7"), row("10.50.0.8")}, {}},
        // Given to another before or after; from another; and back to the first.
        {{row("10.50.0.7"), row("10.50.0.8"), row("10.50.0.7", other)}, {}},
        {{row("10.50.0.7"), row("10.50.0.7", other), row("10.50.0.8")}, {}},
        {{row("10.50.0.7", other), row("10.50.0.7"), row("10.50.0.8")}, {"10.50.0.7"}},
        {{row("10.50.0.7"), row("10.50.0.8"), row("10.50.0.7")}, {"10.50.0.8"}},
        // Another subnet is another link; a declined address is nobody's; a client without any name is none.
        {{row("10.50.0.7"), row("192.168.1.8", mac, "2")}, {}},
        {{"10.50.0.7,,,3600,1795851295,1,0,0,,1,", row("10.50.0.8")}, {}},
        {{"10.50.0.7," + mac + ",,3600,1795851295,1,0,0,,1,", row("10.50.0.8")}, {}},
        {{row("10.50.0.7", ""), row("10.50.0.8", "")}, {}},
        {{"no address," + mac + ",,3600,1795851295,1,0,0,,0,", row("10.50.0.8")}, {}},
    };
    for (const auto& [rows, expected] : cases) {
        LeaseGhosts ghosts(1);
        see_all(ghosts, rows);
        std::string wanted;
        for (const auto& address : expected) {
            wanted += release(address) + "\n";
        }
        BOOST_TEST(ghosts.releases() == wanted, rows.front() << " and so on");
        BOOST_TEST(ghosts.count() == expected.size());
        // And with the releases in the file there is none any more.
        for (const auto& address : expected) {
            see_all(ghosts, {release(address)});
        }
        BOOST_TEST(ghosts.count() == 0U);
    }
}

BOOST_AUTO_TEST_CASE(a_client_is_its_hardware_address_with_its_identifier)
{
    BOOST_TEST(releases_after({identified("10.50.0.7", mac, "01:02"), identified("10.50.0.8", mac, "01:03")}).empty());
    BOOST_TEST(releases_after({identified("10.50.0.7", mac, ""), identified("10.50.0.8", mac, "01:03")}).empty());
    // Not the same text in the other column.
    BOOST_TEST(releases_after({identified("10.50.0.7", mac, ""), identified("10.50.0.8", "", mac)}).empty());
    for (const auto& [hardware, client] : {std::pair(mac, "01:02"), std::pair(std::string(), "01:02")}) {
        const auto found =
            releases_after({identified("10.50.0.7", hardware, client), identified("10.50.0.8", hardware, client)});
        BOOST_TEST(found == "10.50.0.7," + hardware + "," + client + ",0,1795851295,1,0,0,,0,\n");
    }
}

BOOST_AUTO_TEST_CASE(a_file_of_an_old_kea_has_no_states)
{
    const std::string behind = "," + mac + ",,3600,1795851295,1,0,0,";
    BOOST_TEST(releases_after({"10.50.0.7" + behind, "10.50.0.8" + behind}) ==
               "10.50.0.7," + mac + ",,0,1795851295,1,0,0,\n");
}

BOOST_AUTO_TEST_CASE(a_release_keeps_who_it_was_and_no_name)
{
    const std::string full = "," + mac + ",01:02,3600,1795851295,1,1,1,pc.example.org,0,{ \"a\": 1 },7";
    BOOST_TEST(releases_after({"10.50.0.7" + full, "10.50.0.8" + full}) ==
               "10.50.0.7," + mac + ",01:02,0,1795851295,1,0,0,,0,,7\n");
}

BOOST_AUTO_TEST_CASE(what_kea_lfc_sorted_is_told_apart_by_time)
{
    struct Case {
        std::vector<std::string> rows;
        std::vector<std::string> ghosts;          // where they are sorted by address
        std::vector<std::string> ghosts_in_order; // where each is later than those before
    };
    const std::vector<Case> cases{
        {{at("10.50.0.7", 200), at("10.50.0.8", 100)}, {"10.50.0.8"}, {"10.50.0.7"}},
        {{at("10.50.0.7", 100), at("10.50.0.8", 200)}, {"10.50.0.7"}, {"10.50.0.7"}},
        {{at("10.50.0.7", 100), at("10.50.0.8", 100)}, {"10.50.0.7"}, {"10.50.0.7"}},
        {{at("10.50.0.7", 300), at("10.50.0.8", 100), at("10.50.0.9", 200)},
         {"10.50.0.8", "10.50.0.9"},
         {"10.50.0.7", "10.50.0.8"}},
        // The time is the client's last word, not the lease's end.
        {{at("10.50.0.7", 100, 7200), at("10.50.0.8", 200, 3600)}, {"10.50.0.7"}, {"10.50.0.7"}},
        {{at("10.50.0.7", 200, 3600), at("10.50.0.8", 100, 7200)}, {"10.50.0.8"}, {"10.50.0.7"}},
    };
    for (const auto& [rows, sorted, in_order] : cases) {
        for (const auto* expected : {&sorted, &in_order}) {
            const auto found = releases_after(rows, expected == &sorted);
            std::vector<std::string> addresses;
            for (std::size_t begin = 0; begin < found.size(); begin = found.find('\n', begin) + 1) {
                addresses.push_back(found.substr(begin, found.find(',', begin) - begin));
            }
            BOOST_TEST(addresses == *expected, boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
