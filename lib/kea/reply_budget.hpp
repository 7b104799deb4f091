// What an answer of Kea's may cost, by the command it answers. A Kea that was taken over may say anything for ever, and
// a text of two bytes a value becomes eight times its size as JSON values: so text and memory have limits of their own.
// Pure.
#pragma once

#include <boost/json/memory_resource.hpp>

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace keavrf::kea {

struct ReplyBudget {
    std::size_t text;   // bytes on the wire
    std::size_t memory; // bytes allocated while it is read, and by what was read
};

// Small for what is a sentence or a short list, large for what only an operator asks (config-get, all leases).
ReplyBudget reply_budget(std::string_view command) noexcept;

// How much memory may still be taken; shared by whoever reads and what was read.
struct MemoryAllowance {
    std::size_t left = 0;
    // False once all has been read: whoever goes on working with the values is not a stranger.
    bool bounded = true;
};

// Memory up to an allowance; beyond it std::bad_alloc. Counted as the allocator takes it, with what it adds to each
// piece.
class BoundedMemory final : public boost::json::memory_resource {
public:
    explicit BoundedMemory(std::shared_ptr<MemoryAllowance> allowance) noexcept : allowance_(std::move(allowance)) {}
    BoundedMemory(const BoundedMemory&) = delete;
    BoundedMemory& operator=(const BoundedMemory&) = delete;
    ~BoundedMemory() override = default;

private:
    void* do_allocate(std::size_t size, std::size_t alignment) override;
    void do_deallocate(void* memory, std::size_t size, std::size_t alignment) override;
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

    std::shared_ptr<MemoryAllowance> allowance_;
};

} // namespace keavrf::kea
