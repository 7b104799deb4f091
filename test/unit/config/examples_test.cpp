#include "config/diff.hpp"
#include "config/print.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

using namespace keavrf::config;
using namespace keavrf::config::test;

namespace {

const std::string source_dir = KEAVRF_SOURCE_DIR;

std::string read_all(const std::string& path)
{
    std::ifstream stream(path);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

// The texts between ```yaml and ```.
Lines yaml_blocks(const std::string& markdown)
{
    Lines blocks;
    std::istringstream stream(markdown);
    bool inside = false;
    for (std::string line; std::getline(stream, line);) {
        if (line == "```yaml" || (inside && line == "```")) {
            inside = !inside;
            if (inside) {
                blocks.emplace_back();
            }
        } else if (inside) {
            blocks.back() += line + '\n';
        }
    }
    return blocks;
}

void check_clean(const LoadResult& result, const std::string& what)
{
    for (const auto& list : {result.errors, result.warnings}) {
        for (const auto& diagnostic : list) {
            BOOST_ERROR(what + ": " + diagnostic.text());
        }
    }
    BOOST_TEST_REQUIRE(result.settings.has_value(), what);
    const auto again = load(print(*result.settings));
    BOOST_TEST_REQUIRE(again.settings.has_value(), what);
    BOOST_TEST(same(*result.settings, *again.settings), what);
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_examples)

BOOST_AUTO_TEST_CASE(every_file_of_conf_loads_without_a_word)
{
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(source_dir + "/conf")) {
        if (entry.path().extension() == ".yaml") {
            check_clean(load_file(entry.path().string()), entry.path().string());
            ++files;
        }
    }
    BOOST_TEST(files >= 4);
}

BOOST_AUTO_TEST_CASE(every_example_of_the_reference_loads_without_a_word)
{
    const auto blocks = yaml_blocks(read_all(source_dir + "/docs/configuration.md"));
    BOOST_TEST(blocks.size() >= 8U);
    for (const auto& block : blocks) {
        check_clean(load_text(block, source_dir + "/conf/example.yaml", read_configuration_file), block);
    }
}

// Whoever copies an example has a configuration, whichever document it is from.
BOOST_AUTO_TEST_CASE(every_example_of_the_other_documents_loads_without_a_word)
{
    std::size_t blocks = 0;
    for (const auto* name : {"/README.md", "/docs/user-guide.md", "/docs/architecture.md", "/docs/testing.md",
                             "/conf/container/README.md"}) {
        for (const auto& block : yaml_blocks(read_all(source_dir + name))) {
            check_clean(load_text(block, source_dir + "/conf/example.yaml", read_configuration_file), name + block);
            ++blocks;
        }
    }
    BOOST_TEST(blocks >= 7U);
}

BOOST_AUTO_TEST_CASE(the_examples_of_the_manual_page_load_without_a_word)
{
    // Between .EX and .EE, or .nf and .fi: what begins as a configuration does.
    const auto page = std::regex_replace(read_all(source_dir + "/docs/man/keavrfd.8"), std::regex(R"(\\-)"), "-");
    const std::regex example("\\.(?:nf|EX)\n([^]*?)\\.(?:fi|EE)");
    std::size_t examples = 0;
    for (std::sregex_iterator at(page.begin(), page.end(), example), end; at != end; ++at) {
        const auto block = (*at)[1].str();
        if (block.starts_with("vrfs:")) {
            check_clean(load_text(block, "keavrfd.8", read_configuration_file), block);
            ++examples;
        }
    }
    BOOST_TEST(examples == 1U);
}

BOOST_AUTO_TEST_CASE(the_full_example_names_every_daemon_wide_key_that_is_supported)
{
    const auto result = load_file(source_dir + "/conf/keavrfd.yaml");
    BOOST_TEST_REQUIRE(result.settings.has_value());
    BOOST_TEST(result.settings->marks.size() == 15U);
}

BOOST_AUTO_TEST_SUITE_END()
