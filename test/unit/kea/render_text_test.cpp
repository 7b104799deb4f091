#include "render_input.hpp"

#include <set>

namespace {

using namespace keavrf::kea;
namespace json = boost::json;

} // namespace

BOOST_AUTO_TEST_SUITE(kea_render_text)

BOOST_AUTO_TEST_CASE(is_indented_with_short_things_on_one_line)
{
    const auto object = json::parse(R"({"a": {"b": [1, 2], "c": [{"d": "x\"y", "e": null}]}, "f": [], "g": {}})");
    BOOST_TEST(to_text(object.as_object()) == R"({
  "a": {
    "b": [1, 2],
    "c": [
      {"d": "x\"y", "e": null}
    ]
  },
  "f": [],
  "g": {}
}
)");
}

BOOST_AUTO_TEST_CASE(reads_back_as_what_was_written)
{
    for (const auto* user : {"{}", R"({"subnet4": [{"subnet": "10.0.0.0/8", "pools": [{"pool": "10.0.0.1-10.0.0.9"}]}],
                                      "text": "\u00e9\n\t\\", "numbers": [0, -1, 1.5, 18446744073709551615]})"}) {
        const auto configuration = render_dhcp4(keavrf::test::render_input(user)).value();
        BOOST_TEST((json::parse(to_text(configuration)) == json::value(configuration)));
    }
}

BOOST_AUTO_TEST_CASE(the_hash_is_fnv_1a_of_128_bits)
{
    // Vectors of draft-eastlake-fnv.
    BOOST_TEST(configuration_hash("") == "6c62272e07bb014262b821756295c58d");
    BOOST_TEST(configuration_hash("a") == "d228cb696f1a8caf78912b704e4a8964");
    BOOST_TEST(configuration_hash("foobar") == "343e1662793c64bf6f0d3597ba446f18");
}

BOOST_AUTO_TEST_CASE(any_change_of_the_text_changes_the_hash)
{
    const auto text = to_text(render_dhcp4(keavrf::test::render_input()).value());
    std::set<std::string> hashes{configuration_hash(text)};
    for (std::size_t at = 0; at < text.size(); ++at) {
        auto changed = text;
        changed[at] = changed[at] == 'x' ? 'y' : 'x';
        hashes.insert(configuration_hash(changed));
    }
    BOOST_TEST(hashes.size() == text.size() + 1);
    BOOST_TEST(configuration_hash(text) == configuration_hash(std::string(text)));
}

BOOST_AUTO_TEST_SUITE_END()
