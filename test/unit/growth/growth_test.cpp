// Nothing that keavrfd does for many interfaces or VRFs may cost more than in proportion to their number, but for a
// logarithm. Counted in instructions, by callgrind, so no load of the machine makes it another number.
#include "process/run.hpp"
#include "support/await.hpp"
#include "unit/growth/subject.hpp"
#include "unit/kea/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace {

using namespace std::chrono_literals;
using keavrf::test::TemporaryFolder;
namespace asio = boost::asio;

constexpr int least = 250;

using Counts = std::map<std::string, std::uint64_t>;

// One of callgrind's files: what was counted, and how many instructions that took.
void read_count(const std::filesystem::path& file, Counts& counts)
{
    const std::string trigger = "desc: Trigger: Client Request: ";
    const std::string totals = "totals: ";
    std::ifstream lines(file);
    std::string what;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(trigger)) {
            what = line.substr(trigger.size());
        } else if (line.starts_with(totals) && !what.empty()) {
            counts[what] = std::stoull(line.substr(totals.size()));
        }
    }
}

Counts count_all()
{
    const TemporaryFolder folder;
    keavrf::process::SpawnOptions options;
    options.path = KEAVRF_VALGRIND;
    options.arguments = {"--tool=callgrind", "--instr-atstart=no", "--callgrind-out-file=" + folder.path("count"),
                         KEAVRF_GROWTH_COUNTED, std::to_string(least)};
    options.environment = {"PATH=/usr/bin:/bin"};
    asio::io_context context;
    const auto done = keavrf::test::await(context, keavrf::process::async_run(options, 9min));
    BOOST_REQUIRE_MESSAGE(done.has_value(), done.error().message());
    BOOST_REQUIRE_MESSAGE(done->status.success(), done->output);
    Counts counts;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
        read_count(entry.path(), counts);
    }
    return counts;
}

} // namespace

BOOST_AUTO_TEST_SUITE(growth)

BOOST_AUTO_TEST_CASE(four_times_as_many_interfaces_or_vrfs_cost_little_more_than_four_times_as_much)
{
    const auto counts = count_all();
    for (const auto& subject : keavrf::growth::all_subjects()) {
        const std::string name(subject.name);
        const auto few = counts.find(std::to_string(least) + ' ' + name);
        const auto many = counts.find(std::to_string(4 * least) + ' ' + name);
        BOOST_REQUIRE_MESSAGE(few != counts.end() && many != counts.end(), "not counted: " << name);
        BOOST_TEST_MESSAGE(name << ": " << few->second << ", " << many->second);
        const auto growth = static_cast<double>(many->second) / static_cast<double>(few->second);
        BOOST_TEST(growth < subject.most_growth, name << ": " << few->second << " instructions for " << least << ", "
                                                      << many->second << " for " << 4 * least << ": " << growth
                                                      << " times");
        BOOST_TEST(growth > 3, name << ": " << growth << " times: it does not do what it is there for");
    }
}

BOOST_AUTO_TEST_SUITE_END()
