#include "kea/log_follower.hpp"

#include "core/log.hpp"
#include "core/unique_fd.hpp"
#include "kea/failure_reason.hpp"
#include "kea/folders.hpp"

#include <boost/asio/post.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace keavrf::kea {

namespace {

constexpr std::size_t turn_bytes = 65536;
constexpr std::uint64_t backlog_limit = 1U << 20U;
constexpr std::size_t line_limit = 16384;
// Polling, because each inotify instance counts against a limit of 128 for all of root's.
constexpr std::chrono::milliseconds first_pause{100};
constexpr std::chrono::milliseconds longest_pause{1000};

void repeat_line(const VrfName& vrf, std::string_view line)
{
    if (line.empty()) {
        return;
    }
    const auto parsed = parse_log_line(line);
    switch (parsed.severity) {
    case LogSeverity::debug:
        log::debug("kea.log", vrf, parsed.message);
        break;
    case LogSeverity::info:
        log::info("kea.log", vrf, parsed.message);
        break;
    case LogSeverity::warning:
        log::warning("kea.log", vrf, parsed.message);
        break;
    case LogSeverity::error:
        log::error("kea.log", vrf, parsed.message);
        break;
    }
}

struct FileNumbers {
    dev_t device = 0;
    ino_t inode = 0;
    std::uint64_t size = 0;
    [[nodiscard]] bool same_file(const FileNumbers& other) const
    {
        return device == other.device && inode == other.inode;
    }
};

FileNumbers numbers_of(int descriptor)
{
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) {
        return {};
    }
    return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size)};
}

} // namespace

// The open file and how far it has been read.
class LogFollower::Tail {
public:
    Tail(VrfName vrf, std::string path) : vrf_(std::move(vrf)), path_(std::move(path)) {}

    void open_at_end()
    {
        if (open()) {
            offset_ = numbers_of(file_.get()).size;
        }
    }

    // One turn; false when there was nothing new.
    bool read_some()
    {
        if (!file_ && !open()) {
            return false;
        }
        skip_backlog();
        std::string chunk(turn_bytes, '\0');
        const auto count = ::pread(file_.get(), chunk.data(), chunk.size(), static_cast<off_t>(offset_));
        if (count <= 0) {
            return follow_rotation();
        }
        offset_ += static_cast<std::uint64_t>(count);
        take(std::string_view(chunk.data(), static_cast<std::size_t>(count)));
        return true;
    }

private:
    bool open()
    {
        auto file = open_plain_file(path_);
        if (!file) {
            return false;
        }
        file_ = std::move(*file);
        offset_ = 0;
        partial_.clear();
        return true;
    }

    void skip_backlog()
    {
        const auto size = numbers_of(file_.get()).size;
        if (size <= offset_ + backlog_limit) {
            return;
        }
        const auto target = size - turn_bytes;
        log::warning("kea.log-skipped", vrf_, "Kea's log grows too fast to be repeated: read the rest in the file",
                     {{"bytes", target - offset_}, {"file", path_}});
        offset_ = target;
        partial_.clear();
        cut_ = true; // the rest of the line that the skip ended in
    }

    // At the end of the file: was it replaced (rotated) or emptied?
    bool follow_rotation()
    {
        const auto current = numbers_of(file_.get());
        if (current.size < offset_) {
            offset_ = 0;
            partial_.clear();
            return current.size > 0;
        }
        auto named = open_plain_file(path_);
        if (!named || numbers_of(named->get()).same_file(current)) {
            return false;
        }
        file_ = std::move(*named);
        offset_ = 0;
        partial_.clear();
        return true;
    }

    void take(std::string_view text)
    {
        for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
            append(text.substr(0, end));
            if (!cut_) {
                repeat_line(vrf_, partial_);
            }
            cut_ = false;
            partial_.clear();
            text.remove_prefix(end + 1);
        }
        append(text);
    }

    void append(std::string_view text)
    {
        partial_ += text.substr(0, line_limit - std::min(line_limit, partial_.size()));
    }

    VrfName vrf_;
    std::string path_;
    UniqueFd file_;
    std::uint64_t offset_ = 0;
    std::string partial_;
    bool cut_ = false;
};

LogFollower::LogFollower(VrfName vrf, std::string folder, std::string file_name)
    : vrf_(std::move(vrf)), folder_(std::move(folder)), file_name_(std::move(file_name))
{
}

asio::awaitable<void> LogFollower::run()
{
    const auto executor = co_await asio::this_coro::executor;
    Tail tail(vrf_, folder_ + "/" + file_name_);
    tail.open_at_end();
    Clock::duration pause = first_pause;
    for (;;) {
        if (tail.read_some()) {
            pause = first_pause;
            co_await asio::post(executor, asio::use_awaitable);
        } else {
            co_await async_sleep(pause);
            pause = std::min<Clock::duration>(2 * pause, longest_pause);
        }
    }
}

} // namespace keavrf::kea
