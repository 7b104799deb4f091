// tools/chaos: see docs/testing.md.
#include "options.hpp"
#include "run.hpp"
#include "support/sandbox.hpp"
#include "support/tool.hpp"

int main(int argc, char** argv)
{
    using namespace keavrf;
    int exit_code = 0;
    const auto options = faults::parse_options(argc, argv, exit_code);
    if (!options) {
        return exit_code;
    }
    return test::run_tool("chaos", [&] {
        const test::Sandbox sandbox;
        faults::Run run(*options);
        run.execute();
    });
}
