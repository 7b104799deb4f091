// tools/bench flood, heavy, life and soak: see docs/testing.md.
#include "flood.hpp"
#include "heavy.hpp"
#include "life.hpp"
#include "options.hpp"
#include "soak.hpp"
#include "support/sandbox.hpp"
#include "support/tool.hpp"

#include <cstdlib>
#include <filesystem>

int main(int argc, char** argv)
{
    using namespace keavrf;
    int exit_code = 0;
    const auto options = endurance::parse_options(argc, argv, exit_code);
    if (!options) {
        return exit_code;
    }
    // keavrfd lies beside: build/release/bin, build/release/tools.
    const auto here = std::filesystem::canonical("/proc/self/exe").parent_path();
    ::setenv("KEAVRFD_BINARY_DIR", (here.parent_path() / "bin").c_str(), 0);
    return test::run_tool("bench", [&] {
        const test::Sandbox sandbox;
        if (options->bench == "flood") {
            endurance::flood(*options);
        } else if (options->bench == "heavy") {
            endurance::heavy(*options);
        } else if (options->bench == "life") {
            endurance::life(*options);
        } else {
            endurance::soak(*options);
        }
    });
}
