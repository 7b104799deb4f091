#include "support/tool.hpp"

#include "support/sandbox.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <string>
#include <utility>

namespace keavrf::test {

namespace {

// Boost.Test takes a plain function: the work waits here for it.
std::function<void()>& waiting_work()
{
    static std::function<void()> work;
    return work;
}

bool add_work()
{
    boost::unit_test::framework::master_test_suite().add(
        boost::unit_test::make_test_case(waiting_work(), "work", __FILE__, __LINE__));
    return true;
}

} // namespace

int run_tool(const char* name, std::function<void()> work)
{
    const Isolation isolation;
    waiting_work() = std::move(work);
    std::array<std::string, 6> arguments{name,
                                         "--log_level=error",
                                         "--log_sink=stderr",
                                         "--report_level=no",
                                         "--color_output=no",
                                         "--catch_system_errors=no"};
    std::array<char*, arguments.size() + 1> pointers{};
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        pointers.at(i) = arguments.at(i).data();
    }
    return boost::unit_test::unit_test_main(&add_work, static_cast<int>(arguments.size()), pointers.data());
}

} // namespace keavrf::test
