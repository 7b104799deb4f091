// A cursor over bytes in network order. Sizes are checked before each read; the first short read sets a sticky error,
// after which everything reads as zero or empty, so that a parser checks once, at its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace keavrf {

class ByteReader {
public:
    constexpr explicit ByteReader(std::span<const std::uint8_t> bytes) noexcept : bytes_(bytes) {}

    [[nodiscard]] constexpr bool ok() const noexcept { return ok_; }
    [[nodiscard]] constexpr std::size_t remaining() const noexcept { return bytes_.size() - position_; }
    [[nodiscard]] constexpr std::size_t position() const noexcept { return position_; }

    constexpr std::span<const std::uint8_t> bytes(std::size_t count) noexcept
    {
        if (!ok_ || count > remaining()) {
            ok_ = false;
            return {};
        }
        const auto read = bytes_.subspan(position_, count);
        position_ += count;
        return read;
    }
    constexpr void skip(std::size_t count) noexcept { (void)bytes(count); }
    constexpr std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(number<1>()); }
    constexpr std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(number<2>()); }
    constexpr std::uint32_t u32() noexcept { return number<4>(); }

private:
    template <std::size_t Count>
    constexpr std::uint32_t number() noexcept
    {
        std::uint32_t value = 0;
        for (const auto byte : bytes(Count)) {
            value = value << 8U | byte;
        }
        return value;
    }

    std::span<const std::uint8_t> bytes_;
    std::size_t position_ = 0;
    bool ok_ = true;
};

} // namespace keavrf
