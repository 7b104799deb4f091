// Visits another network namespace for the length of a C++ scope: enter, make what must be made there (a socket keeps
// the namespace it was created in), come back. It changes the calling thread, so no co_await may stand inside: use it
// in plain functions only. netns/scoped_enter.hpp is the comfortable form.
//
// Failing to enter is an Error. Failing to come back is fatal: everything that the daemon did afterwards would happen
// in the wrong namespace, so it aborts with a message.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <fcntl.h>
#include <sched.h>

#include <cstdio>
#include <cstdlib>

namespace keavrf {

// The calling thread's network namespace.
inline Result<UniqueFd> open_current_namespace()
{
    UniqueFd current(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!current) {
        const auto error = Error::from_errno("cannot open /proc/thread-self/ns/net");
        return error.is(ENOENT) ? error.hint("is /proc mounted?") : error;
    }
    return current;
}

class NamespaceScope {
public:
    // Borrows the descriptor for the length of the call.
    static Result<NamespaceScope> enter(int namespace_fd)
    {
        auto home = open_current_namespace();
        if (!home) {
            return home.error();
        }
        if (::setns(namespace_fd, CLONE_NEWNET) != 0) {
            return Error::from_errno("cannot enter the network namespace");
        }
        return NamespaceScope(std::move(*home));
    }

    NamespaceScope(NamespaceScope&&) noexcept = default;
    NamespaceScope& operator=(NamespaceScope&&) = delete;
    NamespaceScope(const NamespaceScope&) = delete;
    NamespaceScope& operator=(const NamespaceScope&) = delete;
    ~NamespaceScope()
    {
        if (home_ && ::setns(home_.get(), CLONE_NEWNET) != 0) {
            std::perror("keavrfd: fatal: cannot return to the own network namespace");
            std::abort();
        }
    }

private:
    explicit NamespaceScope(UniqueFd home) noexcept : home_(std::move(home)) {}

    UniqueFd home_;
};

} // namespace keavrf
