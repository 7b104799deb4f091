// Long work on the one thread, in slices, so that the event loop is never held up for longer than one: reading a
// configuration of ten thousand subnets takes a tenth of a second, most of it inside yaml-cpp, which knows of no
// coroutines. So the work has a stack of its own (makecontext(3)), and leaves it in the middle of whatever it does.
//
// What the work does must not depend on the thread's state between two pauses: no rights taken, no namespace entered,
// and no pause in a `catch` block, since the exceptions that are being handled are kept by thread, not by stack.
#pragma once

#include "core/asio.hpp"
#include "core/pause.hpp"

#include <cstddef>
#include <exception>
#include <functional>
#include <ucontext.h>

namespace keavrf {

using SlicedWork = std::function<void(const Pause& pause)>;

class Slices {
public:
    // Where there is no memory for a stack, all of it is one slice.
    explicit Slices(SlicedWork work);
    Slices(const Slices&) = delete;
    Slices& operator=(const Slices&) = delete;
    // Work that has begun and not ended is given up: its pause throws, and it unwinds.
    ~Slices();

    // Goes on with the work, until its first pause after so long. True: it has ended. Throws what it threw.
    bool run(Clock::duration slice);

private:
    static void entry(unsigned high, unsigned low);
    void work();
    void pause();
    void enter();
    void leave();

    SlicedWork work_;
    void* stack_ = nullptr; // the lowest page is a guard
    ucontext_t inside_{};
    ucontext_t outside_{};
    // AddressSanitizer's, which has to be told of each change of stacks.
    void* inside_fake_ = nullptr;
    void* outside_fake_ = nullptr;
    const void* outside_bottom_ = nullptr;
    std::size_t outside_size_ = 0;

    Clock::time_point until_;
    bool begun_ = false;
    bool ended_ = false;
    bool given_up_ = false;
    std::exception_ptr failure_;
};

// Nobody notices that a packet waits for so long, and to change stacks and to ask the kernel for events costs little
// beside it.
inline constexpr std::chrono::milliseconds usual_slice{2};

// All of it, with turns for others before each slice. Throws what it threw; cancelled: it is given up, and this throws
// operation_aborted.
asio::awaitable<void> async_in_slices(SlicedWork work);

} // namespace keavrf
