// How strays, and a Kea that is of no use, are ended.
#include "core/log.hpp"
#include "instance/strays.hpp"
#include "process/process.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace keavrf::instance {

namespace {

// From SIGTERM to SIGKILL, and from that until it is given up.
constexpr Clock::duration patience = std::chrono::seconds(1);
constexpr Clock::duration shortest_pause = std::chrono::milliseconds(10);
constexpr Clock::duration longest_pause = std::chrono::milliseconds(160);

// As many are waited for by a handle; whoever took over a Kea can have more processes than keavrfd has descriptors.
constexpr std::size_t most_held = 64;

// Those that are being ended, each by a handle: its number may be another's by now.
class Ending {
public:
    Ending(asio::any_io_executor executor, VrfName vrf) : executor_(std::move(executor)), vrf_(std::move(vrf)) {}

    // SIGTERM once, later SIGKILL at each call. What keeps one from being signalled keeps none of the others, and comes
    // back.
    Result<void> signal(const std::vector<process::ProcessIdentity>& strays, bool kill)
    {
        Result<void> done;
        std::erase_if(held_, [](const auto& entry) { return !entry.second.running(); });
        for (const auto& stray : strays) {
            const auto signalled = signal(stray, kill);
            done = signalled ? done : signalled;
        }
        return done;
    }
    // Whether there has been anybody.
    [[nodiscard]] bool any() const noexcept { return !told_.empty(); }
    // Until all of them that are held have ended, or the time is over.
    asio::awaitable<void> async_wait(Clock::time_point end) const
    {
        for (auto pause = shortest_pause; runs() && Clock::now() < end; pause = std::min(pause * 2, longest_pause)) {
            co_await async_sleep(std::min(pause, end - Clock::now()));
        }
    }

private:
    using Name = std::pair<ProcessId, std::uint64_t>; // and start time

    Result<void> signal(const process::ProcessIdentity& stray, bool kill)
    {
        const Name name(stray.pid, stray.start_time);
        const bool news = !told_.contains(name);
        if (!news && !kill) {
            return {};
        }
        const auto before = held_.find(name);
        if (before != held_.end()) {
            return before->second.signal(SIGKILL);
        }
        auto process = process::Process::adopt(executor_, stray);
        if (!process) {
            return process::is_gone(process.error()) ? Result<void>() : process.error();
        }
        if (news) {
            log::info("remnant.stopped", vrf_, "ends a process that an earlier Kea, or keavrfd, has left behind",
                      {{"pid", stray.pid.value()}, {"program", stray.executable}});
            told_.insert(name);
        }
        auto signalled = process->signal(kill ? SIGKILL : SIGTERM);
        if (held_.size() < most_held) {
            held_.emplace(name, std::move(*process));
        }
        return signalled;
    }
    [[nodiscard]] bool runs() const
    {
        return std::any_of(held_.begin(), held_.end(), [](const auto& entry) { return entry.second.running(); });
    }

    asio::any_io_executor executor_;
    VrfName vrf_;
    std::set<Name> told_;
    std::map<Name, process::Process> held_;
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
    std::optional<Clock::time_point> patience_ends;
    Ending ending(executor, place.vrf);
    std::optional<Error> trouble;
    while (true) {
        co_await async_wait_for_look(census, not_before);
        const auto strays = co_await async_find_strays(place, census, not_before);
        if (!strays) {
            co_return strays.error();
        }
        if (strays->ours.empty()) {
            co_return ending.any();
        }
        const auto now = Clock::now();
        patience_ends = patience_ends.value_or(now + patience); // the first look may have taken its time
        if (now >= *patience_ends + patience) {
            co_return trouble.value_or(
                Error::from_errno(name_all(strays->ours) + " in its namespace does not end", ETIMEDOUT));
        }
        const bool kill = now >= *patience_ends;
        const auto signalled = ending.signal(strays->ours, kill);
        trouble = signalled ? std::nullopt : std::optional(signalled.error());
        co_await ending.async_wait(kill ? *patience_ends + patience : *patience_ends);
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
