// A process whose program lies so deep that the kernel does not tell its path (readlink(2) of /proc/PID/exe:
// ENAMETOOLONG). It and the folder go with the object.
#pragma once

#include "core/types.hpp"
#include "core/unique_fd.hpp"
#include "unit/kea/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string>

namespace keavrf::test {

class DeepProgram {
public:
    DeepProgram()
    {
        const auto deep = make_folders();
        const UniqueFd program(::open("/bin/sleep", O_RDONLY | O_CLOEXEC));
        {
            const UniqueFd copy(::openat(deep.get(), "sleep", O_WRONLY | O_CREAT | O_CLOEXEC, 0700));
            BOOST_REQUIRE(::copy_file_range(program.get(), nullptr, copy.get(), nullptr, 1U << 24U, 0) > 0);
        }
        pid_ = ::fork();
        if (pid_ == 0) {
            std::array<char, 6> name{"sleep"};
            std::array<char, 4> time{"600"};
            const std::array<char*, 3> arguments{name.data(), time.data(), nullptr};
            (void)!::fchdir(deep.get());
            ::execv("./sleep", arguments.data());
            ::_exit(127);
        }
        BOOST_REQUIRE(pid_ > 0);
        wait_for_program();
    }
    DeepProgram(const DeepProgram&) = delete;
    DeepProgram& operator=(const DeepProgram&) = delete;
    ~DeepProgram()
    {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] ProcessId pid() const { return ProcessId(pid_); }

private:
    [[nodiscard]] UniqueFd make_folders() const
    {
        UniqueFd folder(::open(folder_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        const std::string name(200, 'x');
        for (int depth = 0; depth < 25; ++depth) {
            BOOST_REQUIRE(::mkdirat(folder.get(), name.c_str(), 0700) == 0);
            folder = UniqueFd(::openat(folder.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
            BOOST_REQUIRE(static_cast<bool>(folder));
        }
        return folder;
    }
    void wait_for_program() const
    {
        const auto link = "/proc/" + std::to_string(pid_) + "/exe";
        std::array<char, 4096> text{};
        for (int time = 0; time < 1000; ++time) {
            if (::readlink(link.c_str(), text.data(), text.size()) < 0 && errno == ENAMETOOLONG) {
                return;
            }
            ::usleep(10'000);
        }
        BOOST_FAIL("its path is not too long");
    }

    TemporaryFolder folder_;
    pid_t pid_ = -1;
};

} // namespace keavrf::test
