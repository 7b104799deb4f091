// The relay agent information option (RFC 3046): its sub-options, read and written.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace keavrf::dhcp {

namespace suboption {
inline constexpr std::uint8_t circuit_id = 1;          // RFC 3046 3.1
inline constexpr std::uint8_t remote_id = 2;           // RFC 3046 3.2
inline constexpr std::uint8_t link_selection = 5;      // RFC 3527
inline constexpr std::uint8_t relay_flags = 10;        // RFC 5010
inline constexpr std::uint8_t server_id_override = 11; // RFC 5107
inline constexpr std::uint8_t source_port = 19;        // RFC 8357
inline constexpr std::uint8_t vss = 151;               // RFC 6607
inline constexpr std::uint8_t vss_control = 152;       // RFC 6607
} // namespace suboption

struct SubOption {
    std::uint8_t code = 0;
    std::span<const std::uint8_t> value;
    std::size_t offset = 0; // of its code byte in the option's value
};

// Reads one after the other; stops for good at one that runs past the end.
class SubOptionReader {
public:
    explicit SubOptionReader(std::span<const std::uint8_t> option) noexcept : option_(option) {}
    std::optional<SubOption> next() noexcept;

private:
    std::span<const std::uint8_t> option_;
    std::size_t position_ = 0;
};

// The first of this code.
std::optional<std::span<const std::uint8_t>> find_sub_option(std::span<const std::uint8_t> option,
                                                             std::uint8_t code) noexcept;

// Builds an option's value; what does not fit into 255 bytes makes all of it not ok().
class SubOptionWriter {
public:
    void add(std::uint8_t code, std::span<const std::uint8_t> value) noexcept;
    void add(std::uint8_t code, std::string_view value) noexcept;
    void add(std::uint8_t code, std::uint32_t value) noexcept;
    // Sub-options as they stand.
    void append(std::span<const std::uint8_t> sub_options) noexcept;

    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return {memory_.data(), size_}; }

private:
    std::array<std::uint8_t, 255> memory_{};
    std::size_t size_ = 0;
    bool ok_ = true;
};

} // namespace keavrf::dhcp
