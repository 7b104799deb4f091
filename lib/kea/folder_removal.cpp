#include "kea/folder_removal.hpp"

#include "core/unique_fd.hpp"
#include "process/privileges.hpp"
#include "process/run.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <limits>
#include <memory>
#include <utility>

namespace keavrf::kea {

namespace {

// Kea's own are a handful.
constexpr std::size_t names_at_once = 64;
constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();
// To give back the memory of a large file takes as long as that of many.
constexpr blkcnt_t blocks_at_once = 2048; // of 512 bytes

using Stream = std::unique_ptr<DIR, void (*)(DIR*)>;

Stream open_stream(int parent, const char* name)
{
    UniqueFd folder(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    DIR* stream = folder ? ::fdopendir(folder.get()) : nullptr;
    if (stream != nullptr) {
        (void)folder.release(); // the stream's by now
    }
    return {stream, [](DIR* open) {
                if (open != nullptr) {
                    ::closedir(open);
                }
            }};
}

// The next name in it; null at its end.
const char* next_name(DIR* stream)
{
    // One reader for each stream. NOLINTNEXTLINE(concurrency-mt-unsafe)
    while (const auto* entry = ::readdir(stream)) {
        const char* name = static_cast<const char*>(entry->d_name);
        const std::string_view text(name);
        if (text != "." && text != "..") {
            return name;
        }
    }
    return nullptr;
}

// Folders in folders are moved up to the top before they are emptied, so however deep they are, each name is looked at
// twice at most. Nobody but root can make names in the top folder.
class Removal {
public:
    Removal(std::string path, std::size_t most) : path_(std::move(path)), left_(most), bounded_(most != no_limit) {}

    // False: the bound was reached.
    Result<bool> run()
    {
        bool more = true;
        while (more) {
            const auto top = open_stream(AT_FDCWD, path_.c_str());
            if (!top) {
                return errno == ENOENT ? Result<bool>(true) : failure("cannot open folder " + path_);
            }
            more = false;
            while (const char* name = next_name(top.get())) {
                more = true;
                auto removed = remove(::dirfd(top.get()), name);
                if (!removed || !*removed) {
                    return removed;
                }
            }
        }
        return ::rmdir(path_.c_str()) == 0 || errno == ENOENT ? Result<bool>(true)
                                                              : failure("cannot remove folder " + path_);
    }

private:
    enum class Outcome { gone, full_folder, too_much, failed };

    static Result<bool> failure(const std::string& what) { return Error::from_errno(what); }

    Outcome try_to_remove(int folder, const char* name)
    {
        struct stat status {};
        if (left_ == 0) {
            return Outcome::too_much;
        }
        --left_;
        if (bounded_ && ::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            status.st_blocks > blocks_at_once && S_ISREG(status.st_mode)) {
            return Outcome::too_much;
        }
        if (::unlinkat(folder, name, 0) == 0 || errno == ENOENT) {
            return Outcome::gone;
        }
        if (errno == EISDIR && (::unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT)) {
            return Outcome::gone;
        }
        return errno == ENOTEMPTY || errno == EEXIST ? Outcome::full_folder : Outcome::failed;
    }

    Result<bool> remove(int top, const char* name)
    {
        switch (try_to_remove(top, name)) {
        case Outcome::gone:
            return true;
        case Outcome::too_much:
            return false;
        case Outcome::failed:
            return failure("cannot remove " + path_ + "/" + name);
        case Outcome::full_folder:
            break;
        }
        auto emptied = empty(top, name);
        if (!emptied || !*emptied) {
            return emptied;
        }
        // Somebody may have put something into it meanwhile: the next look finds it.
        const bool gone = ::unlinkat(top, name, AT_REMOVEDIR) == 0 || errno == ENOTEMPTY || errno == ENOENT;
        return gone ? Result<bool>(true) : failure("cannot remove folder " + path_ + "/" + name);
    }

    Result<bool> empty(int top, const char* name)
    {
        const auto stream = open_stream(top, name);
        if (!stream) {
            return errno == ENOENT || errno == ENOTDIR ? Result<bool>(true)
                                                       : failure("cannot open folder " + path_ + "/" + name);
        }
        const int folder = ::dirfd(stream.get());
        while (const char* inner = next_name(stream.get())) {
            const auto outcome = try_to_remove(folder, inner);
            if (outcome == Outcome::too_much) {
                return false;
            }
            if (outcome == Outcome::failed || (outcome == Outcome::full_folder && !move_up(folder, inner, top))) {
                return failure("cannot remove " + path_ + "/" + name + "/" + inner);
            }
        }
        return true;
    }

    bool move_up(int folder, const char* name, int top)
    {
        int moved = -1;
        do {
            const auto new_name = ".removed-" + std::to_string(moved_++);
            moved = ::renameat2(folder, name, top, new_name.c_str(), RENAME_NOREPLACE);
        } while (moved != 0 && errno == EEXIST);
        return moved == 0 || errno == ENOENT;
    }

    std::string path_;
    std::size_t left_; // names that may still be looked at
    bool bounded_;
    std::uint64_t moved_ = 0;
};

process::SpawnOptions child_for(const std::string& path)
{
    process::SpawnOptions options;
    options.path = "keavrfd-remove";
    options.capabilities = process::capability_bit(CAP_DAC_OVERRIDE) | process::capability_bit(CAP_FOWNER);
    options.work = [path] {
        const auto removed = Removal(path, no_limit).run();
        if (!removed) {
            const std::string text = removed.error().message();
            return ::write(STDOUT_FILENO, text.data(), text.size()) < 0 ? 2 : 1;
        }
        return 0;
    };
    return options;
}

} // namespace

Result<bool> remove_small_folder(const std::string& path, std::size_t most)
{
    return Removal(path, most).run();
}

asio::awaitable<Result<void>> async_remove_folder(std::string path, Clock::duration limit)
{
    const auto small = remove_small_folder(path, names_at_once);
    if (!small) {
        co_return small.error();
    }
    if (*small) {
        co_return Result<void>{};
    }
    auto options = child_for(path);
    const auto ran = co_await process::async_run(std::move(options), limit);
    if (!ran && ran.error().is(ETIMEDOUT)) {
        co_return Error::from_errno("cannot remove folder " + path + ", in which too much is", ETIMEDOUT);
    }
    if (!ran) {
        co_return ran.error();
    }
    co_return ran->status.success()
        ? Result<void>()
        : Result<void>(Error(ran->output.empty()
                                 ? "cannot remove folder " + path + ": whoever did it " + ran->status.describe()
                                 : ran->output));
}

} // namespace keavrf::kea
