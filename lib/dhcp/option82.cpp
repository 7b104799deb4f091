#include "dhcp/option82.hpp"

#include <algorithm>

namespace keavrf::dhcp {

std::optional<SubOption> SubOptionReader::next() noexcept
{
    const auto left = option_.size() - position_;
    if (left < 2 || left - 2 < option_[position_ + 1]) {
        return std::nullopt;
    }
    SubOption found;
    found.code = option_[position_];
    found.offset = position_;
    found.value = option_.subspan(position_ + 2, option_[position_ + 1]);
    position_ += 2 + found.value.size();
    return found;
}

std::optional<std::span<const std::uint8_t>> find_sub_option(std::span<const std::uint8_t> option,
                                                             std::uint8_t code) noexcept
{
    SubOptionReader reader(option);
    while (const auto found = reader.next()) {
        if (found->code == code) {
            return found->value;
        }
    }
    return std::nullopt;
}

void SubOptionWriter::add(std::uint8_t code, std::span<const std::uint8_t> value) noexcept
{
    ok_ = ok_ && value.size() + 2 <= memory_.size() - size_;
    if (ok_) {
        memory_[size_] = code;
        memory_[size_ + 1] = static_cast<std::uint8_t>(value.size());
        std::copy(value.begin(), value.end(), memory_.begin() + static_cast<std::ptrdiff_t>(size_ + 2));
        size_ += 2 + value.size();
    }
}

void SubOptionWriter::add(std::uint8_t code, std::string_view value) noexcept
{
    add(code, std::span(reinterpret_cast<const std::uint8_t*>(value.data()), value.size()));
}

void SubOptionWriter::add(std::uint8_t code, std::uint32_t value) noexcept
{
    const std::array<std::uint8_t, 4> bytes{static_cast<std::uint8_t>(value >> 24U),
                                            static_cast<std::uint8_t>(value >> 16U),
                                            static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value)};
    add(code, std::span<const std::uint8_t>(bytes));
}

void SubOptionWriter::append(std::span<const std::uint8_t> sub_options) noexcept
{
    ok_ = ok_ && sub_options.size() <= memory_.size() - size_;
    if (ok_) {
        std::copy(sub_options.begin(), sub_options.end(), memory_.begin() + static_cast<std::ptrdiff_t>(size_));
        size_ += sub_options.size();
    }
}

} // namespace keavrf::dhcp
