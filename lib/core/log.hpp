// One event a line: a stable event name, the VRF first, then key=value, then a sentence for the operator.
//
//   log::info("instance.serving", vrf, "serving DHCPv4", {{"pid", pid}, {"ports", ports.size()}});
//
// Levels say what the operator has to do: error: act now; warning: look; info: life events; debug: per packet.
// Writing never blocks the reactor: what cannot be written at once is dropped and counted (dropped_lines()).
// Boost.Log does the work behind this header, so that no other file pays for its templates.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace keavrf {
class VrfName;
}

namespace keavrf::log {

enum class Level { debug, info, warning, error };
enum class Format { text, json, journal };

class Field {
public:
    Field(std::string_view key, std::string_view value) : key_(key), value_(value) {}
    Field(std::string_view key, std::string value) : key_(key), value_(std::move(value)) {}
    Field(std::string_view key, const char* value) : key_(key), value_(value) {}
    Field(std::string_view key, bool value) : key_(key), value_(value ? "true" : "false"), literal_(true) {}
    template <std::integral Number>
    Field(std::string_view key, Number value) : key_(key), value_(std::to_string(value)), literal_(true)
    {
    }
    Field(std::string_view key, double value);

    [[nodiscard]] std::string_view key() const noexcept { return key_; }
    [[nodiscard]] const std::string& value() const noexcept { return value_; }
    // Numbers and booleans: not quoted in JSON.
    [[nodiscard]] bool literal() const noexcept { return literal_; }

private:
    std::string_view key_;
    std::string value_;
    bool literal_ = false;
};

using Fields = std::initializer_list<Field>;

// A line as handed to a sink; the views live as long as the call.
struct Record {
    Level level;
    std::string_view event;
    std::string_view vrf;
    std::string_view message;
    const Field* fields;
    std::size_t field_count;
};

bool enabled(Level level) noexcept;
void write(Level level, std::string_view event, std::string_view vrf, std::string_view message, Fields fields);
void write(Level level, std::string_view event, const VrfName& vrf, std::string_view message, Fields fields);

// `Scope` is a VrfName, or a string ("" for what concerns the whole daemon).
template <class Scope>
void debug(std::string_view event, const Scope& vrf, std::string_view message, Fields fields = {})
{
    if (enabled(Level::debug)) {
        write(Level::debug, event, vrf, message, fields);
    }
}
template <class Scope>
void info(std::string_view event, const Scope& vrf, std::string_view message, Fields fields = {})
{
    write(Level::info, event, vrf, message, fields);
}
template <class Scope>
void warning(std::string_view event, const Scope& vrf, std::string_view message, Fields fields = {})
{
    write(Level::warning, event, vrf, message, fields);
}
template <class Scope>
void error(std::string_view event, const Scope& vrf, std::string_view message, Fields fields = {})
{
    write(Level::error, event, vrf, message, fields);
}

// Called once at start and at each reload; before it, info and above goes to stderr as text. The descriptor is borrowed
// and never closed, nor made non-blocking: others may share it. SIGPIPE must be ignored by the program
// (log_output.hpp).
void configure(Level level, Format format, int descriptor = 2);
// Lines that could not be written since the start.
std::uint64_t dropped_lines() noexcept;

// What `format: auto` means: journal where the descriptor leads to the journal ($JOURNAL_STREAM, systemd.exec(5)), else
// text.
Format detect_format(int descriptor = 2);

// Pure: a record as a line without its newline; `timestamp` is printed as given. Every control character is escaped,
// JSON is valid whatever the bytes are. A line that would be longer than `limit` bytes (512 or more) is cut and marked:
// text ends in "[cut]", JSON stays valid and has "truncated": true.
inline constexpr std::size_t no_limit = static_cast<std::size_t>(-1);
std::string format_text(const Record& record, std::string_view timestamp, std::size_t limit = no_limit);
std::string format_json(const Record& record, std::string_view timestamp, std::size_t limit = no_limit);
// For stderr into the journal: "<6>" and the like in front (sd-daemon(3)); no time and no level, the journal has them.
std::string format_journal(const Record& record, std::size_t limit = no_limit);

// "2026-11-22 15:00:00.123" in local time, and "2026-11-22T15:00:00.123Z" (RFC 3339).
std::string local_timestamp(std::chrono::system_clock::time_point time);
std::string utc_timestamp(std::chrono::system_clock::time_point time);

// For tests: everything logged while it lives, debug included, goes to the function, and nowhere else. The innermost
// of several counts.
class Capture {
public:
    explicit Capture(std::function<void(const Record&)> sink);
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;
    ~Capture();
    void deliver(const Record& record) const { sink_(record); }

private:
    std::function<void(const Record&)> sink_;
    Capture* outer_;
};

} // namespace keavrf::log
