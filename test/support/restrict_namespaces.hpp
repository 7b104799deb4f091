// The filter that systemd 252 makes of RestrictNamespaces=net (src/shared/seccomp-util.c, seccomp_restrict_namespaces):
// no namespace but a network namespace is made or entered, and clone3(2), whose flags no filter can see, is not there.
#pragma once

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>

namespace keavrf::test {

// For this process and what it executes, for good. False where the kernel refuses. On x86-64.
inline bool restrict_namespaces()
{
    constexpr unsigned forbidden =
        CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID;
    constexpr unsigned number = offsetof(seccomp_data, nr);
    constexpr unsigned first = offsetof(seccomp_data, args);
    constexpr unsigned second = first + sizeof(seccomp_data::args[0]);
    constexpr auto load = [](unsigned offset) { return sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offset}; };
    // Skips so many instructions where it is so, and so many where not.
    constexpr auto equal = [](unsigned value, unsigned char yes, unsigned char no) {
        return sock_filter{BPF_JMP | BPF_JEQ | BPF_K, yes, no, value};
    };
    constexpr auto any_bit = [](unsigned bits, unsigned char yes, unsigned char no) {
        return sock_filter{BPF_JMP | BPF_JSET | BPF_K, yes, no, bits};
    };
    constexpr auto end = [](unsigned action) { return sock_filter{BPF_RET | BPF_K, 0, 0, action}; };
    // clang-format off
    std::array filter{
        load(number),
        equal(SYS_clone3, 0, 1),
        end(SECCOMP_RET_ERRNO | ENOSYS),
        equal(SYS_clone, 5, 0),
        equal(SYS_unshare, 4, 0),
        equal(SYS_setns, 0, 6),
        load(second), // setns without a type may enter anything
        equal(0, 3, 0),
        any_bit(forbidden, 2, 3),
        load(first),
        any_bit(forbidden, 0, 1),
        end(SECCOMP_RET_ERRNO | EPERM),
        end(SECCOMP_RET_ALLOW)};
    // clang-format on
    const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

} // namespace keavrf::test
