#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>

using namespace keavrf::config;
using namespace keavrf::config::test;

namespace {

// A folder of the test's own, gone afterwards.
class Folder {
public:
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "keavrf-config-XXXXXX").string();
        BOOST_TEST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::string path(const std::string& name) const { return path_ + '/' + name; }
    std::string write(const std::string& name, const std::string& text) const
    {
        std::ofstream(path(name)) << text;
        return path(name);
    }

private:
    std::string path_;
};

std::string only_error(const std::string& path)
{
    const auto result = load_file(path);
    BOOST_TEST_REQUIRE(result.errors.size() == 1U);
    BOOST_TEST(!result.settings.has_value());
    return result.errors[0].text();
}

// How often others get their turn while `text` is loaded, and `files`; not more often than `most`, since the last of
// these gives the loading up.
struct Enough {};

int pauses_of(std::string_view text, const Files& files, int most = std::numeric_limits<int>::max())
{
    int pauses = 0;
    const auto pause = [&] {
        if (++pauses >= most) {
            throw Enough{};
        }
    };
    const auto reader = [&](const std::string& path) -> keavrf::Result<std::string> {
        return keavrf::success(files.at(path));
    };
    BOOST_TEST(load_text(text, "c.yaml", reader, pause).settings.has_value());
    return pauses;
}

// In Kea's JSON, which is YAML as well.
std::string many_subnets(int count)
{
    std::string text = R"({"subnet4": [)";
    for (int at = 0; at < count; ++at) {
        const auto net = "10.0." + std::to_string(at) + '.';
        text += (at > 0 ? ", " : "") + (R"({"subnet": ")" + net) + R"(0/24", "pools": [{"pool": ")" + net + "0/25\"}]}";
    }
    return text + "]}";
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_load)

BOOST_AUTO_TEST_CASE(lets_others_have_their_turn_for_each_value_and_each_subnet)
{
    constexpr int count = 50;
    constexpr int values = 6 * count; // a map with a prefix and a list with a map with a pool
    const auto subnets = many_subnets(count);
    const auto once = pauses_of("vrfs: {red: {dhcp4: &kept " + subnets + "}}", {});
    BOOST_TEST(once > values);
    // What has been read is not read again, but checked and made into JSON.
    const auto twice = pauses_of("vrfs: {red: {dhcp4: &kept " + subnets + "}, blue: {dhcp4: *kept}}", {});
    // (whose keys it has, whether it is right, whether they overlap, which ids they have, as JSON)
    BOOST_TEST(twice - once > 4 * count);
    BOOST_TEST(pauses_of("vrfs: {red: {dhcp4-file: k.json}}", {{"k.json", subnets}}) > values);
}

BOOST_AUTO_TEST_CASE(is_given_up_wherever_others_have_their_turn)
{
    const Files files{{"k.json", many_subnets(2)}};
    const auto text = "vrfs: {red: {dhcp4-file: k.json}, blue: {dhcp4: " + many_subnets(2) + "}}";
    const auto all = pauses_of(text, files);
    for (int most = 1; most <= all; ++most) {
        BOOST_CHECK_THROW(pauses_of(text, files, most), Enough);
    }
}

BOOST_AUTO_TEST_CASE(reads_a_file_and_the_files_beside_it)
{
    const Folder folder;
    folder.write("blue.json", R"({"Dhcp4": {"valid-lifetime": 60}})");
    const auto result = load_file(folder.write("c.yaml", "vrfs: {blue: {dhcp4-file: blue.json}}\n"));
    BOOST_TEST_REQUIRE(result.settings.has_value());
    BOOST_TEST(result.settings->vrfs.at(0)->dhcp4.at("valid-lifetime") == 60);
}

BOOST_AUTO_TEST_CASE(says_why_a_file_cannot_be_read_and_what_to_do)
{
    const Folder folder;
    BOOST_TEST(only_error(folder.path("none")) == folder.path("none") + ": there is no such file (check the name)");
    BOOST_TEST(only_error(folder.path("")) == folder.path("") + ": this is a directory (name the file in it)");
    const auto large = folder.write("large", "");
    std::filesystem::resize_file(large, max_file_size + 1);
    BOOST_TEST(only_error(large) ==
               large + ": the file is larger than 16 MiB (a configuration is small: is this the right file?)");
    const auto fifo = folder.path("fifo");
    BOOST_TEST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    BOOST_TEST(only_error(fifo) ==
               fifo + ": this is not a regular file (pipes and devices cannot be read again at a reload)");
    const auto loop = folder.path("loop");
    std::filesystem::create_symlink("loop", loop);
    BOOST_TEST(only_error(loop) == loop + ": Too many levels of symbolic links");
}

BOOST_AUTO_TEST_CASE(tells_everything_that_is_wrong_in_order_of_place)
{
    check_errors(
        {{"log: {level: loud}\nvrfs:\n  b: {dhcp4-file: none.json, relay: {max-hops: 0}}\n  a: {interfaces: [a]}\n"
          "kea: {user: 7}\n",
          {"1:14: log.level: must be debug, info, warning or error, not \"loud\"",
           "3:19: vrfs.b.dhcp4-file: cannot read \"none.json\": there is no none.json: No such file or directory",
           "3:48: vrfs.b.relay.max-hops: must be a whole number from 1 to 16, not \"0\"",
           "4:20: vrfs.a.interfaces[0]: \"a\" is the VRF device itself (name its member interfaces)",
           "5:13: kea.user: must be a text (put it in quotes), not \"7\""}}});
    BOOST_TEST(
        errors("vrfs: {b: {dhcp4-file: blue.json}, hub: {}}\n", {{"blue.json", "{"}}) ==
            (Lines{"1:36: vrfs.hub: \"hub\" cannot be served: that name is taken by keavrfd's hub namespace (rename "
                   "the VRF)",
                   "blue.json:1:2: this is not Kea's JSON: a key in double quotes must stand here, not the end of "
                   "the file"}),
        boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(tells_the_first_hundred_and_how_many_more)
{
    std::string text = "vrfs:\n";
    for (int vrf = 0; vrf < 5000; ++vrf) {
        text += "  v" + std::to_string(vrf) + ": 1\n";
    }
    const auto lines = errors(text);
    BOOST_TEST_REQUIRE(lines.size() == 101U);
    BOOST_TEST(lines[0] == "2:7: vrfs.v0: must be a map, such as {}, not \"1\"");
    BOOST_TEST(lines[99] == "101:8: vrfs.v99: must be a map, such as {}, not \"1\"");
    BOOST_TEST(lines[100] == " 4900 more errors are not shown");
}

BOOST_AUTO_TEST_CASE(kea_maps_of_all_vrfs_together_are_bounded)
{
    std::string text = "defaults: {dhcp4: {x: [a";
    for (int item = 0; item < 100000; ++item) {
        text += ",a";
    }
    text += "]}}\nvrfs:\n";
    for (int vrf = 0; vrf < 12; ++vrf) {
        text += "  v" + std::to_string(vrf) + ":\n";
    }
    const auto lines = errors(text);
    BOOST_TEST_REQUIRE(!lines.empty());
    BOOST_TEST(lines[0] ==
               "12:3: vrfs.v9: the Kea maps of all VRFs together have more than 1000000 values, defaults counted "
               "for each VRF");
}

BOOST_AUTO_TEST_SUITE_END()
