#include "kea/reply_budget.hpp"

#include <algorithm>
#include <array>
#include <new>

namespace keavrf::kea {

namespace {

constexpr std::size_t operator""_kib(unsigned long long count)
{
    return static_cast<std::size_t>(count) << 10U;
}

// A sentence, at most one that names what is wrong with a configuration.
constexpr std::array<std::string_view, 3> with_short_answers{"status-get", "config-test", "config-set"};
constexpr ReplyBudget short_answer{64_kib, 1024_kib};
// Kea 2.2 counts eight things in each subnet, and keeps the last twenty values of each: 1,000 subnets take up to 2 MB.
// A page of 1,000 leases takes 0.3 MB.
constexpr std::array<std::string_view, 2> with_long_answers{"statistic-get-all", "lease4-get-page"};
constexpr ReplyBudget long_answer{4096_kib, 16384_kib};
// What an operator typed: the configuration of 1,000 subnets takes 1.2 MB.
constexpr ReplyBudget any_answer{16384_kib, 65536_kib};

// What glibc's malloc takes for a piece.
constexpr std::size_t taken_for(std::size_t size)
{
    constexpr std::size_t smallest = 32;
    constexpr std::size_t header = 8;
    constexpr std::size_t step = 16;
    return std::max(smallest, (size + header + step - 1) / step * step);
}

// Boost.JSON frees its strings with another alignment than it asked for; both are ordinary ones.
constexpr bool ordinary(std::size_t alignment)
{
    return alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__;
}

} // namespace

ReplyBudget reply_budget(std::string_view command) noexcept
{
    const auto is_one_of = [command](const auto& names) {
        return std::find(names.begin(), names.end(), command) != names.end();
    };
    if (is_one_of(with_short_answers)) {
        return short_answer;
    }
    return is_one_of(with_long_answers) ? long_answer : any_answer;
}

void* BoundedMemory::do_allocate(std::size_t size, std::size_t alignment)
{
    const auto taken = allowance_->bounded ? taken_for(size) : 0;
    if (taken > allowance_->left) {
        throw std::bad_alloc();
    }
    auto* memory = ordinary(alignment) ? ::operator new(size) : ::operator new(size, std::align_val_t(alignment));
    allowance_->left -= taken;
    return memory;
}

void BoundedMemory::do_deallocate(void* memory, std::size_t size, std::size_t alignment)
{
    ordinary(alignment) ? ::operator delete(memory) : ::operator delete(memory, std::align_val_t(alignment));
    allowance_->left += allowance_->bounded ? taken_for(size) : 0;
}

} // namespace keavrf::kea
