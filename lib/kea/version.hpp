// Kea's version, on which the shape of its configuration depends (render.hpp).
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "process/spawn.hpp"

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace keavrf::kea {

struct Version {
    unsigned major = 0;
    unsigned minor = 0;
    unsigned patch = 0;

    // The first word of "2.2.0\n", "2.4.1 (stable)", "2.7.8-git"; nullopt for anything else.
    static std::optional<Version> parse(std::string_view text);
    [[nodiscard]] std::string str() const;
    friend auto operator<=>(const Version&, const Version&) = default;
    friend bool operator==(const Version&, const Version&) = default;
};

inline constexpr Version minimum_version{2, 2, 0};

// Error for a version that keavrfd cannot drive: "Kea 2.0.1 is too old (2.2.0 or later is needed)".
Result<Version> check_version(Version version);

// Runs `PATH -v` as `identity` (none: ours), without capabilities, for at most 10 seconds. A missing binary, a binary
// that is no Kea and a Kea that is too old are errors with what to do.
asio::awaitable<Result<Version>> async_detect_version(std::string path, std::optional<process::Identity> identity);

} // namespace keavrf::kea
