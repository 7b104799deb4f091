// tools/bench relay: see docs/testing.md.
#include "judging.hpp"
#include "measure.hpp"
#include "options.hpp"
#include "report.hpp"
#include "support/sandbox.hpp"
#include "support/tool.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <iostream>

int main(int argc, char** argv)
{
    using namespace keavrf;
    int exit_code = 0;
    auto options = bench::parse_options(argc, argv, exit_code);
    if (!options) {
        return exit_code;
    }
    if (!options->plot.empty()) {
        options->plot = std::filesystem::absolute(options->plot);
    }
    return test::run_tool("bench", [&] {
        const test::Sandbox sandbox;
        if (options->judge) {
            std::cout << bench::judged_table(bench::judge_contestants(*options)) << std::flush;
            return;
        }
        std::cout << bench::table(bench::measure(*options), options->kea) << std::flush;
        if (!options->plot.empty()) {
            BOOST_REQUIRE(bench::plot(bench::measure_points(*options), options->plot));
        }
    });
}
