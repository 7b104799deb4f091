#include "relay/server_backlog.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <string>

BOOST_AUTO_TEST_SUITE(server_backlog)

BOOST_AUTO_TEST_CASE(is_the_sum_of_what_waits_at_a_port)
{
    const std::string head =
        "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
    const auto line = [](const std::string& local, const std::string& queues) {
        return "  431: " + local + " 00000000:0000 07 " + queues + " 00:00000000 00000000   106        0 4711 2 0 0\n";
    };
    struct Case {
        std::string text;
        std::size_t expected;
    };
    for (const auto& [text, expected] : {
             Case{"", 0}, Case{head, 0}, Case{head + line("0201FEA9:0043", "00000000:00000300"), 0x300},
             Case{head + line("0201FEA9:0043", "00000100:00000300") + line("00000000:0043", "00000000:0001F000"),
                  0x1f300},
             Case{head + line("0201FEA9:0044", "00000000:00000300"), 0},
             Case{head + line("0201FEA9:0043", "00000000"), 0}, Case{"one: two:0043 three four five:zz", 0},
             Case{"a :0043 b c :10", 0x10}, // without a newline
         }) {
        BOOST_TEST(keavrf::relay::parse_backlog(text, 67) == expected, text);
    }
}

BOOST_AUTO_TEST_CASE(of_a_process_that_is_gone_nothing_is_known)
{
    BOOST_TEST(keavrf::relay::server_backlog(keavrf::ProcessId(::getpid()), 0xfff0).has_value());
    BOOST_TEST(!keavrf::relay::server_backlog(keavrf::ProcessId(0x3fffffff), 67).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
