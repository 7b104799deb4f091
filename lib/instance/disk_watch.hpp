// Whether a disk that keavrfd itself writes to answers.
//
// A write to a disk that hangs returns when the disk comes back, and nothing of keavrfd would go on until then: no
// packet of any VRF. So whoever is about to write there asks first, and a child tries it: it makes a file in the folder
// and removes it. The child may have to wait for the disk; nobody waits for the child. It is made when it is first
// needed, and stays.
#pragma once

#include "config/settings.hpp"
#include "core/asio.hpp"
#include "core/broadcast.hpp"
#include "core/error.hpp"
#include "core/wakeup.hpp"
#include "instance/disk_child.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace keavrf::instance {

class DiskWatch {
public:
    // `key`: the folder's in the configuration. The folder is there; what is mounted there later is not asked for anew.
    DiskWatch(asio::any_io_executor executor, std::string key, std::string folder);
    // `attempt`: what the child does.
    DiskWatch(asio::any_io_executor executor, std::string key, std::string folder, std::function<int()> attempt);

    // Tries when it is asked, one child at a time. When cancelled it kills the child.
    asio::awaitable<void> run();
    // Success: it is memory, it answered less than 100 ms ago, or does now (also by an error: that is for whoever
    // writes), or no child could be made to try, or run() does not run. ETIMEDOUT: it hangs; told at once as long as it
    // is known to.
    asio::awaitable<Result<void>> async_ask();
    // Called when a disk that has hung answers again; may be empty.
    void on_return(std::function<void()> listener) { on_return_ = std::move(listener); }

private:
    asio::awaitable<void> async_answer_all(DiskChild* child);
    asio::awaitable<void> async_try(DiskChild* child);
    asio::awaitable<void> async_wait_out(DiskChild* child);
    [[nodiscard]] bool answered_lately() const;
    [[nodiscard]] Error hangs() const;

    asio::any_io_executor executor_;
    std::string key_;
    std::string folder_;
    std::function<int()> attempt_; // empty: there is nothing to wait for
    Wakeup asked_;
    Broadcast tried_;
    bool running_ = false;
    std::uint64_t tries_ = 0;
    std::optional<Clock::time_point> answered_;
    std::optional<Clock::time_point> hangs_since_;
    std::function<void()> on_return_;
};

// Those of one keavrfd. A reload cannot change their folders.
struct Disks {
    Disks(const asio::any_io_executor& executor, const config::Settings& settings);

    DiskWatch state;
    DiskWatch logs;
    bool same; // one disk under both
};
// As DiskWatch::async_ask; success too where there is nobody to ask.
asio::awaitable<Result<void>> async_ask_state(std::shared_ptr<Disks> disks);
// Both, one after the other; the one, where it is under both.
asio::awaitable<Result<void>> async_ask_all(std::shared_ptr<Disks> disks);

} // namespace keavrf::instance
