#include "kea/lease_row.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using namespace keavrf::kea;
using keavrf::Ipv4Prefix;

const std::string least = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname";

// A whole row of twelve columns, one of them changed.
LeaseColumns row_with(LeaseColumn column, std::string_view text)
{
    LeaseColumns columns{"10.50.0.7", "02:00:00:00:01:03", "01:02", "3600", "1795851295", "1", "0", "0", "pc", "0", "",
                         "0"};
    columns[static_cast<std::size_t>(column)] = text;
    return columns;
}

LeaseSubnets subnet(const char* prefix)
{
    return {{1, *Ipv4Prefix::parse(prefix)}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(lease_row)

BOOST_AUTO_TEST_CASE(each_column_has_a_form_of_its_own)
{
    struct Case {
        LeaseColumn column;
        std::vector<const char*> right;
        std::vector<const char*> wrong;
    };
    const std::vector<Case> cases{
        {LeaseColumn::address, {"0.0.0.0", "10.50.0.255"}, {"", "10.50.0", "10.50.0.256", "host"}},
        {LeaseColumn::hardware, {"", "0a:BF:09", "AF:f0", "ff"}, {"0g", "G0", "02-00", "@A", "`a", "02:00 "}},
        {LeaseColumn::client, {"", "01:FF:aa"}, {"x", "/", ";"}},
        {LeaseColumn::lifetime, {"0", "4294967295"}, {"", "-1", "4294967296", "1.5", "0x10"}},
        // Not bounded to 32 bits by Kea: the time in seconds.
        {LeaseColumn::expire,
         {"0", "4294967296", "18446744073709551615"},
         {"", "a", "179585129517958512951", "1795851295 "}},
        {LeaseColumn::subnet, {"1", "4294967295"}, {"", "4294967296", "1a", "18446744073709551616"}},
        {LeaseColumn::forward, {"0", "1"}, {"", "2", "01", "10"}},
        {LeaseColumn::reverse, {"0", "1"}, {"", "2", "a"}},
        {LeaseColumn::hostname, {"", "pc-1.example.org", "a&#x2cb", "{"}, {}},
        {LeaseColumn::state, {"0", "3"}, {"", "a", "99999999999"}},
        {LeaseColumn::context, {"", "{}", "{ \"a\": 1 }"}, {"{", "}", "{ \"a\": 1", "1 }", "x"}},
        {LeaseColumn::pool, {"0", "7"}, {"", "x"}},
    };
    for (const auto& [column, right, wrong] : cases) {
        for (const auto* text : right) {
            BOOST_TEST(valid_columns(row_with(column, text)), static_cast<int>(column) << " takes '" << text << "'");
        }
        for (const auto* text : wrong) {
            BOOST_TEST(!valid_columns(row_with(column, text)), static_cast<int>(column) << " refuses '" << text << "'");
        }
    }
    const auto no_address = row_with(LeaseColumn::address, "part of another");
    BOOST_TEST(!valid_columns(no_address));
    BOOST_TEST(valid_columns(no_address, true));
    auto too_many = row_with(LeaseColumn::address, "10.50.0.7");
    too_many.push_back("0");
    BOOST_TEST(!valid_columns(too_many));
}

BOOST_AUTO_TEST_CASE(a_header_tells_how_many_columns_a_row_has)
{
    struct Case {
        std::string line;
        std::size_t columns;
        std::size_t begin;
    };
    const std::vector<Case> headers{
        {least, 9, 0},
        {least + ",state", 10, 0},
        {least + ",state,user_context", 11, 0},
        {least + ",state,user_context,pool_id", 12, 0},
        // Cut off, and written again behind itself.
        {"addr" + least, 9, 4},
        {least.substr(0, least.size() - 1) + least + ",state", 10, least.size() - 1},
        {least + ",sta" + least + ",state", 10, least.size() + 4},
        {least + ",state,user_co" + least, 9, least.size() + 14},
    };
    for (const auto& [line, columns, begin] : headers) {
        const auto header = LeaseHeader::parse(line);
        BOOST_REQUIRE_MESSAGE(header.has_value(), line);
        BOOST_TEST(header->columns == columns, line);
        BOOST_TEST(header->begin == begin, line);
    }
    for (const auto& line : {std::string(), std::string("address"), least.substr(1), "10.50.0.7," + least,
                             "hwaddr" + least, least + ",a,b,c,d", std::string("address,duid,valid_lifetime")}) {
        BOOST_TEST(!LeaseHeader::parse(line).has_value(), line);
    }
}

BOOST_AUTO_TEST_CASE(a_part_of_a_header_is_its_beginning)
{
    for (const auto& line :
         {std::string("a"), std::string("address,hw"), least, least + ",st", least + ",state,user"}) {
        BOOST_TEST(LeaseHeader::torn(line), line);
    }
    for (const auto& line : {std::string("b"), least + ",pool_id", least + ",state,user_context,pool_id,more"}) {
        BOOST_TEST(!LeaseHeader::torn(line), line);
    }
}

BOOST_AUTO_TEST_CASE(a_line_is_split_at_commas_as_far_as_a_row_can_be_long)
{
    BOOST_TEST(split_columns("").size() == 1U);
    BOOST_TEST(split_columns("a,,b,").size() == 4U);
    const auto sixteen = split_columns("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16");
    BOOST_TEST(sixteen.size() == 16U);
    BOOST_TEST(sixteen.back() == "16");
    BOOST_TEST(split_columns(std::string(1000, ',')).size() == too_many_columns);
}

BOOST_AUTO_TEST_CASE(a_row_is_whole_with_all_its_columns_and_in_its_subnet)
{
    const auto row = row_with(LeaseColumn::hostname, "");
    BOOST_TEST(whole_row(row, 12, {}));
    // A later Kea goes on with an older file.
    BOOST_TEST(whole_row(row, 9, {}));
    BOOST_TEST(whole_row(row, 11, {}));
    auto shorter = row;
    shorter.pop_back();
    BOOST_TEST(!whole_row(shorter, 12, {}));
    BOOST_TEST(whole_row(row, 12, subnet("10.50.0.0/24")));
    BOOST_TEST(!whole_row(row, 12, subnet("10.51.0.0/24")));
    BOOST_TEST(whole_row(row_with(LeaseColumn::subnet, "2"), 12, subnet("10.51.0.0/24")));
    BOOST_TEST(!whole_row(row_with(LeaseColumn::state, ""), 12, {}));
}

BOOST_AUTO_TEST_CASE(parts_of_rows_are_made_of_what_rows_are_made_of)
{
    struct Case {
        const char* line;
        bool torn;
    };
    const std::vector<Case> cases{
        {"1", true},
        {"10.50.", true},
        {"10.50.0.7,02:00:0A", true},
        {"10.50.0.7,02:00:00:00:01:03,,3600,17", true},
        {"10.50.0.7,02:00:00:00:01:03,01:0210.50.0.8,02:", true},
        {"10.50.0.7,02:00:00:00:01:03,,3600,1795851295,1,0,0,any name!,", true},
        // The last column begun.
        {"10.50.0.7,02:00:00:00:01:03,,3600,1795851295,1,0,0,,0,{ \"a\"", true},
        {"10.50.0.7,02:00:00:00:01:03,,3600,1795851295,1,0,0,,0,x", false},
        {"10.50.0.7,02:00:00:00:01:03,,36x0,1795851295,1,0,0,,0,{ \"a\"", false},
        {"10.50.0.256,02:00:00:00:01:03,,3600,1795851295,1,0,0,,0,{ \"a\"", false},
        // All columns are there: no part, but something else.
        {"10.50.0.7,02:00:00:00:01:03,,3600,1795851295,1,0,0,,0,", false},
        {"1,2,3,4,5,6,7,8,9,10,11,12", false},
        {"", false},
        {",02:00:00:00:01:03", false},
        {"a0.50.0.7", false},
        {"note: what is this", false},
        {"10.50.0.7,what", false},
        {"10.50.0.7,02:00:00:00:01:03,,3600,1795851295,1,0,z", false},
        {"10.50.0.7,02:00:00:00:01:03,,3600,1795851295,one,0", false},
    };
    for (const auto& [line, torn] : cases) {
        BOOST_TEST(torn_row(split_columns(line), 11) == torn, line);
    }
    // With another Kea's number of columns: all of them are there.
    BOOST_TEST(!torn_row(split_columns("10.50.0.7,02:00:00:00:01:03,,3600,1795851295,1,0,0,,0,,"), 12));
    BOOST_TEST(!torn_row(split_columns("10.50.0.7,02:00:00:00:01:03,,3600,1795851295,1,0,0,"), 9));
    BOOST_TEST(torn_row(split_columns("10.50.0.7,02:00:00:00:01:03,,3600,1795851295,1,0,0"), 9));
}

BOOST_AUTO_TEST_SUITE_END()
