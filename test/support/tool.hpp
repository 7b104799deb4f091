// Lets a tool (tools/benchmark, tools/faults) use the harness of the tests: what the harness requires is only reported
// inside a running test, so the tool's work is made the one test of a Boost.Test program that says nothing by itself.
#pragma once

#include <functional>

namespace keavrf::test {

// Runs the work in a PID and mount namespace of its own (Isolation), so that nothing it starts outlives it. The result
// is an exit status: 0, or not where the work threw, or reported an error by BOOST_ERROR and the like.
int run_tool(const char* name, std::function<void()> work);

} // namespace keavrf::test
