#include "kea/version.hpp"

#include <array>
#include <charconv>

namespace keavrf::kea {

std::optional<Version> Version::parse(std::string_view text)
{
    std::array<unsigned, 3> numbers{};
    const char* at = text.data();
    const char* const end = text.data() + text.size();
    for (std::size_t index = 0; index < numbers.size(); ++index) {
        if (index > 0 && (at == end || *at++ != '.')) {
            return std::nullopt;
        }
        const auto [next, error] = std::from_chars(at, end, numbers.at(index));
        if (error != std::errc{}) {
            return std::nullopt;
        }
        at = next;
    }
    // "2.2.0.1" and "2.2.0rc1" are nothing that Kea was ever called; "-git" and " (stable)" are.
    if (at != end && std::string_view(" \n\t-").find(*at) == std::string_view::npos) {
        return std::nullopt;
    }
    return Version{numbers[0], numbers[1], numbers[2]};
}

std::string Version::str() const
{
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

Result<Version> check_version(Version version)
{
    if (version < minimum_version) {
        return Error(boost::system::errc::make_error_code(boost::system::errc::not_supported),
                     "Kea " + version.str() + " is too old (" + minimum_version.str() + " or later is needed)");
    }
    return version;
}

} // namespace keavrf::kea
