// Memory that is refused when a test says so. It replaces the program's operator new, and what Asio allocates by: to be
// included by one source of a test program.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <optional>

namespace keavrf::test {

// How many more allocations succeed before one fails; nothing: none fails.
inline std::optional<int> allocations_left;

// While it lives, one allocation fails. Not all from there on: what Asio destroys a coroutine by allocates too, and
// where it cannot, the program ends.
class FailingMemory {
public:
    explicit FailingMemory(int after) { allocations_left = after; }
    FailingMemory(const FailingMemory&) = delete;
    FailingMemory& operator=(const FailingMemory&) = delete;
    ~FailingMemory() { allocations_left.reset(); }
};

inline bool refuses_memory()
{
    return allocations_left && (*allocations_left)-- == 0;
}

} // namespace keavrf::test

void* operator new(std::size_t size)
{
    void* memory = keavrf::test::refuses_memory() ? nullptr : std::malloc(size > 0 ? size : 1);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}

// Of std::stable_sort; a sanitizer's own would not go with the delete below.
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept
{
    return keavrf::test::refuses_memory() ? nullptr : std::malloc(size > 0 ? size : 1);
}

void operator delete(void* memory) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept
{
    std::free(memory);
}

// Asio's.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept
{
    void* memory = nullptr;
    const auto least = std::max(alignment, sizeof(void*));
    return !keavrf::test::refuses_memory() && ::posix_memalign(&memory, least, size) == 0 ? memory : nullptr;
}
