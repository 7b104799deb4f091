#include "config/words.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

using namespace keavrf::config;

BOOST_AUTO_TEST_SUITE(config_words)

BOOST_AUTO_TEST_CASE(nearest_finds_the_word_that_was_meant_and_no_other)
{
    constexpr std::array<std::string_view, 5> words{"interfaces", "relay", "dhcp4", "dhcp4-file", "warning"};
    struct Case {
        std::string_view text;
        std::string_view meant;
    };
    for (const auto& [text, meant] :
         {Case{"interface", "interfaces"}, Case{"intefraces", "interfaces"}, Case{"rleay", "relay"},
          Case{"realy", "relay"}, Case{"dhcp", "dhcp4"}, Case{"dhcp5", "dhcp4"}, Case{"warn", "warning"},
          Case{"colour", ""}, Case{"", ""}, Case{"x", ""}}) {
        BOOST_TEST(nearest(text, words) == meant, text);
    }
    BOOST_TEST(nearest(std::string(100000, 'a'), words).empty());
}

BOOST_AUTO_TEST_CASE(quoted_text_cannot_break_a_line_or_a_terminal)
{
    BOOST_TEST(quoted("plain") == "\"plain\"");
    BOOST_TEST(quoted("") == "\"\"");
    BOOST_TEST(quoted("a\"b\n\x1b[0m") == "\"a\\\"b\\n\\x1B[0m\"");
    BOOST_TEST(quoted(std::string(100, 'a')) == '"' + std::string(80, 'a') + "\"...");
}

BOOST_AUTO_TEST_CASE(lists_read_as_a_sentence)
{
    constexpr std::array<std::string_view, 3> words{"a", "b", "c"};
    BOOST_TEST(one_of(words) == "a, b or c");
    BOOST_TEST(one_of(std::span(words).first(1)) == "a");
    BOOST_TEST(joined(words) == "a, b, c");
}

BOOST_AUTO_TEST_SUITE_END()
