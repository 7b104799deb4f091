// Writes bytes in network order into memory of the caller's. What does not fit sets a sticky error and writes nothing,
// so that a builder checks once, at its end.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace keavrf {

class ByteWriter {
public:
    constexpr explicit ByteWriter(std::span<std::uint8_t> memory) noexcept : memory_(memory) {}

    [[nodiscard]] constexpr bool ok() const noexcept { return ok_; }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    [[nodiscard]] constexpr std::span<std::uint8_t> written() const noexcept { return memory_.first(size_); }

    constexpr void bytes(std::span<const std::uint8_t> data) noexcept
    {
        if (reserve(data.size())) {
            std::copy(data.begin(), data.end(), memory_.begin() + static_cast<std::ptrdiff_t>(size_ - data.size()));
        }
    }
    constexpr void fill(std::uint8_t value, std::size_t count) noexcept
    {
        if (reserve(count)) {
            std::fill_n(memory_.begin() + static_cast<std::ptrdiff_t>(size_ - count), count, value);
        }
    }
    constexpr void u8(std::uint8_t value) noexcept { number<1>(value); }
    constexpr void u16(std::uint16_t value) noexcept { number<2>(value); }
    constexpr void u32(std::uint32_t value) noexcept { number<4>(value); }

private:
    constexpr bool reserve(std::size_t count) noexcept
    {
        ok_ = ok_ && count <= memory_.size() - size_;
        size_ += ok_ ? count : 0;
        return ok_;
    }
    template <std::size_t Count>
    constexpr void number(std::uint32_t value) noexcept
    {
        if (reserve(Count)) {
            for (std::size_t byte = 0; byte < Count; ++byte) {
                memory_[size_ - 1 - byte] = static_cast<std::uint8_t>(value >> (8U * byte));
            }
        }
    }

    std::span<std::uint8_t> memory_;
    std::size_t size_ = 0;
    bool ok_ = true;
};

} // namespace keavrf
