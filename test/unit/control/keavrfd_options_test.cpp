#include "keavrfd/options.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace keavrf;

std::variant<Options, Exit> parse(const std::vector<const char*>& words)
{
    std::vector<const char*> all{"keavrfd"};
    all.insert(all.end(), words.begin(), words.end());
    return parse_options(static_cast<int>(all.size()), all.data(), "1.2.3");
}

Options options_of(const std::vector<const char*>& words)
{
    auto parsed = parse(words);
    const auto* exit = std::get_if<Exit>(&parsed);
    BOOST_REQUIRE_MESSAGE(exit == nullptr, (exit != nullptr ? exit->text_stderr : std::string()));
    return std::get<Options>(parsed);
}

struct BadCase {
    std::vector<const char*> words;
    const char* says;
};

} // namespace

BOOST_AUTO_TEST_SUITE(keavrfd_options)

BOOST_AUTO_TEST_CASE(a_file_or_maps_say_what_to_serve)
{
    const auto file = options_of({"-c", "a.yaml"});
    BOOST_TEST(*file.config == "a.yaml");
    BOOST_TEST(file.maps.empty());
    BOOST_TEST(!file.test);
    BOOST_TEST(!file.print_config);
    BOOST_TEST(!file.log_level.has_value());
    BOOST_TEST(!file.log_format.has_value());
    BOOST_TEST(*options_of({"--config=a.yaml"}).config == "a.yaml");
    const auto maps = options_of({"-m", "eth1:red", "--map", "eth2:blue:10.0.0.1", "-meth3:green"});
    const std::vector<std::string> expected{"eth1:red", "eth2:blue:10.0.0.1", "eth3:green"};
    BOOST_TEST(maps.maps == expected, boost::test_tools::per_element());
    BOOST_TEST(!maps.config.has_value());
}

BOOST_AUTO_TEST_CASE(checking_and_printing)
{
    BOOST_TEST(options_of({"-t", "-c", "a"}).test);
    BOOST_TEST(options_of({"-tc", "a"}).test);
    const auto all = options_of({"-c", "a", "--print-config"});
    BOOST_TEST(all.print_config);
    BOOST_TEST(!all.print_vrf.has_value());
    for (const auto& words : {std::vector<const char*>{"-c", "a", "--print-config", "red"},
                              {"--print-config", "red", "-c", "a"},
                              {"-c", "a", "--print-config=red"}}) {
        const auto options = options_of(words);
        BOOST_TEST(options.print_config);
        BOOST_TEST(*options.print_vrf == "red");
    }
}

BOOST_AUTO_TEST_CASE(log_settings_by_name)
{
    const auto options = options_of({"-c", "a", "--log-level", "debug", "--log-format=json"});
    BOOST_TEST((options.log_level == log::Level::debug));
    BOOST_TEST((options.log_format == config::LogFormat::json));
}

BOOST_AUTO_TEST_CASE(wrong_usage_exits_with_2_and_says_what_is_right)
{
    const std::vector<BadCase> cases{
        {{}, "nothing to serve: give a file by -c FILE"},
        {{"-t"}, "nothing to serve"},
        {{"-c", "a", "-m", "eth1:red"}, "-c and -m exclude each other"},
        {{"-c", ""}, "-c needs the name of a file"},
        {{"-c"}, "the required argument for option '--config' is missing"},
        {{"-c", "a", "-c", "b"}, "option '--config' cannot be specified more than once"},
        {{"a.yaml"}, "'a.yaml' belongs to no option (a file is given by -c)"},
        {{"-c", "a", "b"}, "'b' belongs to no option"},
        {{"-c", "a", "--print-config", "red", "blue"}, "'blue' belongs to no option"},
        {{"-c", "a", "--print-config=red", "blue"}, "'blue' belongs to no option"},
        {{"-c", "a", "-t", "--print-config"}, "-t and --print-config exclude each other"},
        {{"-c", "a", "--log-level", "loud"}, "--log-level 'loud' is not one of debug, info, warning, error"},
        {{"-c", "a", "--log-format", "xml"}, "--log-format 'xml' is not one of auto, text, json, journal"},
        {{"-c", "a", "--log"}, "unrecognised option '--log'"},
        {{"-x"}, "unrecognised option '-x'"},
    };
    for (const auto& [words, says] : cases) {
        auto parsed = parse(words);
        const auto* exit = std::get_if<Exit>(&parsed);
        BOOST_REQUIRE_MESSAGE(exit != nullptr, says);
        BOOST_TEST(exit->code == 2);
        BOOST_TEST(exit->text_stdout.empty());
        BOOST_TEST(exit->text_stderr.starts_with("keavrfd: " + std::string(says)), exit->text_stderr);
        BOOST_TEST(exit->text_stderr.ends_with("\nTry 'keavrfd --help'.\n"));
    }
}

BOOST_AUTO_TEST_CASE(help_and_version_are_no_errors)
{
    for (const auto* word : {"--help", "-h"}) {
        const auto exit = std::get<Exit>(parse({word, "-m", "x"}));
        BOOST_TEST(exit.code == 0);
        BOOST_TEST(exit.text_stdout.find("Usage: keavrfd -c FILE") == 0U);
        BOOST_TEST(exit.text_stderr.empty());
    }
    BOOST_TEST(std::get<Exit>(parse({"--version"})).text_stdout == "keavrfd 1.2.3\n");
}

BOOST_AUTO_TEST_SUITE_END()
