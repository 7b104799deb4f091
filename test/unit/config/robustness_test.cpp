// Whatever stands in a file, loading it ends, with settings or with errors that have a place in it.
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <fstream>
#include <sstream>

using namespace keavrf::config;
using namespace keavrf::config::test;

namespace {

std::string read_all(const std::string& name)
{
    std::ifstream stream(KEAVRF_SOURCE_DIR "/conf/" + name);
    std::ostringstream text;
    text << stream.rdbuf();
    BOOST_TEST_REQUIRE(!text.str().empty());
    return text.str();
}

struct Counts {
    int good = 0;
    int bad = 0;
};

void check(const std::string& yaml, const std::string& json, Counts& counts)
{
    const auto result = load(yaml, {{"tenant-blue.json", json}});
    BOOST_TEST_REQUIRE(result.settings.has_value() == result.errors.empty());
    for (const auto& error : result.errors) {
        BOOST_TEST_REQUIRE(!error.problem.empty());
        BOOST_TEST_REQUIRE(error.mark.line >= 0);
        BOOST_TEST_REQUIRE(error.mark.line <= 300);
        BOOST_TEST_REQUIRE(error.text().find('\n') == std::string::npos);
    }
    ++(result.errors.empty() ? counts.good : counts.bad);
}

// Deterministic, and good enough to spread (Knuth, MMIX).
class Random {
public:
    std::uint32_t next(std::uint32_t below)
    {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return static_cast<std::uint32_t>(state_ >> 33U) % below;
    }

private:
    std::uint64_t state_ = 20;
};

// A byte that means something to YAML or JSON, or any byte.
char mutation(Random& random)
{
    static constexpr std::string_view telling = "{}[]:,-#&*!|>'\"%@`?\\/\n\t 0~<$\x7f\xc3\xff";
    const auto choice = random.next(2 * static_cast<std::uint32_t>(telling.size()));
    return choice < telling.size() ? telling[choice] : static_cast<char>(static_cast<std::uint8_t>(random.next(256)));
}

template <class Check>
Counts check_mutations(const std::string& text, int count, Check check_text)
{
    Counts counts;
    Random random;
    for (int round = 0; round < count; ++round) {
        auto changed = text;
        changed[random.next(static_cast<std::uint32_t>(text.size()))] = mutation(random);
        check_text(changed, counts);
    }
    return counts;
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_robustness)

BOOST_AUTO_TEST_CASE(every_beginning_of_the_full_example)
{
    const auto text = read_all("keavrfd.yaml");
    Counts counts;
    for (std::size_t length = 0; length <= text.size(); ++length) {
        check(text.substr(0, length), "{}", counts);
    }
    BOOST_TEST(counts.good > 100);
    BOOST_TEST(counts.bad > 1000);
}

BOOST_AUTO_TEST_CASE(every_beginning_of_a_kea_file)
{
    const auto text = read_all("tenant-blue.json");
    Counts counts;
    for (std::size_t length = 0; length < text.size(); ++length) {
        check("vrfs: {b: {dhcp4-file: tenant-blue.json}}\n", text.substr(0, length), counts);
    }
    BOOST_TEST(counts.bad > 500);
}

BOOST_AUTO_TEST_CASE(changed_bytes_in_the_full_example)
{
    const auto counts = check_mutations(read_all("keavrfd.yaml"), 3000,
                                        [](const std::string& text, Counts& into) { check(text, "{}", into); });
    BOOST_TEST(counts.good > 500);
    BOOST_TEST(counts.bad > 500);
}

BOOST_AUTO_TEST_CASE(changed_bytes_in_a_kea_file)
{
    const auto counts = check_mutations(read_all("tenant-blue.json"), 3000, [](const std::string& text, Counts& into) {
        check("vrfs: {b: {dhcp4-file: tenant-blue.json}}\n", text, into);
    });
    BOOST_TEST(counts.good > 500);
    BOOST_TEST(counts.bad > 500);
}

BOOST_AUTO_TEST_CASE(endless_repetitions)
{
    Counts counts;
    for (const auto* piece : {"[",    "{",  "- ", "? ",  "&a ",  "*a",    "a: ", "!a ", "[[],", "{a: ", "- - a\n",
                              "<<: ", "\"", "'",  "|\n", "%A\n", "---\n", "a\n", ": ",  "\t",   "#",    "\\"}) {
        std::string text;
        while (text.size() < 20000) {
            text += piece;
        }
        const auto result = load(text, {});
        BOOST_TEST(!result.errors.empty());
        check("vrfs: {b: {dhcp4-file: tenant-blue.json}}\n", text.substr(0, 250), counts);
    }
    BOOST_TEST(counts.good == 0);
}

BOOST_AUTO_TEST_SUITE_END()
