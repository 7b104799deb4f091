// A disk that does not answer: an ext4 file system on a loop device, frozen by FIFREEZE, so that whoever writes to it
// sleeps where no signal reaches him. Needs a kernel with loop and ext4.
#pragma once

#include "core/unique_fd.hpp"
#include "support/program.hpp"
#include "support/sandbox.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace keavrf::test {

// In place of a folder; thawed and gone with the object, which has to outlive whoever writes there.
class FrozenDisk {
public:
    explicit FrozenDisk(std::string path) : path_(std::move(path))
    {
        const auto image = Sandbox::folder() + "/disk";
        std::filesystem::create_directories(path_);
        succeed({"truncate", "-s", "16M", image});
        succeed({"mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", image});
        succeed({"mount", "-t", "ext4", "-o", "loop", image, path_});
        root_ = UniqueFd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        BOOST_REQUIRE(root_);
    }
    FrozenDisk(const FrozenDisk&) = delete;
    FrozenDisk& operator=(const FrozenDisk&) = delete;
    ~FrozenDisk()
    {
        thaw();
        root_.reset();
        ::umount2(path_.c_str(), MNT_DETACH);
    }
    // False where this kernel has no such disk.
    static bool possible()
    {
        return std::filesystem::exists("/dev/loop-control") &&
               slurp("/proc/filesystems").find("\text4\n") != std::string::npos;
    }
    void freeze()
    {
        // Should this test, too, wait for somebody who sleeps on it.
        thaw_in_the_end_.emplace(std::vector<std::string>{"sh", "-c", "sleep 100; exec fsfreeze --unfreeze " + path_});
        BOOST_REQUIRE(::ioctl(root_.get(), FIFREEZE, 0) == 0);
    }
    void thaw()
    {
        if (thaw_in_the_end_) {
            ::ioctl(root_.get(), FITHAW, 0);
            thaw_in_the_end_.reset();
        }
    }

private:
    static void succeed(const std::vector<std::string>& command)
    {
        const auto finished = run(command);
        BOOST_REQUIRE_MESSAGE(finished.exit_code == 0, command.front() << ": " << finished.errors);
    }

    std::string path_;
    UniqueFd root_;
    std::optional<Program> thaw_in_the_end_; // while it is frozen
};

} // namespace keavrf::test
