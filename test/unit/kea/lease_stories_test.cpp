// What happened to a client while the disk was full, the file that Kea wrote of it, and what the next Kea knows.
#include "kea/lease_mender.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace keavrf::kea;
using keavrf::Ipv4Prefix;

const std::string header = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,"
                           "user_context\n";
const std::string client = "02:00:00:00:01:03";
const LeaseSubnets subnets{{1, *Ipv4Prefix::parse("10.50.0.0/24")}};

std::string row(const std::string& address, const std::string& mac = client)
{
    return address + "," + mac + ",,3600,1795851295,1,0,0,,0,";
}

// Kea, and the stream its file is written by (libstdc++ 12): what cannot be written stays in it, and is written again
// as a whole, behind the part of it that found room in the file's last block. This client's leases, and those of
// others.
struct WrittenByKea {
    std::string file;
    std::string waiting;
    std::vector<std::string> memory; // the client's own addresses, as Kea knows them
    bool full = false;
    bool room_for_a_part = true;

    bool append(const std::string& line)
    {
        waiting += line + "\n";
        if (full) {
            file += room_for_a_part ? waiting.substr(0, 9) : "";
            room_for_a_part = false;
            return false;
        }
        file += std::exchange(waiting, {});
        room_for_a_part = true;
        return true;
    }
    void ask(const std::string& address)
    {
        const auto before = memory;
        if (!append(row(address))) {
            return;
        }
        memory.push_back(address);
        for (const auto& old : before) {
            if (old != address) {
                append(old + ",02:00:00:00:01:03,,0,1795851295,1,0,0,,0,");
            }
        }
        memory = {address};
    }
    void others() { append(row("10.50.0.200", "02:00:00:00:01:77")); }
};

std::string mend(const std::string& text)
{
    LeaseGhosts ghosts(1);
    LeaseMender mender(subnets, ghosts);
    std::string mended;
    mender.feed(text, mended);
    return mended + ghosts.releases();
}

// The client's addresses.
std::set<std::string> known_from(const std::string& text)
{
    std::set<std::string> known;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = text.find('\n', begin);
        const auto columns = split_columns(std::string_view(text).substr(begin, end - begin));
        begin = end + 1;
        if (!whole_row(columns, 11, subnets) || columns[1] != client) {
            continue;
        }
        if (columns[3] == "0") {
            known.erase(std::string(columns[0]));
        } else {
            known.emplace(columns[0]);
        }
    }
    return known;
}

} // namespace

BOOST_AUTO_TEST_SUITE(lease_stories)

BOOST_AUTO_TEST_CASE(what_kea_has_in_its_memory_counts_where_the_file_tells)
{
    struct Case {
        const char* name;
        const char* story; // digits: the client asks for 10.50.0.DIGIT; f, r: full, room; o: others; 0: no part fits
        const char* real;
    };
    const std::vector<Case> cases{
        {"it had nothing, was refused one, and got another", "of7r8o", "10.50.0.8"},
        {"it had one, and was refused another", "7f8r", "10.50.0.7"},
        {"the same, others were refused in front", "7fo8oro", "10.50.0.7"},
        {"the same, and it renewed its own", "7f8r7", "10.50.0.7"},
        {"refused two, its own stays", "7f89ro", "10.50.0.7"},
        {"refused one, and got a third", "7f8r9o", "10.50.0.9"},
        {"refused one, and got that when there was room", "7f8r8o", "10.50.0.8"},
        {"refused in one outage, and in the next", "7f8rf9ro", "10.50.0.7"},
        {"got one behind a part, and another there", "ofor78o", "10.50.0.8"},
        {"it had nothing, and no part fitted", "0of7r8o", "10.50.0.8"},
    };
    for (const auto& [name, story, real] : cases) {
        BOOST_TEST_CONTEXT(name)
        {
            WrittenByKea kea;
            for (const char event : std::string(story)) {
                if (event == 'f' || event == 'r') {
                    kea.full = event == 'f';
                } else if (event == 'o') {
                    kea.others();
                } else if (event == '0') {
                    kea.room_for_a_part = false;
                } else {
                    kea.ask(std::string("10.50.0.") + event);
                }
            }
            kea.full = false;
            kea.others();
            BOOST_TEST(kea.memory == std::vector<std::string>{real}, boost::test_tools::per_element());
            // What the next Kea knows.
            const auto mended = mend(header + kea.file);
            const auto known = known_from(mended);
            BOOST_TEST(known == std::set<std::string>{real}, boost::test_tools::per_element());
            BOOST_TEST(known_from(mend(mended)) == known, boost::test_tools::per_element());
        }
    }
}

// Why no rule can tell every story.
BOOST_AUTO_TEST_CASE(two_stories_may_leave_the_same_bytes)
{
    WrittenByKea had_nothing;
    had_nothing.full = true;
    had_nothing.others();
    had_nothing.ask("10.50.0.7");
    had_nothing.full = false;
    had_nothing.ask("10.50.0.8");
    WrittenByKea had_one;
    had_one.full = true;
    had_one.others();
    had_one.full = false;
    had_one.ask("10.50.0.7");
    had_one.full = true;
    had_one.room_for_a_part = false; // the file ends with its block
    had_one.ask("10.50.0.8");
    had_one.full = false;
    had_nothing.others();
    had_one.others();
    BOOST_TEST(had_nothing.file == had_one.file);
    BOOST_TEST(had_nothing.memory != had_one.memory);
}

BOOST_AUTO_TEST_SUITE_END()
