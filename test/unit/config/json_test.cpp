#include "support.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using namespace keavrf::config::test;

namespace {

constexpr const char* blue = "vrfs: {blue: {dhcp4-file: blue.json}}\n";

std::string dhcp4_of(const std::string& json)
{
    return boost::json::serialize(settings(blue, {{"blue.json", json}}).vrfs.at(0)->dhcp4);
}

struct JsonCase {
    std::string json;
    Lines expected;
};

void check_json(const std::vector<JsonCase>& cases)
{
    for (const auto& [json, expected] : cases) {
        BOOST_TEST_CONTEXT(json)
        {
            BOOST_TEST(errors(blue, {{"blue.json", json}}) == expected, boost::test_tools::per_element());
        }
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_json)

BOOST_AUTO_TEST_CASE(takes_kea_files_as_they_are)
{
    BOOST_TEST(dhcp4_of(R"({"Dhcp4": {"a": 1}})") == R"({"a":1})");
    BOOST_TEST(dhcp4_of(R"({"a": 1})") == R"({"a":1})");
    BOOST_TEST(dhcp4_of("\xef\xbb\xbf# c\r\n// c\n/* c\n * c */ { /**/ \"a\" : [ 1 , 2 , ] , // x\n }  # end") ==
               R"({"a":[1,2]})");
    BOOST_TEST(
        dhcp4_of(R"({"a": "\"\\\/\b\f\n\r\t\u00e9\u20ac\ud83d\ude00", "b": "# // /*", "c": "12", "d": "${vrf}"})") ==
        "{\"a\":\"\\\"\\\\/\\b\\f\\n\\r\\t\u00e9\u20ac\U0001F600\",\"b\":\"# // /*\",\"c\":\"12\",\"d\":\"${vrf}\"}");
    BOOST_TEST(
        dhcp4_of(
            R"({"a": [0, -0, 1.5, -2e3, 9223372036854775807, 18446744073709551615, true, false, null, {}, []]})") ==
        R"({"a":[0,0,1.5E0,-2E3,9223372036854775807,18446744073709551615,true,false,null,{},[]]})");
}

BOOST_AUTO_TEST_CASE(says_where_the_grammar_ends)
{
    const std::string value =
        "a value (a text in double quotes, a number, true, false, null, a list or a map) must stand here, not ";
    check_json({
        {"", {"blue.json:1:1: this is not Kea's JSON: " + value + "the end of the file"}},
        {"{\n  \"a\" 1}", {"blue.json:2:7: this is not Kea's JSON: a colon must stand here, not \"1}\""}},
        {"{\"a\": 1\n \"b\": 2}",
         {"blue.json:2:2: this is not Kea's JSON: a comma or } must stand here, not \"\\\"b\\\": 2}\""}},
        {"{a: 1}", {"blue.json:1:2: this is not Kea's JSON: a key in double quotes must stand here, not \"a: 1}\""}},
        {"{\"a\": 010}", {"blue.json:1:7: this is not Kea's JSON: " + value + "\"010}\""}},
        {"{\"a\": yes}", {"blue.json:1:7: this is not Kea's JSON: " + value + "\"yes}\""}},
        {"{\"a\": 1.}", {"blue.json:1:7: this is not Kea's JSON: " + value + "\"1.}\""}},
        {"{\"a\": ,}", {"blue.json:1:7: this is not Kea's JSON: " + value + "\",}\""}},
        {"{\"a\": \"x\n\"}", {"blue.json:1:7: this is not Kea's JSON: this text has no closing quote in its line"}},
        {"{\"a\": \"\\x\"}",
         {"blue.json:1:8: this is not Kea's JSON: this is not an escape that JSON knows (a backslash "
          "itself is written \\\\)"}},
        {"{\"a\": \"\\u12\"}",
         {"blue.json:1:8: this is not Kea's JSON: \\u must be followed by four hexadecimal digits"}},
        {"{\"a\": \"\\ud800\"}", {"blue.json:1:14: this is not Kea's JSON: half of a surrogate pair before this"}},
        {"{} /* x", {"blue.json:1:4: this is not Kea's JSON: this comment has no end (*/)"}},
        {"{} {}", {"blue.json:1:4: this is not Kea's JSON: the end of the file must stand here, not \"{}\""}},
        {"{\"Dhcp4\": <?include \"x\"?>}",
         {"blue.json:1:11: this is not Kea's JSON: <?include?> is not supported (put the text of that file here)"}},
        {"{\"a\": \x01}",
         {"blue.json:1:7: the control character 0x01 cannot stand here (in YAML write it as \"\\x01\" in "
          "double quotes)"}},
        {std::string(100, '['),
         {"blue.json:1:66: this is not Kea's JSON: more than 64 lists and maps inside each other"}},
    });
}

BOOST_AUTO_TEST_CASE(mistakes_inside_are_told_with_their_place_in_that_file)
{
    check_json({
        {"[]", {"blue.json:1:1: must be a map: {\"Dhcp4\": {...}}, or what is inside Dhcp4"}},
        {R"({"Dhcp4": []})", {"blue.json:1:11: Dhcp4: must be a map (Kea's Dhcp4), not a list"}},
        {R"({"Dhcp4": {}, "Dhcp6": {}})", {"blue.json:1:15: Dhcp6: only Dhcp4 can stand here"}},
        {"{\"a\": 1,\n\"a\": 2}", {"blue.json:2:1: a: this key is here for the second time (the first is in line 1)"}},
        {"{\"Dhcp4\": {\n\"subnet4\": [{\"subnet\": \"10.0.0.1/8\"}]}}",
         {"blue.json:2:24: Dhcp4.subnet4[0].subnet: \"10.0.0.1/8\" has bits set beyond its length (did you mean "
          "10.0.0.0/8?)"}},
        {R"({"subnet4": [{"subnet": "10.0.0.0/8", "id": "1"}]})",
         {"blue.json:1:45: subnet4[0].id: must be a whole number from 1 to 4294967294, not the text \"1\" in quotes"}},
    });
}

BOOST_AUTO_TEST_CASE(what_keavrfd_owns_is_left_out_with_a_warning)
{
    const Files files{{"blue.json", R"({"Dhcp4": {
"interfaces-config": {"interfaces": ["eth0"]}, "control-socket": {},
"lease-database": {"type": "memfile", "name": "/x", "persist": false, "lfc-interval": 60},
"loggers": [{"name": "kea-dhcp4", "severity": "INFO", "output_options": []}],
"subnet4": [{"subnet": "10.0.0.0/8", "interface": "eth0"}], "valid-lifetime": 60}})"}};
    const auto read = settings(blue, files);
    BOOST_TEST(
        boost::json::serialize(read.vrfs.at(0)->dhcp4) ==
        R"({"lease-database":{"type":"memfile","lfc-interval":60},"loggers":[{"name":"kea-dhcp4","severity":"INFO"}],)"
        R"("subnet4":[{"subnet":"10.0.0.0/8"}],"valid-lifetime":60})");
    const auto told = warnings(blue, files);
    BOOST_TEST_REQUIRE(told.size() == 6U);
    BOOST_TEST(told[0] ==
               "blue.json:2:1: Dhcp4.interfaces-config: is left out: keavrfd owns this key (Kea hears its end "
               "of its link to the relay, and nothing else)");
    BOOST_TEST(told[5] == "blue.json:5:38: Dhcp4.subnet4[0].interface: is left out: keavrfd owns this key (Kea sees no "
                          "client interface; the relay's giaddr chooses the subnet)");
}

