#include "core/slices.hpp"

#include <boost/asio/post.hpp>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

#include <sys/mman.h>
#include <unistd.h>

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace keavrf {

namespace {

// As much as the first thread has, since the same work is done there when keavrfd starts; what is not touched is not
// there.
constexpr std::size_t stack_size = std::size_t{8} << 20U;

// How work that is given up unwinds.
struct GivenUp {};

void* make_stack()
{
    void* const stack = ::mmap(nullptr, stack_size, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (stack == MAP_FAILED) {
        return nullptr;
    }
    if (::mprotect(stack, static_cast<std::size_t>(::getpagesize()), PROT_NONE) != 0) {
        ::munmap(stack, stack_size);
        return nullptr;
    }
    return stack;
}

// Around each change of stacks: before, with the one to come, and after it, on that one.
#ifdef __SANITIZE_ADDRESS__
void before_change(void** fake, const void* bottom, std::size_t size)
{
    __sanitizer_start_switch_fiber(fake, bottom, size);
}

void after_change(void* fake, const void** bottom, std::size_t* size)
{
    __sanitizer_finish_switch_fiber(fake, bottom, size);
}
#else
void before_change(void** /*fake*/, const void* /*bottom*/, std::size_t /*size*/) {}
void after_change(void* /*fake*/, const void** /*bottom*/, std::size_t* /*size*/) {}
#endif

} // namespace

Slices::Slices(SlicedWork work) : work_(std::move(work)), stack_(make_stack())
{
    if (stack_ == nullptr) {
        return;
    }
    if (::getcontext(&inside_) != 0) {
        ::munmap(std::exchange(stack_, nullptr), stack_size);
        return;
    }
    inside_.uc_stack.ss_sp = stack_;
    inside_.uc_stack.ss_size = stack_size;
    // makecontext(3) hands on integers only.
    const auto self = std::bit_cast<std::uint64_t>(this);
    ::makecontext(&inside_, reinterpret_cast<void (*)()>(&Slices::entry), 2, static_cast<unsigned>(self >> 32U),
                  static_cast<unsigned>(self & 0xffffffffU));
}

Slices::~Slices()
{
    if (begun_ && !ended_) {
        given_up_ = true;
        enter();
    }
    if (stack_ != nullptr) {
        ::munmap(stack_, stack_size);
    }
}

bool Slices::run(Clock::duration slice)
{
    if (ended_) {
        return true;
    }
    until_ = Clock::now() + slice;
    begun_ = true;
    if (stack_ != nullptr) {
        enter();
    } else {
        work();
    }
    if (failure_) {
        std::rethrow_exception(std::exchange(failure_, nullptr));
    }
    return ended_;
}

void Slices::entry(unsigned high, unsigned low)
{
    auto* const self = std::bit_cast<Slices*>(std::uint64_t{high} << 32U | std::uint64_t{low});
    after_change(nullptr, &self->outside_bottom_, &self->outside_size_);
    self->work();
    self->leave();
    std::abort(); // nobody enters again
}

void Slices::work()
{
    const Pause pause = [this] { this->pause(); };
    try {
        work_(pause);
    } catch (const GivenUp&) {
    } catch (...) {
        failure_ = std::current_exception();
    }
    ended_ = true;
}

void Slices::pause()
{
    if (stack_ != nullptr && !given_up_ && Clock::now() >= until_) {
        leave();
    }
    if (given_up_) {
        throw GivenUp{};
    }
}

void Slices::enter()
{
    before_change(&outside_fake_, stack_, stack_size);
    ::swapcontext(&outside_, &inside_);
    after_change(outside_fake_, nullptr, nullptr);
}

void Slices::leave()
{
    before_change(ended_ ? nullptr : &inside_fake_, outside_bottom_, outside_size_);
    ::swapcontext(&inside_, &outside_);
    after_change(inside_fake_, &outside_bottom_, &outside_size_);
}

asio::awaitable<void> async_in_slices(SlicedWork work)
{
    const auto executor = co_await asio::this_coro::executor;
    Slices slices(std::move(work));
    bool ended = false;
    while (!ended) {
        // Also before the first slice: many short ones in a row are long too.
        co_await asio::post(executor, asio::use_awaitable);
        ended = slices.run(usual_slice);
    }
}

} // namespace keavrf
