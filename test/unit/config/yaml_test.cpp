#include "config/node.hpp"
#include "support.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using namespace keavrf::config::test;

namespace {

// What Kea gets for `dhcp4: <text>`.
std::string dhcp4_of(const std::string& text)
{
    return boost::json::serialize(settings("vrfs:\n  red:\n    dhcp4: " + text + "\n").vrfs.at(0)->dhcp4);
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_yaml)

BOOST_AUTO_TEST_CASE(says_where_the_grammar_ends_and_what_was_probably_meant)
{
    check_errors({
        {"a: b: c\n",
         {"1:5: this is not YAML: a colon is not expected here (is the indentation right? a text that holds "
          "\": \" must be in quotes)"}},
        {"vrfs:\n\tred: {}\n", {"2:1: this is not YAML: a tab in the indentation (YAML allows spaces only)"}},
        {"vrfs:\n  red:\n  \tinterfaces: auto\n",
         {"3:3: this is not YAML: a tab in the indentation (YAML allows spaces only)"}},
        {"vrfs: {red: {}\n",
         {"1:15: this is not YAML: a closing brace } is missing before this (a text inside { } that "
          "holds braces, such as ${vrf}, must be in quotes)"}},
        {"vrfs: {red: {relay: {remote-id: ${vrf}}}}\n",
         {"1:34: this is not YAML: a closing brace } is missing before this (a text inside { } that holds braces, such "
          "as ${vrf}, must be in quotes)"}},
        {"a: {b: [c}}\n",
         {"1:10: this is not YAML: a closing bracket or brace that does not fit the one that was opened (or none "
          "was)"}},
        {"a: [1, 2\n", {"1:9: this is not YAML: a closing bracket ] is missing before this"}},
        {"vrfs: \"x\n", {"1:9: this is not YAML: the file ends inside a quoted text (a closing quote is missing)"}},
        {"vrfs: 'x\n\n", {"1:9: this is not YAML: the file ends inside a quoted text (a closing quote is missing)"}},
        {"vrfs:\n  *: {}\n",
         {"2:3: this is not YAML: there is no anchor of this name above (a text that starts with * "
          "must be in quotes, such as \"*\")"}},
        {"vrfs: {red: {interfaces: [*]}}\n",
         {"1:28: this is not YAML: a text that starts with * must be in quotes, such as \"*\""}},
        {"vrfs: @x\n", {"1:7: this is not YAML: a text that starts with @, ` or % must be in quotes"}},
        {"vrfs:\n  red: {}\n blue: {}\n", {"3:2: this is not YAML: this line is not indented like the keys above it"}},
        {"vrfs: \"\\q\"\n", {"1:10: this is not YAML: unknown escape character: q"}},
    });
}

BOOST_AUTO_TEST_CASE(refuses_what_is_not_one_document_of_text)
{
    const std::string utf16("\xff\xfev\0r\0", 6);
    BOOST_TEST(errors(utf16) == (Lines{" the file is UTF-16 (save it as UTF-8)"}), boost::test_tools::per_element());
    BOOST_TEST(errors(std::string(keavrf::config::max_file_size + 1, ' ')) ==
                   (Lines{" the file is larger than 16 MiB (a configuration is small: is this the right file?)"}),
               boost::test_tools::per_element());
    check_errors({
        {"vrfs:\n  r\xe9"
         "d: {}\n",
         {"2:4: the byte 0xe9 is not UTF-8 (save the file as UTF-8)"}},
        {"vrfs: \xc0\x80", {"1:7: the byte 0xc0 is not UTF-8 (save the file as UTF-8)"}},
        {"vrfs: \xed\xa0\x80", {"1:7: the byte 0xed is not UTF-8 (save the file as UTF-8)"}},
        {"vrfs: \xe2\x82", {"1:7: the byte 0xe2 is not UTF-8 (save the file as UTF-8)"}},
        {"vrfs:\n  red\x04: {}\n",
         {"2:6: the control character 0x04 cannot stand here (in YAML write it as \"\\x04\" in double quotes)"}},
        {"vrfs: {}\n---\nvrfs: {}\n",
         {"2:1: a second document starts here; a configuration is one document (is the "
          "indentation right? are there two lines of ---?)"}},
        {"{vrfs: {}} x\n",
         {"1:12: a second document starts here; a configuration is one document (is the indentation "
          "right? are there two lines of ---?)"}},
        {"", {" the file is empty (the shortest that serves every VRF is: vrfs: {\"*\": {}})"}},
        {"# nothing\n", {" the file is empty (the shortest that serves every VRF is: vrfs: {\"*\": {}})"}},
        {"---\n", {" the file is empty (the shortest that serves every VRF is: vrfs: {\"*\": {}})"}},
        {"- vrfs\n", {"1:1: must be a map, such as vrfs: {\"*\": {}}, not a list"}},
        {"vrfs\n", {"1:1: must be a map, such as vrfs: {\"*\": {}}, not \"vrfs\""}},
    });
}

BOOST_AUTO_TEST_CASE(refuses_keys_that_would_be_lost_or_misread)
{
    check_errors({
        {"vrfs: {}\nlog: {level: info}\nvrfs: {a: {}}\n",
         {"3:1: vrfs: this key is here for the second time (the first is in line 1)"}},
        {"vrfs:\n  red:\n    dhcp4:\n      a: [{b: 1, b: 2}]\n",
         {"4:18: vrfs.red.dhcp4.a[0].b: this key is here for the second time (the first is in line 4)"}},
        {"vrfs: {red: {}, \"red\": {}}\n",
         {"1:17: vrfs.red: this key is here for the second time (the first is in line 1)"}},
        {"vrfs:\n  ~: {}\n",
         {"2:3: vrfs: a key is missing here (null, ~ and nothing are no keys; put them in quotes if "
          "they are names)"}},
        {"vrfs:\n  [a]: {}\n",
         {"2:3: vrfs: a key must be a text, not a list or map (a value in { } or [ ] that holds "
          "braces must be in quotes)"}},
        {"vrfs:\n  red: !x {}\n",
         {"2:8: vrfs.red: the tag \"!x\" is not supported (a text that starts with ! must be in quotes)"}},
        {"vrfs: {red: {interfaces: [!vlan99, a]}}\n",
         {"1:27: vrfs.red.interfaces[0]: the tag \"!vlan99\" is not supported (a text that starts with ! must be in "
          "quotes)",
          "1:27: vrfs.red.interfaces[0]: must be a name, not \"\""}},
    });
}

BOOST_AUTO_TEST_CASE(half_a_file_is_told_for_what_it_is_and_not_for_keys_that_nobody_left_out)
{
    for (const auto* text : {"vrfs:\n  red: {device: none, interf\n", "vrfs:\n  red: {device: none, interf",
                             "vrfs:\n  red: {device: none, ", "vrfs: {red: {dhcp4: {a"}) {
        const auto lines = errors(text);
        BOOST_TEST_REQUIRE(lines.size() == 1U, text);
        BOOST_TEST(lines[0].find("this is not YAML: a closing brace } is missing") != std::string::npos, lines[0]);
    }
}

BOOST_AUTO_TEST_CASE(refuses_what_is_too_deep_or_too_much)
{
    const auto nested = [](std::size_t lists) {
        return "vrfs: {red: {dhcp4: {a: " + std::string(lists, '[') + std::string(lists, ']') + "}}}\n";
    };
    BOOST_TEST(errors(nested(60)).empty());
    BOOST_TEST(errors(nested(61)) == (Lines{"1:85: more than 64 lists and maps inside each other"}),
               boost::test_tools::per_element());
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int level = 1; level < 20; ++level) {
        const auto alias = "*a" + std::to_string(level - 1);
        bomb += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + alias;
        for (int i = 0; i < 9; ++i) {
            bomb += ", " + alias;
        }
        bomb += "]\n";
    }
    const auto lines = errors(bomb);
    BOOST_TEST_REQUIRE(lines.size() == 1U);
    BOOST_TEST(lines[0].ends_with(": more than 1000000 values, aliases counted as often as they are used"), lines[0]);
    BOOST_TEST(errors("vrfs: {red: {dhcp4: &a {b: *a}}}\n") ==
                   (Lines{"1:28: an alias inside the very value that it names"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(byte_order_mark_and_windows_line_ends_change_nothing)
{
    const auto read = settings("\xef\xbb\xbfvrfs:\r\n  red:\r\n    interfaces: [eth1]\r\n");
    BOOST_TEST(read.vrfs.at(0)->interfaces.at(0).pattern == "eth1");
    BOOST_TEST(read.vrfs.at(0)->mark.line == 2);
    BOOST_TEST(errors("\xef\xbb\xbfvrfx: {}\r\nvrfs: 1\r\n").at(0).substr(0, 5) == "1:1: ");
}

BOOST_AUTO_TEST_CASE(scalars_have_the_meaning_of_yaml_1_2)
{
    BOOST_TEST(dhcp4_of("{a: 1, b: -2, c: +3, d: 0x1F, e: 0o17, f: 1.5, g: 1e3, h: .5, i: 18446744073709551615}") ==
               R"({"a":1,"b":-2,"c":3,"d":31,"e":15,"f":1.5E0,"g":1E3,"h":5E-1,"i":18446744073709551615})");
    BOOST_TEST(dhcp4_of("{a: true, b: False, c: yes, d: on, e: null, f: ~, g: , h: NULL}") ==
               R"({"a":true,"b":false,"c":"yes","d":"on","e":null,"f":null,"g":null,"h":null})");
    BOOST_TEST(
        dhcp4_of(
            R"({a: "12", b: '12', c: !!str 12, d: "true", e: "", f: 1.2.3, g: 01:02, h: 1_000, i: 0x, j: "é\u00e9\x41"})") ==
        R"({"a":"12","b":"12","c":"12","d":"true","e":"","f":"1.2.3","g":"01:02","h":"1_000","i":"0x","j":"ééA"})");
    BOOST_TEST(dhcp4_of("\n      a: |\n        two\n        lines\n      b: >\n        one\n        line") ==
               R"({"a":"two\nlines\n","b":"one line\n"})");
}

BOOST_AUTO_TEST_CASE(numbers_without_one_meaning_are_refused)
{
    const std::string leading = " has a leading zero, which means different things to different readers (write it "
                                "without the zero, or in quotes if it is a text)";
    check_errors({
        {"vrfs: {red: {dhcp4: {a: 010, b: [08, 00, -01.5]}}}\n",
         {"1:25: vrfs.red.dhcp4.a: the number 010" + leading, "1:34: vrfs.red.dhcp4.b[0]: the number 08" + leading,
          "1:38: vrfs.red.dhcp4.b[1]: the number 00" + leading,
          "1:42: vrfs.red.dhcp4.b[2]: the number -01.5" + leading}},
        {"vrfs: {red: {dhcp4: {a: 18446744073709551616, b: 1e999, c: .inf, d: .NaN, e: -9223372036854775809}}}\n",
         {"1:25: vrfs.red.dhcp4.a: the number 18446744073709551616 is too large",
          "1:50: vrfs.red.dhcp4.b: the number 1e999 is too large",
          "1:60: vrfs.red.dhcp4.c: .inf is not a number that JSON can hold",
          "1:69: vrfs.red.dhcp4.d: .NaN is not a number that JSON can hold",
          "1:78: vrfs.red.dhcp4.e: the number -9223372036854775809 is too large"}},
        {"vrfs: {red: {relay: {max-hops: 010}}}\n", {"1:32: vrfs.red.relay.max-hops: the number 010" + leading}},
    });
}

BOOST_AUTO_TEST_CASE(aliases_and_merge_keys_work_and_own_keys_win)
{
    BOOST_TEST(
        dhcp4_of("{a: &x {b: 1, c: 2}, d: *x, e: {<<: *x, c: 3}, f: {c: 4, <<: [{c: 5, g: 6}, {g: 7, h: 8}]}}") ==
        R"({"a":{"b":1,"c":2},"d":{"b":1,"c":2},"e":{"c":3,"b":1},"f":{"c":4,"g":6,"h":8}})");
    BOOST_TEST(dhcp4_of(R"({"<<": 1})") == R"({"<<":1})");
    check_errors({{"vrfs: {red: {dhcp4: {<<: 1}}}\n",
                   {"1:22: vrfs.red.dhcp4.\"<<\": << merges a map or a list of maps into this map (quote it if it is a "
                    "name)"}}});
}

BOOST_AUTO_TEST_SUITE_END()