BOOST_AUTO_TEST_CASE(defaults_are_merged_under_a_file_too)
{
    const auto read = settings("defaults: {dhcp4: {a: 1, b: {c: 2}}}\nvrfs: {blue: {dhcp4-file: blue.json}}\n",
                               {{"blue.json", R"({"Dhcp4": {"b": {"d": 3}}})"}});
    BOOST_TEST(boost::json::serialize(read.vrfs.at(0)->dhcp4) == R"({"a":1,"b":{"c":2,"d":3}})");
}

BOOST_AUTO_TEST_CASE(a_file_is_named_once_exists_and_stands_alone)
{
    check_errors({
        {"vrfs: {a: {dhcp4-file: x.json}}\n",
         {"1:24: vrfs.a.dhcp4-file: cannot read \"x.json\": there is no x.json: No such file or directory"}},
        {"vrfs: {a: {dhcp4-file: blue.json, dhcp4: {}}}\n",
         {"1:24: vrfs.a.dhcp4-file: dhcp4 and dhcp4-file exclude each other (put all of it into one of them)"}},
        {"vrfs: {a: {dhcp4-file: \"\"}, b: {dhcp4-file: {}}}\n",
         {"1:24: vrfs.a.dhcp4-file: must be the name of a file, not \"\"",
          "1:45: vrfs.b.dhcp4-file: must be a text, not a map"}},
    });
}

BOOST_AUTO_TEST_CASE(relative_names_start_at_the_yaml_files_folder)
{
    Lines asked;
    const auto reader = [&](const std::string& path) -> keavrf::Result<std::string> {
        asked.push_back(path);
        return keavrf::success("{}");
    };
    const auto result = keavrf::config::load_text(
        "vrfs: {a: {dhcp4-file: x.json}, b: {dhcp4-file: /y.json}, c: {dhcp4-file: x.json}}\n", "/etc/keavrfd/c.yaml",
        reader);
    BOOST_TEST(result.errors.empty());
    BOOST_TEST(asked == (Lines{"/etc/keavrfd/x.json", "/y.json"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
