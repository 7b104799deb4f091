#include "support/judge.hpp"

#include "support/program.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>
#include <utility>

namespace keavrf::test {

namespace {

// epan/proto.h: PI_WARN; PI_ERROR is above it.
constexpr unsigned long warning = 0x600000;

// What tshark 4.0 tells of packets that are in order.
struct FalseAlarm {
    const char* message;
    std::uint8_t suboption; // which a packet has to hold in option 82
    const char* reason;
};
constexpr std::array<FalseAlarm, 4> false_alarms{{
    {"Trailing stray characters", 151, "RFC 6607 4.1: the name fills the sub-option; tshark counts one byte too few"},
    {"length isn't 4", 152, "RFC 6607 4.2: it has none"},
    {"ERROR, please report: Unknown subopt type handler 152", 152, "a gap in tshark's table"},
    {"ERROR, please report: Unknown subopt type handler 19", 19, "the same (RFC 8357 4)"},
}};

bool is_false_alarm(const std::string& message, const RecordedFrame& frame)
{
    constexpr std::size_t headers = 14 + 20 + 8;
    if (frame.bytes.size() < headers) {
        return false;
    }
    const auto parsed = DhcpMessage::parse(std::span(frame.bytes).subspan(headers)); // to any port (RFC 8357)
    return parsed && std::any_of(false_alarms.begin(), false_alarms.end(), [&](const FalseAlarm& alarm) {
               return message == alarm.message && parsed->relay_suboption(alarm.suboption).has_value();
           });
}

void put32(std::string& out, std::size_t value)
{
    const auto number = static_cast<std::uint32_t>(value);
    for (unsigned shift = 0; shift < 32; shift += 8) {
        out.push_back(static_cast<char>(number >> shift));
    }
}

// pcap, as libpcap's pcap-savefile(5) has it: Ethernet; a frame each microsecond.
std::string pcap(const std::vector<RecordedFrame>& frames)
{
    std::string out;
    for (const std::size_t field : {0xa1b2c3d4U, 0x00040002U, 0U, 0U, 0x40000U, 1U}) {
        put32(out, field);
    }
    for (std::size_t number = 0; number < frames.size(); ++number) {
        const auto& bytes = frames[number].bytes;
        for (const auto field : {number / 1000000, number % 1000000, bytes.size(), bytes.size()}) {
            put32(out, field);
        }
        out.append(bytes.begin(), bytes.end());
    }
    return out;
}

UniqueFd in_memory(const std::string& text)
{
    UniqueFd file(::memfd_create("frames.pcap", MFD_CLOEXEC));
    BOOST_REQUIRE(file.valid());
    for (std::size_t at = 0; at < text.size();) {
        const auto written = ::write(file.get(), text.data() + at, text.size() - at);
        BOOST_REQUIRE(written > 0);
        at += static_cast<std::size_t>(written);
    }
    return file;
}

std::vector<std::string> split(const std::string& text, char separator)
{
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, separator);) {
        parts.push_back(part);
    }
    return parts;
}

// One line a frame that tshark has something to say of: its number, severities, messages.
std::string ask_tshark(const std::vector<RecordedFrame>& frames)
{
    const auto file = in_memory(pcap(frames));
    ProgramOptions options;
    options.environment = {{"HOME", "/nonexistent"}, {"LC_ALL", "C"}}; // nobody's own preferences
    const auto finished = run(
        {"tshark",
         "-n",
         "-r",
         "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(file.get()),
         "-o",
         "udp.check_checksum:TRUE",
         "-o",
         "ip.check_checksum:TRUE",
         "-o",
         "ip.defragment:TRUE",
         "-Y",
         "_ws.malformed || _ws.expert.severity >= " + std::to_string(warning) + " || (udp.port in {67, 68} && !dhcp)",
         "-T",
         "fields",
         "-E",
         "aggregator=|",
         "-e",
         "frame.number",
         "-e",
         "_ws.expert.severity",
         "-e",
         "_ws.expert.message"},
        options, 240s);
    BOOST_REQUIRE_MESSAGE(finished.exit_code == 0, "tshark: " << finished.errors << " (is the package tshark there?)");
    return finished.output;
}

// What of a line of tshark's is to be reported; empty where all of it is a false alarm.
std::string verdict(const std::vector<std::string>& fields, const RecordedFrame& frame)
{
    if (fields.size() < 3) {
        return "not taken for DHCP";
    }
    const auto severities = split(fields[1], '|');
    const auto messages = split(fields[2], '|');
    std::string said;
    for (std::size_t at = 0; at < severities.size(); ++at) {
        const auto message = at < messages.size() ? messages[at] : "?";
        if (std::stoul(severities[at]) >= warning && !is_false_alarm(message, frame)) {
            said += (said.empty() ? "" : "; ") + message;
        }
    }
    return said;
}

RecordedFrame broken_frame()
{
    DhcpFrame frame;
    frame.source_port = 67;
    frame.destination_port = 68;
    frame.message.op = 2;
    frame.message.add(option::message_type, Bytes{type::offer});
    RecordedFrame recorded{"", "the judge's own", frame.encode()};
    recorded.bytes.at(14 + 10) ^= 1U; // the IPv4 header's checksum
    return recorded;
}

std::string hex(const Bytes& bytes)
{
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const auto byte : bytes) {
        text += digits.at(byte >> 4U);
        text += digits.at(byte & 15U);
    }
    return text;
}

} // namespace

std::vector<Finding> judge(const std::vector<RecordedFrame>& frames)
{
    auto all = frames;
    all.push_back(broken_frame());
    std::vector<Finding> findings;
    bool sees = false;
    for (const auto& line : split(ask_tshark(all), '\n')) {
        const auto fields = split(line, '\t');
        const auto number = std::stoul(fields.at(0)) - 1;
        const auto said = verdict(fields, all.at(number));
        if (number == frames.size()) {
            sees = !said.empty();
        } else if (!said.empty()) {
            findings.push_back({frames[number], said});
        }
    }
    BOOST_REQUIRE_MESSAGE(sees, "tshark found nothing wrong with a broken frame");
    return findings;
}

void report(std::vector<Finding> findings)
{
    // What goes wrong does so many times over.
    std::map<std::string, std::pair<Finding, std::size_t>> kinds;
    for (auto& finding : findings) {
        // "Bad checksum [should be 0x1234]"
        const auto what = finding.what.substr(0, finding.what.find(" [should be "));
        auto key = finding.frame.test + ", " + finding.frame.where + ": " + what;
        ++kinds.try_emplace(std::move(key), std::move(finding), 0).first->second.second;
    }
    for (const auto& [text, found] : kinds) {
        BOOST_ERROR("tshark: " << text << " (" << found.second << " times): " << hex(found.first.frame.bytes));
    }
}

void Judge::teardown()
{
    recordings::finish();
    const auto& all = recordings::all();
    if (all.frames.empty()) {
        return;
    }
    report(judge(all.frames));
    BOOST_TEST_MESSAGE("tshark judged " << all.frames.size() << " packets; " << all.lost << " more were not recorded");
}

} // namespace keavrf::test
