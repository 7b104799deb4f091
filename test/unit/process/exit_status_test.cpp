#include "process/process.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>

namespace {

using keavrf::process::ExitStatus;
using keavrf::process::signal_name;

struct Case {
    ExitStatus status;
    const char* text;
    bool success;
};

ExitStatus exited(int code)
{
    ExitStatus status;
    status.exited = true;
    status.code = code;
    return status;
}

ExitStatus killed(int signal)
{
    ExitStatus status;
    status.signal = signal;
    return status;
}

ExitStatus unknown(bool ended)
{
    ExitStatus status;
    status.known = false;
    status.ended = ended;
    return status;
}

} // namespace

BOOST_AUTO_TEST_SUITE(process_exit_status)

BOOST_AUTO_TEST_CASE(says_how_a_process_ended)
{
    const Case cases[] = {
        {exited(0), "exited with 0", true},
        {exited(1), "exited with 1", false},
        {exited(127), "exited with 127", false},
        {killed(SIGKILL), "killed by SIGKILL", false},
        {killed(SIGSEGV), "killed by SIGSEGV", false},
        {unknown(true), "ended", false},
        {unknown(false), "does not end, not even by SIGKILL", false},
    };
    for (const auto& [status, text, success] : cases) {
        BOOST_TEST(status.describe() == text);
        BOOST_TEST(status.success() == success);
    }
}

BOOST_AUTO_TEST_CASE(names_signals_that_have_no_name_by_their_number)
{
    BOOST_TEST(signal_name(SIGTERM) == "SIGTERM");
    BOOST_TEST(signal_name(SIGRTMIN) == "SIGRTMIN");
    BOOST_TEST(signal_name(SIGRTMIN + 3) == "SIGRTMIN+3");
    BOOST_TEST(signal_name(0) == "signal 0");
    BOOST_TEST(signal_name(200) == "signal 200");
}

BOOST_AUTO_TEST_SUITE_END()
