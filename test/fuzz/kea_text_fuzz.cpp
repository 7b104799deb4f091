// What Kea prints: its version, its log lines, its last words; those lines in a log of ours; and what the kernel says
// of its sockets.
#include "core/log.hpp"
#include "fuzz/target.hpp"
#include "kea/failure_reason.hpp"
#include "kea/version.hpp"
#include "relay/server_backlog.hpp"

#include <boost/json/parse.hpp>

#include <string>

namespace {

using keavrf::fuzz::require;

void repeat(std::string_view line)
{
    namespace log = keavrf::log;
    const auto parsed = keavrf::kea::parse_log_line(line);
    require(parsed.message.size() <= line.size(), "a part of the line");
    const log::Record record{log::Level::info, "kea.log", line, parsed.message, nullptr, 0};
    for (const auto limit : {std::size_t{512}, log::no_limit}) {
        boost::system::error_code failure;
        boost::json::parse(log::format_json(record, "now", limit), failure);
        require(!failure, "JSON, whatever the bytes are");
        const auto text = log::format_text(record, "now", limit);
        require(text.size() <= limit, "within the limit");
        require(std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }),
                "no control characters");
    }
}

} // namespace

FUZZ_TARGET(kea_text)
{
    const auto output = keavrf::fuzz::text(bytes);
    if (const auto version = keavrf::kea::Version::parse(output)) {
        require(keavrf::kea::Version::parse(version->str()) == version, "a version is itself");
        static_cast<void>(keavrf::kea::check_version(*version));
    }
    static_cast<void>(keavrf::relay::parse_backlog(output, 67));
    require(keavrf::kea::failure_reason(output).size() <= 600, "a bounded reason");
    std::size_t begin = 0;
    while (begin < output.size()) {
        const auto end = std::min(output.find('\n', begin), output.size());
        repeat(output.substr(begin, end - begin));
        begin = end + 1;
    }
}
