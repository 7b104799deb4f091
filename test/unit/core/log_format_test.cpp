#include "core/log.hpp"
#include "core/types.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <limits>
#include <string>
#include <vector>

namespace {

namespace log = keavrf::log;
using keavrf::VrfName;

log::Record record_of(const std::vector<log::Field>& fields, std::string_view vrf = "red",
                      std::string_view message = "serving DHCPv4", log::Level level = log::Level::info)
{
    return {level, "instance.serving", vrf, message, fields.data(), fields.size()};
}

} // namespace

BOOST_AUTO_TEST_SUITE(log_format)

BOOST_AUTO_TEST_CASE(text_has_time_level_vrf_event_message_and_fields_in_this_order)
{
    const std::vector<log::Field> fields{{"pid", 12}, {"ports", 2U}, {"ok", true}, {"file", "a b"}};
    BOOST_TEST(log::format_text(record_of(fields), "2026-11-22 15:00:00.123") ==
               "2026-11-22 15:00:00.123 info  vrf=red instance.serving: serving DHCPv4 pid=12 ports=2 ok=true "
               "file=\"a b\"");
    BOOST_TEST(log::format_text(record_of({}, "", "x", log::Level::warning), "") == "warn  vrf=- instance.serving: x");
}

BOOST_AUTO_TEST_CASE(nothing_that_a_stranger_sends_can_end_a_line_or_drive_the_terminal)
{
    const std::string hostile("a\nb\r\x1b[31m\0\x7f\xc2\x9b\xff", 15);
    const std::vector<log::Field> fields{{"name", hostile}};
    const auto record = record_of(fields, hostile, hostile);
    for (const auto& line :
         {log::format_text(record, "t"), log::format_json(record, "t"), log::format_journal(record)}) {
        for (const char c : line) {
            BOOST_TEST((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f), line);
        }
        BOOST_TEST(line.find("\xc2\x9b") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(json_has_every_part_and_quotes_what_is_no_number)
{
    const std::vector<log::Field> fields{{"pid", 12}, {"up", false}, {"share", 0.1}, {"name", "a\"b\\c\n"}};
    const auto line = log::format_json(record_of(fields), "2026-11-22T15:00:00.123Z");
    BOOST_TEST(line ==
               R"({"time":"2026-11-22T15:00:00.123Z","level":"info","vrf":"red","event":"instance.serving",)"
               R"("message":"serving DHCPv4","fields":{"pid":12,"up":false,"share":0.1,"name":"a\"b\\c\u000a"}})");
    BOOST_TEST(boost::json::parse(line).at("fields").at("name") == "a\"b\\c\n");
}

BOOST_AUTO_TEST_CASE(json_is_valid_whatever_the_bytes_are)
{
    const auto infinity = std::numeric_limits<double>::infinity();
    const std::vector<log::Field> fields{{"x", infinity}, {"y", -infinity}, {"z", infinity * 0}, {"tiny", 1e-300}};
    BOOST_TEST(boost::json::parse(log::format_json(record_of(fields), "")).at("fields").at("x") == "inf");
    for (int first = 0; first < 256; ++first) {
        for (const int second : {0, 0x22, 0x80, 0x9f, 0xa0, 0xbf, 0xc2, 0xff}) {
            const std::string bytes{static_cast<char>(first), static_cast<char>(second), 'x'};
            const std::vector<log::Field> hostile{{"value", bytes}};
            const auto line = log::format_json(record_of(hostile, bytes, bytes), "");
            boost::system::error_code error;
            const auto parsed = boost::json::parse(line, error);
            BOOST_TEST(!error, line);
        }
    }
    const std::vector<log::Field> broken{{"value", "\xff\xc3\xa4"}};
    BOOST_TEST(boost::json::parse(log::format_json(record_of(broken), "")).at("fields").at("value") ==
               "\xef\xbf\xbd\xc3\xa4");
}

BOOST_AUTO_TEST_CASE(journal_lines_begin_with_their_priority)
{
    const std::vector<log::Field> fields{{"pid", 12}};
    const std::vector<std::pair<log::Level, std::string>> cases{{log::Level::debug, "<7>"},
                                                                {log::Level::info, "<6>"},
                                                                {log::Level::warning, "<4>"},
                                                                {log::Level::error, "<3>"}};
    for (const auto& [level, priority] : cases) {
        BOOST_TEST(log::format_journal(record_of(fields, "red", "up", level)) ==
                   priority + "vrf=red instance.serving: up pid=12");
    }
}

BOOST_AUTO_TEST_CASE(long_lines_are_cut_to_the_limit_and_marked)
{
    for (const auto* unit : {"a", "\n", "\xc3\xa4", "\xff", "\"", "\xe2\x82\xac"}) {
        std::string text;
        for (int i = 0; i < 5000; ++i) {
            text += unit;
        }
        const std::vector<log::Field> fields{{"first", 1}, {"long", text}, {"last", 2}};
        for (const auto& record : {record_of(fields), record_of(fields, text, text)}) {
            for (const std::size_t limit : {512U, 513U, 514U, 515U, 4095U}) {
                const auto line = log::format_text(record, "t", limit);
                BOOST_TEST(line.size() <= limit);
                BOOST_TEST(line.ends_with(" [cut]"));
                BOOST_TEST(log::format_journal(record, limit).size() <= limit);
                const auto json = log::format_json(record, "t", limit);
                BOOST_TEST(json.size() <= limit);
                BOOST_TEST(boost::json::parse(json).at("truncated") == true);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(lines_within_the_limit_are_left_as_they_are)
{
    const std::vector<log::Field> fields{{"pid", 12}};
    const auto record = record_of(fields);
    BOOST_TEST(log::format_text(record, "t", 4095) == log::format_text(record, "t"));
    BOOST_TEST(log::format_json(record, "t", 4095) == log::format_json(record, "t"));
}

BOOST_AUTO_TEST_CASE(utc_timestamps_are_rfc_3339_with_milliseconds)
{
    using namespace std::chrono;
    const auto time = [](std::int64_t ms) { return system_clock::time_point(milliseconds(ms)); };
    BOOST_TEST(log::utc_timestamp(time(0)) == "1970-01-01T00:00:00.000Z");
    BOOST_TEST(log::utc_timestamp(time(1795359600123)) == "2026-11-22T15:00:00.123Z");
    BOOST_TEST(log::utc_timestamp(time(-1)) == "1969-12-31T23:59:59.999Z");
    BOOST_TEST(log::local_timestamp(time(1795359600123)).size() == std::string("2026-11-22 15:00:00.123").size());
}

BOOST_AUTO_TEST_SUITE_END()
