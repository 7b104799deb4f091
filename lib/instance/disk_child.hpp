// Internal to lib/instance: the child that tries a disk for its DiskWatch (disk_watch.hpp), again and again.
//
// One for each question would cost every VRF that starts a copy of keavrfd's page tables, and then, in both, one of
// each page that is written: in a guest kernel 30 to 75 ms each. So it stays, waits on a socket, and ends with its
// owner: it sees the other end close, or dies by its parent-death signal.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "process/process.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace keavrf::instance {

class DiskChild {
public:
    // `attempt`: what it does when asked. Nothing is started before the first ask().
    DiskChild(asio::any_io_executor executor, std::function<int()> attempt);
    DiskChild(const DiskChild&) = delete;
    DiskChild& operator=(const DiskChild&) = delete;
    // Kills it, also where it waits for the disk.
    ~DiskChild();

    // Has it try; starts one where none is there, any more or yet, or the one that is was never heard. An error: no
    // child could be made. Throws as process::spawn does.
    Result<void> ask();
    // True: it has tried, or has ended over it, which is all that it will say. False: neither, within the limit. Again
    // after that, until it is true. Throws operation_aborted when cancelled.
    asio::awaitable<bool> async_answered(Clock::duration limit);

private:
    class Running;

    Result<void> start();

    asio::any_io_executor executor_;
    std::function<int()> attempt_;
    std::unique_ptr<Running> running_;
    bool ended_ = false; // it is heard no more
    bool asked_ = false; // and has not answered yet
};

} // namespace keavrf::instance
