#include "relay/server_backlog.hpp"

#include "core/file.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace keavrf::relay {

namespace {

// A Kea namespace has a handful of sockets, each a line of 128 bytes.
constexpr std::size_t file_limit = 1U << 20U;

std::string_view next_word(std::string_view& line) noexcept
{
    const auto begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) {
        line = {};
        return {};
    }
    line.remove_prefix(begin);
    const auto word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size());
    return word;
}

// The hexadecimal number behind the colon of "0201FEA9:0043".
std::size_t behind_colon(std::string_view word) noexcept
{
    const auto colon = word.find(':');
    if (colon == std::string_view::npos) {
        return 0;
    }
    std::size_t number = 0;
    const auto* const end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data() + colon + 1, end, number, 16);
    return error == std::errc{} && stop == end ? number : 0;
}

} // namespace

std::size_t parse_backlog(std::string_view text, std::uint16_t port) noexcept
{
    std::size_t bytes = 0;
    while (!text.empty()) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        static_cast<void>(next_word(line)); // number
        const auto local = next_word(line);
        static_cast<void>(next_word(line)); // remote
        static_cast<void>(next_word(line)); // state
        const auto queues = next_word(line);
        if (behind_colon(local) == port) {
            bytes += behind_colon(queues); // "tx:rx"
        }
    }
    return bytes;
}

std::optional<std::size_t> server_backlog(ProcessId process, std::uint16_t port)
{
    const auto text = read_file("/proc/" + std::to_string(process.value()) + "/net/udp", file_limit);
    if (!text) {
        return std::nullopt;
    }
    return parse_backlog(*text, port);
}

} // namespace keavrf::relay
