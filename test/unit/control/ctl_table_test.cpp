#include "keavrfctl/table.hpp"

#include <boost/test/unit_test.hpp>

#include <sstream>

namespace {

using namespace keavrf::ctl;

std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

Table example()
{
    Table table({{"VRF"}, {"NOTE", false, 6}, {"COUNT", true, 0, 2}, {"MORE", false, 0, 1}});
    table.add({"red", "a rather long note", "7", "x"});
    table.add({"vrf-blue", "", "1234567", ""});
    return table;
}

} // namespace

BOOST_AUTO_TEST_SUITE(ctl_table)

BOOST_AUTO_TEST_CASE(columns_are_as_wide_as_their_widest_cell)
{
    BOOST_TEST(example().render({}) == "VRF       NOTE                  COUNT  MORE\n"
                                       "red       a rather long note        7  x\n"
                                       "vrf-blue                      1234567\n");
}

BOOST_AUTO_TEST_CASE(columns_give_way_then_go_by_rank)
{
    BOOST_TEST(example().render({35, false}) == "VRF       NOTE          COUNT  MORE\n"
                                                "red       a rather \xe2\x80\xa6        7  x\n"
                                                "vrf-blue              1234567\n");
    BOOST_TEST(example().render({25, false}) == "VRF       NOTE    MORE\n"
                                                "red       a rat\xe2\x80\xa6  x\n"
                                                "vrf-blue\n");
    BOOST_TEST(example().render({16, false}) == "VRF       NOTE\n"
                                                "red       a rat\xe2\x80\xa6\n"
                                                "vrf-blue\n");
}

BOOST_AUTO_TEST_CASE(no_line_is_wider_than_the_terminal)
{
    for (std::size_t width = 1; width < 60; ++width) {
        for (const auto& line : lines_of(example().render({width, false}))) {
            BOOST_TEST(display_width(line) <= width, line);
            BOOST_TEST(!line.ends_with(' '));
        }
    }
}

BOOST_AUTO_TEST_CASE(characters_count_and_not_bytes)
{
    Table table({{"NAME"}, {"N", true}});
    table.add({"\xc3\xa4\xc3\xb6", "1"});
    BOOST_TEST(table.render({}) == "NAME  N\n\xc3\xa4\xc3\xb6    1\n");
    BOOST_TEST(display_width("\xe2\x82\xac\xc3\xa4") == 2U);
    BOOST_TEST(cut_to("\xc3\xa4\xc3\xb6\xc3\xbc", 2) == "\xc3\xa4\xe2\x80\xa6");
    BOOST_TEST(cut_to("abc", 3) == "abc");
    BOOST_TEST(cut_to("abc", 1) == "\xe2\x80\xa6");
    BOOST_TEST(cut_to("abc", 0).empty());
}

BOOST_AUTO_TEST_CASE(colours_do_not_shift_columns_and_hostile_names_cannot_colour)
{
    Table table({{"A"}, {"B"}});
    table.add({Cell("x", Colour::good), "\x1b[31my"});
    BOOST_TEST(table.render({}) == "A  B\nx  \\x1B[31my\n");
    BOOST_TEST(table.render({0, true}) == "\x1b[1mA\x1b[0m  \x1b[1mB\x1b[0m\n\x1b[32mx\x1b[0m  \\x1B[31my\n");
}

BOOST_AUTO_TEST_SUITE_END()
