// One command of the control channel, in the form of Kea's own (Kea ARM, "Control Channel"):
//
//   {"command": "status-get", "service": ["dhcp4"], "vrf": "red", "arguments": {...}}
//   -> {"result": 0, "text": "...", "arguments": {...}}
//
// "vrf" and "keep-open" are ours; everything else means what it means to Kea. Pure.
#pragma once

#include "core/error.hpp"
#include "core/types.hpp"

#include <boost/json/object.hpp>

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keavrf::control {

// Kea's result codes (src/lib/cc/command_interpreter.h).
enum class ResultCode { success = 0, error = 1, unsupported = 2, empty = 3 };

// How long to wait for the answer to config-reload: an hour for Keas with very many leases to load, and what comes
// before and after. Whoever waits hears at once of a keavrfd that ends.
inline constexpr std::chrono::minutes longest_reload{75};

// Who is at the other end (SO_PEERCRED, unix(7)), as of its connect().
struct Peer {
    pid_t pid = 0;
    uid_t uid = static_cast<uid_t>(-1);
    gid_t gid = static_cast<gid_t>(-1);
    std::vector<gid_t> groups; // others it is in (SO_PEERGROUPS)
};

struct Command {
    std::string name;
    std::vector<std::string> services; // empty: not given
    VrfName vrf;                       // empty: for the daemon itself
    // Absent and {} differ to some of Kea's commands (lease4-get-all).
    std::optional<boost::json::object> arguments;
    // The connection stays open for another command; Kea's channel, and ours without this, closes after its answer.
    bool keep_open = false;
    Peer peer; // filled in by the server

    // The string, or boolean, of that name in the arguments; nothing where it is missing or of another type.
    [[nodiscard]] std::optional<std::string> string_argument(std::string_view argument) const;
    [[nodiscard]] bool flag(std::string_view argument) const;
};

// Errors are sentences for the answer's "text".
Result<Command> parse_command(const boost::json::object& json);
// What is sent to keavrfd for a command; `peer` is left out.
boost::json::object to_json(const Command& command);
// What is sent to an instance's Kea: without "vrf" and the other keys that Kea does not know.
boost::json::object to_kea_json(const Command& command);

boost::json::object make_response(ResultCode result, std::string_view text);
boost::json::object make_response(ResultCode result, std::string_view text, boost::json::object arguments);
// Result 1 with the error's sentence.
boost::json::object make_error_response(const Error& error);
// Result 2, in Kea's words: "'x' command not supported."
boost::json::object make_unsupported_response(std::string_view command_name);

struct Response {
    int result = 1; // Kea has more codes than ResultCode
    std::string text;
    std::optional<boost::json::value> arguments;
    [[nodiscard]] bool ok() const noexcept { return result == 0; }
};
Result<Response> parse_response(const boost::json::object& json);

// False for commands, ours and Kea's, that only look; the others are logged with the peer that sent them.
bool changes_something(std::string_view command_name);

} // namespace keavrf::control
