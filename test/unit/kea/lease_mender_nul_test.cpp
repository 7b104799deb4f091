#include "mended_leases.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace keavrf::test;

BOOST_AUTO_TEST_SUITE(lease_mender_nul)

// ext4 and XFS, after a power cut: the file has its size, and what was written last is not on the disk.
BOOST_AUTO_TEST_CASE(a_block_of_nul_bytes_goes_and_what_stands_around_it_stays)
{
    const auto first = row("10.50.0.7") + "\n";
    const auto next = row("10.50.0.8", "02:00:00:00:01:04") + "\n";
    const auto part = row("10.50.0.9").substr(0, 20);
    for (const std::size_t size : {std::size_t{1}, std::size_t{4096}, std::size_t{300'000}}) {
        const std::string zeros(size, '\0');
        struct Case {
            std::string text;
            std::string mended;
            std::uint64_t torn;
        };
        for (const auto& [text, mended, torn] : std::vector<Case>{
                 {header + first + zeros, header + first, 0},
                 {header + first + zeros + next, header + first + next, 0},
                 {header + first + part + zeros + next, header + first + next, 1},
                 {header + first + row("10.50.0.9") + zeros + next, header + first + row("10.50.0.9") + "\n" + next, 0},
                 {header + zeros + "\n" + next, header + next, 0},
                 {zeros + header + next, header + next, 0},
                 {zeros, "", 0}}) {
            for (const auto piece : {std::string::npos, std::size_t{1}, std::size_t{1000}}) {
                const auto done = mend(text, subnets, piece);
                BOOST_TEST(done.text == mended);
                BOOST_TEST(done.report.zeroed == 1U);
                BOOST_TEST(done.report.torn == torn);
                BOOST_TEST(done.report.unreadable == 0U);
                BOOST_TEST(!mend(done.text).report.changes());
            }
        }
    }
}

// What else may hold NUL bytes is not ours: it stays byte for byte, in one piece as in many.
BOOST_AUTO_TEST_CASE(nul_bytes_of_a_file_that_is_no_lease_file_stay)
{
    const std::string zeros(70'000, '\0');
    for (const auto& text :
         {zeros + "x", zeros + "\n" + row("10.50.0.7") + "\n", std::string("x\n\n\0\0\x0c\x36", 7),
          "x" + zeros + "\n" + zeros + "y", std::string("\0\0x\0\0\ny", 7), "no lease file\n" + zeros}) {
        for (const std::size_t piece : {std::string::npos, std::size_t{1}, std::size_t{1000}}) {
            const auto mended = mend(text, subnets, piece);
            BOOST_TEST((mended.text == text));
            BOOST_TEST(!mended.report.changes());
        }
    }
}

// As a client may send one where hostname-char-set is empty.
BOOST_AUTO_TEST_CASE(a_row_whose_name_holds_nul_bytes_stays)
{
    const auto plain = row("10.50.0.7");
    const auto named = plain.substr(0, plain.size() - 3) + std::string("a\0\0b", 4) + ",0,";
    for (const std::size_t piece : {std::string::npos, std::size_t{1}, std::size_t{9}}) {
        const auto mended = mend(header + named + "\n" + plain + "\n", subnets, piece);
        BOOST_TEST((mended.text == header + named + "\n" + plain + "\n"));
        BOOST_TEST(!mended.report.changes());
        BOOST_TEST((mend(header + named, subnets, piece).text == header + named + "\n"));
    }
}

BOOST_AUTO_TEST_CASE(a_line_too_long_ends_at_a_block_of_nul_bytes)
{
    const std::string endless(70'000, 'x');
    const auto whole = row("10.50.0.7") + "\n";
    for (const std::size_t piece : {std::string::npos, std::size_t{1}, std::size_t{1000}}) {
        const auto mended = mend(header + endless + std::string(3, '\0') + whole + endless, subnets, piece);
        BOOST_TEST((mended.text == header + endless + "\n" + whole + endless + "\n"));
        BOOST_TEST(mended.report.zeroed == 1U);
        BOOST_TEST(mended.report.unreadable == 2U);
        BOOST_TEST(mended.report.lines == 3U);
    }
}

// The row that ended the first lease may have stood in the block.
BOOST_AUTO_TEST_CASE(a_block_of_nul_bytes_makes_no_later_lease_a_ghost)
{
    const auto part = row("10.50.0.9").substr(0, 20);
    const auto done = mend(header + row("10.50.0.7") + "\n" + part + std::string(4096, '\0') + row("10.50.0.8") + "\n");
    BOOST_TEST(done.text == header + row("10.50.0.7") + "\n" + row("10.50.0.8") + "\n");
    LeaseGhosts ghosts(7);
    LeaseMender mender(subnets, ghosts);
    std::string out;
    mender.feed(header + row("10.50.0.7") + "\n" + part + std::string(4096, '\0') + row("10.50.0.8") + "\n", out);
    mender.finish(out);
    BOOST_TEST(ghosts.releases().find("10.50.0.8") == std::string::npos, ghosts.releases());
}

BOOST_AUTO_TEST_SUITE_END()
