// Replays the corpora: seeds and whatever a fuzzer once found, through every target. A target without a corpus, and a
// corpus without a target, are errors.
#include "fuzz/target.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace {

namespace fuzz = keavrf::fuzz;
const std::filesystem::path corpora = KEAVRF_FUZZ_CORPUS;

std::vector<std::uint8_t> contents(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

} // namespace

BOOST_AUTO_TEST_SUITE(fuzz_corpus)

BOOST_AUTO_TEST_CASE(every_target_takes_its_corpus)
{
    BOOST_REQUIRE(!fuzz::targets().empty());
    for (const auto& target : fuzz::targets()) {
        std::size_t files = 0;
        for (const auto& entry : std::filesystem::directory_iterator(corpora / target.name)) {
            BOOST_TEST_CONTEXT(entry.path().string())
            {
                target.function(contents(entry.path()));
                ++files;
            }
        }
        BOOST_TEST(files > 0U, "no corpus for " << target.name);
    }
}

BOOST_AUTO_TEST_CASE(every_target_takes_nothing_and_a_little)
{
    for (const auto& target : fuzz::targets()) {
        std::vector<std::uint8_t> bytes;
        for (unsigned size = 0; size < 300; ++size) {
            target.function(bytes);
            bytes.push_back(static_cast<std::uint8_t>(size * 7));
        }
    }
}

BOOST_AUTO_TEST_CASE(every_corpus_has_a_target)
{
    std::set<std::string> known;
    for (const auto& target : fuzz::targets()) {
        known.emplace(target.name);
    }
    for (const auto& entry : std::filesystem::directory_iterator(corpora)) {
        BOOST_TEST(known.contains(entry.path().filename().string()), entry.path());
    }
}

BOOST_AUTO_TEST_SUITE_END()
