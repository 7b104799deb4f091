// As PID 1 (or child subreaper) we inherit processes that we did not start, kea-lfc above all: their zombies are ours
// to take. Children of our own (process.hpp) keep their exit status for their pidfd.
#pragma once

#include "core/asio.hpp"

#include <boost/asio/signal_set.hpp>

#include <cstddef>

namespace keavrf::process {

class Reaper {
public:
    // Listens to SIGCHLD from now on, so nothing that dies before run() is missed.
    explicit Reaper(const asio::any_io_executor& executor);

    // Reaps until cancelled. Run it only where orphans come to us: getpid() == 1, or after PR_SET_CHILD_SUBREAPER.
    asio::awaitable<void> run();

    // Takes every zombie that is no Process of ours; returns how many.
    static std::size_t reap_orphans();

private:
    asio::signal_set signals_;
};

} // namespace keavrf::process
