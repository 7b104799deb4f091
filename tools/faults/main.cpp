// tools/chaos: see docs/testing.md.
#include "options.hpp"
#include "run.hpp"
#include "support/sandbox.hpp"
#include "support/tool.hpp"

#include <cstdlib>
#include <filesystem>

int main(int argc, char** argv)
{
    using namespace keavrf;
    int exit_code = 0;
    const auto options = faults::parse_options(argc, argv, exit_code);
    if (!options) {
        return exit_code;
    }
    // keavrfd lies beside: build/debug/bin, build/debug/tools.
    const auto here = std::filesystem::canonical("/proc/self/exe").parent_path();
    ::setenv("KEAVRFD_BINARY_DIR", (here.parent_path() / "bin").c_str(), 0);
    return test::run_tool("chaos", [&] {
        const test::Sandbox sandbox;
        faults::Run run(*options);
        run.execute();
    });
}
