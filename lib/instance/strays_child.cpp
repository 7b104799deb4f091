// The look at who lives in a namespace, by a child of keavrfd: whoever took over a Kea can make it long.
#include "core/unique_fd.hpp"
#include "instance/strays.hpp"
#include "process/privileges.hpp"
#include "process/run.hpp"

#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <linux/capability.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace keavrf::instance {

namespace {

// Thousands of processes with a thousand descriptors each.
constexpr std::chrono::seconds time_limit{10};
// More than a hundred thousand of them.
constexpr std::size_t output_limit = std::size_t{4} << 20U;
// Between two turns of the others.
constexpr std::size_t most_in_a_row = 64;

constexpr char ours = 'o';
constexpr char suspect = 's';

// Of one process: "o17 123456\n", kind, pid, start time.
void append(std::string& text, char kind, const std::vector<process::ProcessIdentity>& processes)
{
    for (const auto& process : processes) {
        text += kind + std::to_string(process.pid.value()) + " " + std::to_string(process.start_time) + "\n";
    }
}

bool say(std::string_view text)
{
    while (!text.empty()) {
        const auto count = ::write(STDOUT_FILENO, text.data(), text.size());
        if (count < 0 && errno != EINTR) {
            return false;
        }
        text.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
    }
    return true;
}

process::SpawnOptions looker(const StrayPlace& place, const std::vector<ProcessId>& inhabitants)
{
    process::SpawnOptions options;
    options.path = "keavrfd-strays";
    options.capabilities = process::capability_bit(CAP_SYS_PTRACE) | process::capability_bit(CAP_DAC_OVERRIDE);
    options.work = [place, inhabitants] {
        const auto strays = find_strays(place, inhabitants);
        if (!strays) {
            static_cast<void>(say(strays.error().message()));
            return strays.error().code().value();
        }
        std::string text;
        append(text, ours, strays->ours);
        append(text, suspect, strays->suspects);
        return say(text) ? 0 : EIO;
    };
    return options;
}

struct Line {
    char kind = 0;
    pid_t pid = 0;
    std::uint64_t start_time = 0;
};

std::optional<Line> parse(std::string_view text)
{
    Line line;
    if (text.empty() || (text.front() != ours && text.front() != suspect)) {
        return std::nullopt;
    }
    line.kind = text.front();
    const auto* const end = text.data() + text.size();
    const auto [behind, error] = std::from_chars(text.data() + 1, end, line.pid);
    if (error != std::errc{} || behind == end || *behind != ' ') {
        return std::nullopt;
    }
    const auto [last, wrong] = std::from_chars(behind + 1, end, line.start_time);
    return wrong == std::errc{} && last == end ? std::optional(line) : std::nullopt;
}

Error cannot_tell(const std::string& why)
{
    return Error("it cannot be told who lives in its namespace: " + why);
}

// What the child saw, as it is now: who has ended since is not among them.
asio::awaitable<Result<Strays>> async_read_strays(std::string said)
{
    const auto executor = co_await asio::this_coro::executor;
    Strays strays;
    std::size_t count = 0;
    std::string_view rest = said;
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        const auto line = parse(rest.substr(0, end));
        if (end == std::string_view::npos || !line) {
            co_return cannot_tell("the child that looked was not understood");
        }
        rest.remove_prefix(end + 1);
        auto process = process::process_identity(ProcessId(line->pid));
        if (!process && !process::is_gone(process.error())) {
            co_return process.error();
        }
        if (process && process->start_time == line->start_time) {
            (line->kind == ours ? strays.ours : strays.suspects).push_back(std::move(*process));
        }
        if (++count % most_in_a_row == 0) {
            co_await asio::post(executor, asio::use_awaitable);
        }
    }
    co_return strays;
}

// What needs no child, and cannot block: who has the lock as its standard input, as every Kea and its kea-lfc. For
// where there is no process to be had, which may be their doing.
asio::awaitable<Result<Strays>> async_find_holders(StrayPlace place, std::vector<ProcessId> inhabitants)
{
    const auto executor = co_await asio::this_coro::executor;
    Strays strays;
    std::size_t count = 0;
    for (const auto pid : inhabitants) {
        auto process = process::process_identity(pid);
        const bool lives_there = process && process->network_namespace == place.name_space;
        const auto holds = lives_there ? holds_lock(pid, place.paths) : Result<bool>(false);
        if (holds && *holds) {
            strays.ours.push_back(std::move(*process));
        }
        if (++count % most_in_a_row == 0) {
            co_await asio::post(executor, asio::use_awaitable);
        }
    }
    co_return strays;
}

// Its exit code is an errno; 125: what it did has thrown (process/spawn.hpp).
Error failure_of(const process::RunResult& ran)
{
    if (ran.status.exited && !ran.truncated && !ran.output.empty()) {
        const boost::system::error_code code(ran.status.code, boost::system::system_category());
        return Error(code, "it cannot be told who lives in its namespace: " + ran.output);
    }
    return cannot_tell(ran.truncated ? "they are too many" : "the child that looks " + ran.status.describe());
}

// One that cannot be ended, since it waits for a file system that somebody has made for it, has no successor.
asio::awaitable<Result<process::RunResult>> async_send_looker(StrayPlace place, std::vector<ProcessId> inhabitants,
                                                              std::shared_ptr<Census> census)
{
    if (census->looker_lives(place.name_space)) {
        co_return Error::from_errno("the child that looked before does not end, not even by SIGKILL",
                                    process::not_ended);
    }
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        co_return Error::from_errno("cannot make a pipe");
    }
    UniqueFd alive(ends[0]);
    const UniqueFd held(ends[1]);
    auto options = looker(place, inhabitants);
    options.standard_input = held.get();
    auto ran = co_await process::async_run(std::move(options), time_limit, output_limit);
    if (!ran && ran.error().is(process::not_ended)) {
        census->remember_looker(place.name_space, std::move(alive));
    }
    co_return ran;
}

} // namespace

asio::awaitable<Result<Strays>> async_find_strays(StrayPlace place, std::shared_ptr<Census> census,
                                                  Clock::time_point not_before)
{
    const auto inhabitants = census->inhabitants(place.name_space, not_before);
    if (!inhabitants || inhabitants->empty()) {
        co_return inhabitants ? Result<Strays>(Strays{}) : Result<Strays>(inhabitants.error());
    }
    const auto ran = co_await async_send_looker(place, *inhabitants, census);
    if (!ran) {
        auto some = co_await async_find_holders(std::move(place), *inhabitants);
        if (some && !some->ours.empty()) {
            co_return some; // who goes on looking until nobody is left is told the truth in the end
        }
        co_return ran.error().in("it cannot be told who lives in its namespace");
    }
    if (!ran->status.success() || ran->truncated) {
        co_return failure_of(*ran);
    }
    auto strays = co_await async_read_strays(ran->output);
    co_return strays;
}

} // namespace keavrf::instance
