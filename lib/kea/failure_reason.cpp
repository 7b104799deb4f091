#include "kea/failure_reason.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace keavrf::kea {

namespace {

constexpr std::size_t reason_limit = 600;
constexpr std::size_t reason_lines = 3;

struct SeverityName {
    std::string_view name;
    LogSeverity severity;
};
constexpr std::array<SeverityName, 5> severity_names{{{"DEBUG", LogSeverity::debug},
                                                      {"INFO", LogSeverity::info},
                                                      {"WARN", LogSeverity::warning},
                                                      {"ERROR", LogSeverity::error},
                                                      {"FATAL", LogSeverity::error}}};

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// What `kea-dhcp4 -t` prints of its own, without date and severity.
bool is_plain_failure(std::string_view line)
{
    return line.starts_with("Error encountered:") || line.starts_with("Syntax check failed with:");
}

// Kea tells one failure up to three times, ever more generally: of these only the most precise is kept.
void drop_repetitions(std::vector<std::string_view>& errors)
{
    constexpr std::array<std::string_view, 3> precise_first{"DHCP4_PARSER_FAIL ", "DHCP4_CONFIG_LOAD_FAIL ",
                                                            "DHCP4_INIT_FAIL "};
    bool found = false;
    for (const auto name : precise_first) {
        const auto has_name = [name](std::string_view line) { return line.starts_with(name); };
        if (found) {
            std::erase_if(errors, has_name);
        }
        found = found || std::any_of(errors.begin(), errors.end(), has_name);
    }
}

std::string join(const std::vector<std::string_view>& lines)
{
    std::string text;
    for (const auto line : lines) {
        text += text.empty() ? "" : "; ";
        text += line;
    }
    if (text.size() > reason_limit) {
        static constexpr std::string_view mark = "...";
        text.resize(reason_limit - mark.size());
        text += mark;
    }
    return text;
}

struct Failures {
    std::vector<std::string_view> errors;
    std::string_view last_line;
};

Failures collect(std::string_view output)
{
    Failures failures;
    while (!output.empty()) {
        const auto line = output.substr(0, output.find('\n'));
        output.remove_prefix(std::min(output.size(), line.size() + 1));
        const auto parsed = parse_log_line(line);
        if (parsed.message.empty()) {
            continue;
        }
        failures.last_line = parsed.message;
        if (parsed.severity == LogSeverity::error || is_plain_failure(line)) {
            failures.errors.push_back(parsed.message);
        }
    }
    return failures;
}

} // namespace

LogLine parse_log_line(std::string_view line)
{
    // Date and time: "2026-01-02 03:04:05.678 ".
    constexpr std::size_t severity_at = 24;
    if (line.size() <= severity_at || !is_digit(line[0]) || line[4] != '-' || line[10] != ' ' || line[13] != ':') {
        return {LogSeverity::info, line};
    }
    const auto rest = line.substr(severity_at);
    for (const auto& entry : severity_names) {
        const auto bracket = rest.find("] ");
        if (rest.starts_with(entry.name) && bracket != std::string_view::npos) {
            return {entry.severity, rest.substr(bracket + 2)};
        }
    }
    return {LogSeverity::info, line};
}

std::string failure_reason(std::string_view output)
{
    auto [errors, last_line] = collect(output);
    if (errors.empty()) {
        return std::string(last_line.substr(0, reason_limit));
    }
    drop_repetitions(errors);
    if (errors.size() > reason_lines) {
        errors.erase(errors.begin(), errors.end() - reason_lines);
    }
    return join(errors);
}

} // namespace keavrf::kea
