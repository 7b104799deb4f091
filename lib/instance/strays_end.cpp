// How strays, and a Kea that is of no use, are ended.
#include "core/log.hpp"
#include "instance/strays.hpp"
#include "process/process.hpp"

#include <boost/asio/post.hpp>

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
// Between two turns of the others.
constexpr std::size_t most_in_a_row = 64;
// Of one another in the log.
constexpr std::size_t most_told = 16;

// Those that are being ended, each by a handle: its number may be another's by now.
class Ending {
public:
    Ending(asio::any_io_executor executor, VrfName vrf) : executor_(std::move(executor)), vrf_(std::move(vrf)) {}

    // SIGTERM once, later SIGKILL at each call. What keeps one from being signalled keeps none of the others, and comes
    // back. With turns for others between them.
    asio::awaitable<Result<void>> async_signal(std::vector<process::ProcessIdentity> strays, bool kill)
    {
        Result<void> done;
        std::erase_if(held_, [](const auto& entry) { return !entry.second.running(); });
        std::size_t count = 0;
        for (const auto& stray : strays) {
            const auto signalled = signal(stray, kill);
            done = signalled ? done : signalled;
            if (++count % most_in_a_row == 0) {
                co_await asio::post(executor_, asio::use_awaitable);
            }
        }
        all_held_ = held_.size() >= strays.size();
        co_return done;
    }
    // Whether there has been anybody.
    [[nodiscard]] bool any() const noexcept { return !told_.empty(); }
    // Until all of them have ended, or the time is over; where not all are held, for a while.
    asio::awaitable<void> async_wait(Clock::time_point end) const
    {
        auto pause = all_held_ ? shortest_pause : longest_pause;
        bool waited = all_held_;
        while ((!waited || runs()) && Clock::now() < end) {
            co_await async_sleep(std::min(pause, end - Clock::now()));
            pause = std::min(pause * 2, longest_pause);
            waited = true;
        }
    }

private:
    using Name = std::pair<ProcessId, std::uint64_t>; // and start time

    Result<void> signal(const process::ProcessIdentity& stray, bool kill)
    {
        const Name name(stray.pid, stray.start_time);
        const bool news = !told_.contains(name);
        const auto before = held_.find(name);
        if (before != held_.end()) {
            return kill ? before->second.signal(SIGKILL) : Result<void>();
        }
        if (!news && !kill && held_.size() >= most_held) {
            return {};
        }
        auto process = process::Process::adopt(executor_, stray);
        if (!process) {
            return process::is_gone(process.error()) ? Result<void>() : process.error();
        }
        if (news) {
            tell(stray);
            told_.insert(name);
        }
        auto signalled = kill ? process->signal(SIGKILL) : news ? process->signal(SIGTERM) : Result<void>();
        if (held_.size() < most_held) {
            held_.emplace(name, std::move(*process));
        }
        return signalled;
    }
    void tell(const process::ProcessIdentity& stray) const
    {
        if (told_.size() < most_told) {
            log::info("remnant.stopped", vrf_, "ends a process that an earlier Kea, or keavrfd, has left behind",
                      {{"pid", stray.pid.value()}, {"program", stray.executable}});
        } else if (told_.size() == most_told) {
            log::info("remnant.stopped", vrf_, "and ends more such processes");
        }
    }
    [[nodiscard]] bool runs() const
    {
        return std::any_of(held_.begin(), held_.end(), [](const auto& entry) { return entry.second.running(); });
    }

    asio::any_io_executor executor_;
    VrfName vrf_;
    std::set<Name> told_;
    std::map<Name, process::Process> held_;
    bool all_held_ = true;
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
    Ending ending(executor, place.vrf);
    // Each stage begins with its signals, however long it took to see to whom.
    std::optional<Clock::time_point> stage_ends;
    bool kill = false;
    std::optional<Error> trouble;
    while (true) {
        co_await async_wait_for_look(census, not_before);
        auto strays = co_await async_find_strays(place, census, not_before);
        if (!strays) {
            co_return strays.error();
        }
        if (strays->ours.empty()) {
            co_return ending.any();
        }
        const auto now = Clock::now();
        const bool over = stage_ends && now >= *stage_ends;
        if (over && kill) {
            co_return trouble.value_or(
                Error::from_errno(name_all(strays->ours) + " in its namespace does not end", ETIMEDOUT));
        }
        kill = kill || over;
        if (over || !stage_ends) {
            stage_ends = now + patience;
        }
        const auto signalled = co_await ending.async_signal(std::move(strays->ours), kill);
        trouble = signalled ? std::nullopt : std::optional(signalled.error());
        co_await ending.async_wait(*stage_ends);
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
