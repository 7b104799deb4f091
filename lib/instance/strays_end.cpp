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

// SIGTERM once, later SIGKILL at each call. What keeps one from being signalled comes back.
Result<void> signal_strays(const asio::any_io_executor& executor, const StrayPlace& place,
                           const std::vector<process::ProcessIdentity>& strays, bool kill,
                           std::map<ProcessId, process::Process>& known)
{
    Result<void> done;
    for (const auto& stray : strays) {
        const auto before = known.find(stray.pid);
        if (before != known.end() && !before->second.running()) {
            known.erase(before); // another has its number by now
        }
        const bool news = !known.contains(stray.pid);
        if (news) {
            auto process = process::Process::adopt(executor, stray);
            if (!process && !process::is_gone(process.error())) {
                done = process.error();
            }
            if (!process) {
                continue;
            }
            log::info("remnant.stopped", place.vrf, "ends a process that an earlier Kea, or keavrfd, has left behind",
                      {{"pid", stray.pid.value()}, {"program", stray.executable}});
            known.emplace(stray.pid, std::move(*process));
        }
        if (news || kill) {
            const auto signalled = known.at(stray.pid).signal(kill ? SIGKILL : SIGTERM);
            done = signalled ? done : signalled;
        }
    }
    return done;
}

// Until all of them have ended, or the time is over.
asio::awaitable<void> async_wait_for_end(const std::map<ProcessId, process::Process>* known, Clock::time_point end)
{
    for (auto pause = shortest_pause; Clock::now() < end; pause = std::min(pause * 2, longest_pause)) {
        const bool runs =
            std::any_of(known->begin(), known->end(), [](const auto& entry) { return entry.second.running(); });
        if (!runs) {
            co_return;
        }
        co_await async_sleep(std::min(pause, end - Clock::now()));
    }
}

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
    std::map<ProcessId, process::Process> known;
    while (true) {
        co_await async_wait_for_look(census, not_before);
        const auto strays = find_strays(place, *census, not_before);
        if (!strays) {
            co_return strays.error();
        }
        if (strays->ours.empty()) {
            co_return !known.empty();
        }
        const auto now = Clock::now();
        if (now >= patience_ends + patience) {
            co_return Error::from_errno(name_all(strays->ours) + " in its namespace does not end", ETIMEDOUT);
        }
        const bool kill = now >= patience_ends;
        const auto signalled = signal_strays(executor, place, strays->ours, kill, known);
        if (!signalled) {
            co_return signalled.error();
        }
        const auto end = kill ? patience_ends + patience : patience_ends;
        co_await async_wait_for_end(&known, end);
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
