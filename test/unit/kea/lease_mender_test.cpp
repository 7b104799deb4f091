#include "mended_leases.hpp"
#include "support/generator.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>
#include <vector>

using namespace keavrf::test;

namespace {

std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> lines;
    std::size_t begin = 0;
    while (begin < text.size()) {
        const auto end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

// Rows as Kea writes them, with all that a column may hold; each with an address of its own.
std::vector<std::string> random_rows(Generator& random, std::size_t count)
{
    std::vector<std::string> rows;
    for (std::size_t number = 0; number < count; ++number) {
        const bool second = random.chance(30);
        auto text = (second ? "192.168.1." : "10.50.0.") + std::to_string(10 + number) +
                    ",02:00:00:00:01:" + std::to_string(10 + number) + ",";
        text += random.chance(50) ? "01:02:00:00:00:01:" + std::to_string(10 + number) : "";
        text +=
            random.chance(20) ? ",0,1795847695," : ",3600,17958" + std::to_string(10000 + random.below(80000)) + ",";
        text += second ? "2," : "1,";
        text += random.chance(20) ? "1,1," : "0,0,";
        text += random.one_of<std::string>({"", "host", "pc-1.example.org", "a&#x2cb"}) + ",";
        text += random.one_of<std::string>({"0", "0", "1", "2"}) + ",";
        text += random.chance(10) ? "{ \"a\": 1 }" : "";
        rows.push_back(text);
    }
    return rows;
}

} // namespace

BOOST_AUTO_TEST_SUITE(lease_mender)

BOOST_AUTO_TEST_CASE(a_whole_file_stays_as_it_is)
{
    const auto upgraded = header + row("10.50.0.7") + "\n" + row("10.50.0.8") + ",5\n"; // written by a later Kea
    for (const auto& text :
         {std::string(), header, header + row("10.50.0.7") + "\n\n" + row("172.16.0.1", "", "9") + "\n",
          std::string("no lease file\nat all"), std::string("no lease file\n" + row("10.50.0.7")), upgraded}) {
        for (const std::size_t piece : {std::string::npos, std::size_t{1}, std::size_t{7}, std::size_t{130}}) {
            const auto mended = mend(text, subnets, piece);
            BOOST_TEST(mended.text == text);
            BOOST_TEST(!mended.report.changes());
            BOOST_TEST(mended.report.unreadable == 0U);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_row_is_separated_from_the_part_in_front_of_it)
{
    const auto whole = row("10.50.0.105");
    const auto other = row("10.50.0.9", "02:00:00:00:01:09");
    // Parts as they were found behind full disks, and others: of the row itself, of another, of several.
    for (const std::string& part :
         {std::string("10.50.0.105,02:00:00:00:01:03,,360"), std::string("10.50."), std::string("10.50.0.105,02:"),
          std::string("1"), std::string("10"), std::string("192.168.1.2,02:00:00:00:01:01,01:02,3600,1795851296,1"),
          std::string("10.50.10.50.0.105,02:"), other.substr(0, 20) + other.substr(0, 30),
          other.substr(0, other.size() - 1)}) {
        for (const auto& text : {header + part + whole + "\n", header + part + whole}) {
            const auto mended = mend(text);
            BOOST_TEST_CONTEXT(part)
            {
                BOOST_TEST(mended.text == header + whole + "\n");
                BOOST_TEST(mended.report.separated >= 1U);
                BOOST_TEST(mended.report.unreadable == 0U);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(rows_that_have_lost_their_newlines_are_all_kept)
{
    const auto one = row("10.50.0.7");
    const auto two = row("10.50.0.8", "02:00:00:00:01:08");
    const auto three = row("10.50.0.9", "02:00:00:00:01:09") + "{ \"a\": 1 }";
    BOOST_TEST(mend(header + one + two + three).text == header + one + "\n" + two + "\n" + three + "\n");
    BOOST_TEST(mend(header + one + "10.50" + two + "\n").text == header + one + "\n" + two + "\n");
    BOOST_TEST(mend(header + one + "10.50.0.8,02:00" + two + "\n").text == header + one + "\n" + two + "\n");
    BOOST_TEST(mend(header + one + "10.50.0.8,02").text == header + one + "\n");
    // Where the second one begins is told by the first alone.
    const auto elsewhere = row("10.0.0.1", "02:00:00:00:01:08", "77");
    const auto both = mend(header + one + elsewhere + "\n");
    BOOST_TEST(both.text == header + one + "\n" + elsewhere + "\n");
    BOOST_TEST(both.report.unreadable == 0U);
}

BOOST_AUTO_TEST_CASE(a_part_alone_goes)
{
    const auto whole = row("10.50.0.7") + "\n";
    for (const auto& part : {"1", "10.50.0.8", "10.50.0.8,02:00:", "10.50.0.8,02:00:00:00:01:08,,3600,179"}) {
        BOOST_TEST(mend(header + whole + part).text == header + whole);
        BOOST_TEST(mend(header + part + "\n" + whole).text == header + whole);
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_decided_stays_and_is_reported)
{
    const auto whole = row("10.50.0.7") + "\n";
    for (const auto& line : {"what is this", "10.50.0.9,zz:00,,3600,1795851295,1,0,0,,0,"}) {
        const auto mended = mend(header + line + "\n" + whole);
        BOOST_TEST(mended.text == header + line + "\n" + whole);
        BOOST_TEST(mended.report.unreadable == 1U);
        BOOST_REQUIRE(!mended.report.examples.empty());
        BOOST_TEST(mended.report.examples.front().number == 2U);
        BOOST_TEST(mended.report.examples.front().text == line);
        // The next row is not glued to it.
        BOOST_TEST(mend(header + whole + line).text == header + whole + line + "\n");
    }
    // Of a subnet nobody knows, behind a digit: 2.10.0.0.1 or 210.0.0.1?
    const auto unknown = row("10.0.0.1", "02:00:00:00:01:03", "77");
    BOOST_TEST(mend(header + "192.168.1.2,0" + unknown + "\n").report.unreadable == 1U);
    // Of the same: its own beginning is 1, or 11.
    BOOST_TEST(mend(header + "111" + row("1.0.0.1", "02:00:00:00:01:03", "77") + "\n").report.unreadable == 1U);
    // A row whose last column has no form; and with nine columns a name may look like an address.
    BOOST_TEST(mend(header + row("10.50.0.7") + "zz\n").text == header + row("10.50.0.7") + "zz\n");
    const auto old_header = header.substr(0, header.find(",state")) + "\n";
    const std::string old_row = "10.50.0.7,02:00:00:00:01:03,,3600,1795851295,1,0,0,10.50.0.8,02:00";
    const auto old = mend(old_header + old_row + "\n");
    BOOST_TEST(old.text == old_header + old_row + "\n");
    BOOST_TEST(old.report.unreadable == 1U);
}

BOOST_AUTO_TEST_CASE(a_header_is_made_whole)
{
    const auto whole = row("10.50.0.7") + "\n";
    BOOST_TEST(mend("address,hwad" + header + whole).text == header + whole);
    BOOST_TEST(mend(header.substr(0, header.size() - 1)).text == header);
    // Kea makes a new one in an empty file, and does not start with a part of one.
    for (std::size_t size = 1; size < 60; ++size) {
        BOOST_TEST(mend(header.substr(0, size)).text.empty());
    }
}

BOOST_AUTO_TEST_CASE(a_line_without_end_needs_no_memory)
{
    const std::string endless(300'000, 'x');
    const auto whole = row("10.50.0.7") + "\n";
    for (const std::size_t piece : {std::string::npos, std::size_t{1000}, std::size_t{65537}}) {
        const auto mended = mend(header + endless + "\n" + whole, subnets, piece);
        BOOST_TEST((mended.text == header + endless + "\n" + whole));
        BOOST_TEST(mended.report.unreadable == 1U);
        BOOST_TEST(mended.report.lines == 3U);
        BOOST_TEST(!mended.report.changes());
        BOOST_TEST(mended.report.examples.at(0).text == std::string(200, 'x'));
        // Nothing is glued to it where it is the last.
        BOOST_TEST((mend(header + whole + endless, subnets, piece).text == header + whole + endless + "\n"));
    }
    // A row of that length is none, however it comes.
    const auto long_row = row("10.50.0.8") + "{ \"a\": \"" + std::string(70'000, 'x') + "\" }";
    for (const std::size_t piece : {std::string::npos, std::size_t{1000}}) {
        BOOST_TEST(mend(header + long_row + "\n" + whole, subnets, piece).report.unreadable == 1U);
    }
}

BOOST_AUTO_TEST_CASE(what_is_too_long_to_be_taken_apart_stays)
{
    const auto whole = row("10.50.0.7");
    const auto glued = std::string(9000, '1') + whole;
    const auto mended = mend(header + glued + "\n" + whole + "\n");
    BOOST_TEST((mended.text == header + glued + "\n" + whole + "\n"));
    BOOST_TEST(mended.report.unreadable == 1U);
    // A whole row of that length is one.
    const auto long_row = row("10.50.0.8") + "{ \"a\": \"" + std::string(9000, 'x') + "\" }\n";
    BOOST_TEST((mend(header + long_row).text == header + long_row));
    BOOST_TEST(mend(header + long_row).report.unreadable == 0U);
}

BOOST_AUTO_TEST_CASE(only_the_first_unreadable_lines_are_repeated)
{
    auto text = header;
    for (unsigned number = 0; number < 20; ++number) {
        text += "what is line " + std::to_string(number) + "?\n";
    }
    const auto report = mend(text).report;
    BOOST_TEST(report.unreadable == 20U);
    BOOST_REQUIRE(report.examples.size() == 5U);
    BOOST_TEST(report.examples.back().number == 6U);
    BOOST_TEST(report.examples.back().text == "what is line 4?");
}

BOOST_AUTO_TEST_CASE(the_report_counts_what_was_done)
{
    const auto one = row("10.50.0.7");
    const auto two = row("10.50.0.8", "02:00:00:00:01:08");
    struct Case {
        const char* what;
        std::string text;
        LeaseReport expected;
    };
    const auto counts = [](std::uint64_t separated, std::uint64_t torn, std::uint64_t headers, std::uint64_t ended) {
        LeaseReport report;
        report.separated = separated;
        report.torn = torn;
        report.headers = headers;
        report.ended = ended;
        return report;
    };
    const std::vector<Case> cases{
        {"nothing", header + one + "\n", counts(0, 0, 0, 0)},
        {"no newline at the end", header + one, counts(0, 0, 0, 1)},
        {"a part and a row", header + "10.50.0.7,02:00" + one + "\n", counts(1, 1, 0, 0)},
        {"two rows in one line", header + one + two + "\n", counts(1, 0, 0, 0)},
        {"a part alone", header + "10.50.0.7,02:00\n" + one + "\n", counts(0, 1, 0, 0)},
        {"a row, and digits of the next", header + one + "10.50\n", counts(1, 1, 0, 0)},
        {"a header written again", "address,hwad" + header + one + "\n", counts(0, 0, 1, 0)},
        {"a header without newline", header.substr(0, header.size() - 1), counts(0, 0, 1, 0)},
        {"a part of a header", "address,hwad", counts(0, 0, 1, 0)},
        // That is somebody's text: Kea would say so.
        {"a part of a header as a line", "address,hwad\n", counts(0, 0, 0, 0)},
    };
    for (const auto& [what, text, expected] : cases) {
        const auto report = mend(text).report;
        BOOST_TEST_CONTEXT(what)
        {
            BOOST_TEST(report.separated == expected.separated);
            BOOST_TEST(report.torn == expected.torn);
            BOOST_TEST(report.headers == expected.headers);
            BOOST_TEST(report.ended == expected.ended);
            BOOST_TEST(report.unreadable == 0U);
            BOOST_TEST(report.changes() ==
                       (expected.separated + expected.torn + expected.headers + expected.ended > 0));
        }
    }
}

BOOST_AUTO_TEST_CASE(every_row_is_looked_at_for_ghosts)
{
    const auto seven = row("10.50.0.7");
    const auto eight = row("10.50.0.8");
    BOOST_TEST(mend(header + seven + "\n" + eight + "\n").ghosts == 1U);
    BOOST_TEST(mend(header + seven + eight + "\n").ghosts == 1U);
    BOOST_TEST(mend(header + seven + "\n" + "10.50.0.8,02:" + eight + "\n").ghosts == 1U);
    BOOST_TEST(mend(header + "10.50.0.7,02:" + seven + "\n" + eight + "\n").ghosts == 1U);
    BOOST_TEST(mend(header + seven + "10\n" + eight + "\n").ghosts == 1U);
    BOOST_TEST(mend(header + seven + "\n" + row("10.50.0.8", "02:00:00:00:01:08") + "\n").ghosts == 0U);
}

BOOST_AUTO_TEST_CASE(every_whole_row_of_a_torn_and_glued_file_survives)
{
    Generator random(20);
    std::size_t separated = 0;
    for (unsigned round = 0; round < 4000; ++round) {
        auto text = header;
        std::multiset<std::string> whole;
        for (const auto& line : random_rows(random, 1 + random.below(6))) {
            if (random.chance(30)) {
                // Cut off; what comes next is glued to it. Written again by the same stream, or not.
                text += line.substr(0, 1 + random.below(line.size() - 1));
                if (random.chance(50)) {
                    continue;
                }
            }
            text += line + "\n";
            whole.insert(line);
        }
        text.resize(text.size() - (random.chance(20) && text != header ? 1 : 0));
        const auto mended = mend(text, subnets, 1 + random.below(100));
        const auto found = lines_of(mended.text);
        const std::multiset<std::string> kept(found.begin(), found.end());
        for (const auto& line : whole) {
            BOOST_REQUIRE_MESSAGE(kept.count(line) >= whole.count(line), "seed round " << round << ": lost " << line
                                                                                       << " of\n"
                                                                                       << text << "which became\n"
                                                                                       << mended.text);
        }
        BOOST_REQUIRE(mend(mended.text).text == mended.text);
        separated += mended.report.separated;
    }
    BOOST_TEST(separated > 1000U);
}

BOOST_AUTO_TEST_SUITE_END()
