// What the documents tell people to type exists: every command, option and argument in README, docs and man pages is
// given to the programs' own parsers, and every option of a program is in its manual page.
#include "keavrfctl/options.hpp"
#include "keavrfd/options.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

using Words = std::vector<std::string>;

std::string read_all(const std::string& name)
{
    std::ifstream stream(std::string(KEAVRF_SOURCE_DIR) + "/" + name);
    BOOST_REQUIRE_MESSAGE(stream, "cannot read " << name);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

// A manual page's text as people see it, as far as commands go.
std::string without_roff(std::string text)
{
    text = std::regex_replace(text, std::regex(R"(\\-)"), "-");
    text = std::regex_replace(text, std::regex(R"(\\\(aq)"), "'");
    return std::regex_replace(text, std::regex(R"(\\f[BIRP])"), "");
}

// The lines of code blocks, and what stands in backticks elsewhere.
Words code_of(const std::string& markdown)
{
    Words code;
    std::istringstream stream(markdown);
    const std::regex span("`([^`]+)`");
    bool inside = false;
    for (std::string line; std::getline(stream, line);) {
        if (line.starts_with("```")) {
            inside = !inside;
        } else if (inside || line.starts_with("    ")) {
            code.push_back(line);
        } else {
            for (std::sregex_iterator at(line.begin(), line.end(), span), end; at != end; ++at) {
                code.push_back((*at)[1]);
            }
        }
    }
    return code;
}

Words lines_of(const std::string& text)
{
    Words lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

// The words of each call of this program, up to where the shell or a comment goes on.
std::vector<Words> calls_of(const std::string& program, const Words& code)
{
    std::vector<Words> calls;
    const std::regex call("^(?:[#$] |    )?(?:sudo |podman exec keavrfd )?" + program + " ([^#|;&>]+)");
    for (const auto& line : code) {
        std::smatch found;
        if (!std::regex_search(line, found, call)) {
            continue;
        }
        // [OPTIONAL] and VRF stand for themselves; "..." for the rest that is needed. What is in quotes is one word.
        const auto text = std::regex_replace(found[1].str(), std::regex(R"([\[\]])"), "");
        const std::regex word(R"('([^']*)'|\S+)");
        Words words{program};
        for (std::sregex_iterator at(text.begin(), text.end(), word), end; at != end; ++at) {
            words.push_back((*at)[1].matched ? (*at)[1].str() : at->str());
        }
        calls.push_back(words);
    }
    return calls;
}

std::vector<const char*> pointers(const Words& words)
{
    std::vector<const char*> pointers;
    for (const auto& word : words) {
        pointers.push_back(word.c_str());
    }
    return pointers;
}

std::string trouble_of_ctl(const Words& words)
{
    const auto arguments = pointers(words);
    const auto parsed = keavrf::ctl::parse_options(static_cast<int>(arguments.size()), arguments.data(), "1");
    const auto* exit = std::get_if<keavrf::ctl::Exit>(&parsed);
    return exit != nullptr ? exit->error : std::string();
}

std::string trouble_of_daemon(Words words)
{
    if (words.back() == "...") {
        words.back() = "-m";
        words.emplace_back("eth1:vrf-red");
    }
    const auto arguments = pointers(words);
    const auto parsed = keavrf::parse_options(static_cast<int>(arguments.size()), arguments.data(), "1");
    const auto* exit = std::get_if<keavrf::Exit>(&parsed);
    return exit != nullptr ? exit->text_stderr : std::string();
}

const Words markdown{"README.md",       "docs/user-guide.md",      "docs/configuration.md", "docs/architecture.md",
                     "docs/testing.md", "conf/container/README.md"};

// Every document, as the lines and words that may be commands.
std::vector<std::pair<std::string, Words>> all_code()
{
    std::vector<std::pair<std::string, Words>> all;
    for (const auto& name : markdown) {
        all.emplace_back(name, code_of(read_all(name)));
    }
    for (const auto* name : {"docs/man/keavrfd.8", "docs/man/keavrfctl.1"}) {
        all.emplace_back(name, lines_of(without_roff(read_all(name))));
    }
    return all;
}

std::set<std::string> long_options(const std::string& text)
{
    std::set<std::string> options;
    const std::regex option("--[a-z][a-z-]*");
    for (std::sregex_iterator at(text.begin(), text.end(), option), end; at != end; ++at) {
        options.insert(at->str());
    }
    return options;
}

// What the manual page's section OPTIONS or COMMANDS defines: options at the beginning of a term.
std::set<std::string> defined_options(const std::string& page)
{
    std::set<std::string> options;
    for (const auto& line : lines_of(without_roff(page))) {
        const bool other_program = line.find("keavrf") != std::string::npos; // a call of it, in a sentence
        if (!other_program && (line.starts_with(".B") || line.starts_with(".RB"))) {
            options.merge(long_options(line));
        }
    }
    return options;
}

} // namespace

BOOST_AUTO_TEST_SUITE(docs)

BOOST_AUTO_TEST_CASE(every_call_of_keavrfctl_is_one_that_it_takes)
{
    // README names what is not there yet.
    const std::set<std::string> not_yet{"watch", "purge"};
    std::size_t calls = 0;
    for (const auto& [name, code] : all_code()) {
        for (const auto& words : calls_of("keavrfctl", code)) {
            if (words.size() < 2 || words[1] == "-" || words[1] == "," || words[1].starts_with('(') ||
                not_yet.contains(words[1])) {
                continue; // a title or a name, no call
            }
            ++calls;
            const auto trouble = trouble_of_ctl(words);
            BOOST_TEST(trouble.empty(), name << ": " << words[1] << ": " << trouble);
        }
    }
    BOOST_TEST(calls >= 20U);
}

BOOST_AUTO_TEST_CASE(every_call_of_keavrfd_is_one_that_it_takes)
{
    std::size_t calls = 0;
    for (const auto& [name, code] : all_code()) {
        for (const auto& words : calls_of("keavrfd", code)) {
            if (words.size() < 3 || words[1] == "-" || !words[1].starts_with('-')) {
                continue;
            }
            if (words[1] == "-m" && words[2].find("GIADDR") != std::string::npos) {
                continue; // the form, not an example
            }
            ++calls;
            const auto trouble = trouble_of_daemon(words);
            BOOST_TEST(trouble.empty(), name << ": " << words[1] << ": " << trouble);
        }
    }
    BOOST_TEST(calls >= 10U);
}

BOOST_AUTO_TEST_CASE(manual_pages_have_the_options_that_help_has)
{
    const char* daemon[] = {"keavrfd", "--help"};
    const char* ctl[] = {"keavrfctl", "--help"};
    const auto daemon_help = std::get<keavrf::Exit>(keavrf::parse_options(2, daemon, "1")).text_stdout;
    const auto ctl_help = std::get<keavrf::ctl::Exit>(keavrf::ctl::parse_options(2, ctl, "1")).out;
    struct Page {
        std::string name;
        std::set<std::string> help;
    };
    for (const auto& [name, help] : {Page{"docs/man/keavrfd.8", long_options(daemon_help)},
                                     Page{"docs/man/keavrfctl.1", long_options(ctl_help)}}) {
        const auto page = read_all(name);
        const auto mentioned = long_options(without_roff(page));
        for (const auto& option : help) {
            BOOST_TEST(mentioned.contains(option), name << " lacks " << option);
        }
        for (const auto& option : defined_options(page)) {
            BOOST_TEST(help.contains(option), name << " has " << option << ", which does not exist");
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
