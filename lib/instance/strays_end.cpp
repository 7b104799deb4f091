// How strays, and a Kea that is of no use, are ended.
#include "core/log.hpp"
#include "instance/strays.hpp"
#include "process/process.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <map>
#include <utility>

namespace keavrf::instance {

namespace {

// From SIGTERM to SIGKILL, and from that until it is given up.
constexpr Clock::duration patience = std::chrono::seconds(1);
constexpr Clock::duration shortest_pause = std::chrono::milliseconds(10);
constexpr Clock::duration longest_pause = std::chrono::milliseconds(160);

// Those that are being ended, each by a handle: its number may be another's by now.
class Ending {
public:
    Ending(asio::any_io_executor executor, VrfName vrf) : executor_(std::move(executor)), vrf_(std::move(vrf)) {}

    // SIGTERM once, later SIGKILL at each call. What keeps one from being signalled comes back.
    Result<void> signal(const std::vector<process::ProcessIdentity>& strays, bool kill)
    {
        Result<void> done;
        for (const auto& stray : strays) {
            const auto news = hold(stray);
            if (!news) {
                done = news.error();
            } else if (const auto known = known_.find(stray.pid); known != known_.end() && (*news || kill)) {
                const auto signalled = known->second.signal(kill ? SIGKILL : SIGTERM);
                done = signalled ? done : signalled;
            }
        }
        return done;
    }
    // Whether there has been anybody.
    [[nodiscard]] bool any() const noexcept { return !known_.empty(); }
    // Until all of them have ended, or the time is over.
    asio::awaitable<void> async_wait(Clock::time_point end) const
    {
        for (auto pause = shortest_pause; runs() && Clock::now() < end; pause = std::min(pause * 2, longest_pause)) {
            co_await async_sleep(std::min(pause, end - Clock::now()));
        }
    }

private:
    // False: it is known already, or has ended meanwhile.
    Result<bool> hold(const process::ProcessIdentity& stray)
    {
        const auto before = known_.find(stray.pid);
        if (before != known_.end() && before->second.running()) {
            return false;
        }
        if (before != known_.end()) {
            known_.erase(before); // another has its number by now
        }
        auto process = process::Process::adopt(executor_, stray);
        if (!process) {
            return process::is_gone(process.error()) ? Result<bool>(false) : process.error();
        }
        log::info("remnant.stopped", vrf_, "ends a process that an earlier Kea, or keavrfd, has left behind",
                  {{"pid", stray.pid.value()}, {"program", stray.executable}});
        known_.emplace(stray.pid, std::move(*process));
        return true;
    }
    [[nodiscard]] bool runs() const
    {
        return std::any_of(known_.begin(), known_.end(), [](const auto& entry) { return entry.second.running(); });
    }

    asio::any_io_executor executor_;
    VrfName vrf_;
    std::map<ProcessId, process::Process> known_;
};

// Many may want to know at once: those who wait for the same look share it.
asio::awaitable<void> async_wait_for_look(std::shared_ptr<Census> census, Clock::time_point not_before)
{
    const auto now = Clock::now();
    if (!census->knows(not_before) && census->next_look() > now) {
        co_await async_sleep(census->next_look() - now);
    }
}

} // namespace

asio::awaitable<Result<bool>> async_end_strays(StrayPlace place, std::shared_ptr<Census> census,
                                               Clock::time_point not_before)
{
    const auto executor = co_await asio::this_coro::executor;
    const auto patience_ends = Clock::now() + patience;
    Ending ending(executor, place.vrf);
    while (true) {
        co_await async_wait_for_look(census, not_before);
        const auto strays = find_strays(place, *census, not_before);
        if (!strays) {
            co_return strays.error();
        }
        if (strays->ours.empty()) {
            co_return ending.any();
        }
        const auto now = Clock::now();
        if (now >= patience_ends + patience) {
            co_return Error::from_errno(name_all(strays->ours) + " in its namespace does not end", ETIMEDOUT);
        }
        const bool kill = now >= patience_ends;
        const auto signalled = ending.signal(strays->ours, kill);
        if (!signalled) {
            co_return signalled.error();
        }
        co_await ending.async_wait(kill ? patience_ends + patience : patience_ends);
        not_before = Clock::now(); // they may have left others
    }
}

asio::awaitable<Result<void>> async_stop_server(VrfName vrf, process::ProcessIdentity identity, Clock::duration limit)
{
    const auto executor = co_await asio::this_coro::executor;
    auto process = process::Process::adopt(executor, identity);
    if (!process) {
        const bool gone = process::is_gone(process.error());
        co_return gone ? Result<void>() : Result<void>(process.error());
    }
    const auto status = co_await process->async_stop(limit);
    if (!status.ended) {
        co_return Error::from_errno("kea-dhcp4, process " + std::to_string(identity.pid.value()) + ", does not end",
                                    ETIMEDOUT);
    }
    log::info("remnant.stopped", vrf, "stopped the Kea of an earlier keavrfd",
              {{"pid", identity.pid.value()}, {"ended", status.ended}});
    co_return Result<void>();
}

} // namespace keavrf::instance
