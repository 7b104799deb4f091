// A disk that can be full, read-only or gone without harm to any other.
#pragma once

#include <boost/test/unit_test.hpp>

#include <sys/mount.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace keavrf::test {

// A file system of its own in place of a folder; gone with the object.
class OwnDisk {
public:
    OwnDisk(std::string path, const char* options, unsigned long flags = 0) : path_(std::move(path))
    {
        std::filesystem::create_directories(path_);
        const auto all = std::string("mode=755,") + options; // keavrfd works in no folder that everybody can write
        BOOST_REQUIRE(::mount("tmpfs", path_.c_str(), "tmpfs", flags, all.c_str()) == 0);
    }
    OwnDisk(const OwnDisk&) = delete;
    OwnDisk& operator=(const OwnDisk&) = delete;
    ~OwnDisk() { mend(); }
    void mend()
    {
        if (!std::exchange(mended_, true)) {
            ::umount2(path_.c_str(), MNT_DETACH);
        }
    }
    void fill() const
    {
        std::ofstream file(path_ + "/filler");
        const std::string block(64, 'x');
        while (file.write(block.data(), 64).flush()) {
        }
    }
    void empty() const { std::filesystem::remove(path_ + "/filler"); }

private:
    std::string path_;
    bool mended_ = false;
};

} // namespace keavrf::test
