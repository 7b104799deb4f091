// Network namespaces with names, as iproute2 has them: a name is a file in /run/netns on which the namespace is
// mounted, so `ip netns list` and `ip netns exec NAME` see ours and we see theirs (man 8 ip-netns).
//
// Everything here is synchronous and quick, and belongs to the one thread of the program. create() visits the new
// namespace and comes back; failing to come back aborts.
#pragma once

#include "core/error.hpp"
#include "core/types.hpp"
#include "core/unique_fd.hpp"

#include <boost/system/error_category.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace keavrf::netns {

inline constexpr const char* directory = "/run/netns";

// What error codes cannot say otherwise; everything else carries an errno (ENOENT, EEXIST, EPERM, ...).
enum class Problem {
    stale_file = 1,          // a plain file without a namespace on it: left by a crash, or by a lost mount
    not_a_network_namespace, // something else entirely
    foreign,                 // a namespace, but not the one expected
};
boost::system::error_code make_error_code(Problem problem) noexcept;

// Holding the descriptor keeps the namespace alive, and its inode number its own.
struct Namespace {
    std::string name;
    UniqueFd fd;
    NamespaceInode inode;
    // False where /run/netns cannot be mounted: held by the descriptor alone, and it dies with it.
    bool named = true;
    std::string unnamed_because; // for the log
};

// A new namespace. EEXIST where the name is taken, be it by a namespace or by a stale file.
Result<Namespace> create(std::string_view name);
// A new namespace without a name, held by the descriptor alone: for a moment's use, or until assign_name().
Result<Namespace> create_unnamed();
// Mounts the name on it; EEXIST where it is taken. Where nothing can be mounted here (a tight container) this succeeds
// too, with `named` false and the reason in `unnamed_because`.
Result<void> assign_name(Namespace& name_space, std::string_view name);
// The namespace of a live process, by what proc(5) shows of it or of one of its threads, under no name. Another user's
// needs CAP_SYS_PTRACE.
Result<Namespace> open_of_process(const std::string& proc_folder);
// An existing one. ENOENT; Problem::stale_file; Problem::not_a_network_namespace.
Result<Namespace> open(std::string_view name);
// Takes the name away from the namespace with this inode, and from no other: Problem::foreign. The namespace itself
// lives on while anything (a process, a descriptor) uses it.
Result<void> remove(std::string_view name, NamespaceInode expected);
// Removes a file that open() calls stale, if it is empty; anything else is refused.
Result<void> remove_stale_file(std::string_view name);

// A number that no other namespace gets until the next boot, while inode numbers are given anew (SO_NETNS_COOKIE, Linux
// 5.14); 0 where the kernel does not tell.
Result<std::uint64_t> cookie_of(int namespace_fd);

// The calling thread's namespace, under no name.
Result<Namespace> current();
// Problem::not_a_network_namespace where the descriptor is something else.
Result<NamespaceInode> inode_of(int namespace_fd);

struct Entry {
    std::string name;
    bool stale = false;   // a file without a namespace
    NamespaceInode inode; // 0 where stale
    friend bool operator==(const Entry&, const Entry&) = default;
};
// What /run/netns holds under this prefix, by name; empty where there is no such folder. Other things than namespaces
// and plain files are left out.
Result<std::vector<Entry>> list(std::string_view prefix);

// "/run/netns/NAME".
std::string path_of_name(std::string_view name);
// What says that it is none (EINVAL).
Error invalid_name(std::string_view name);
// One path component: not empty, not "." or "..", no '/', no NUL, 255 bytes at most.
bool valid_name(std::string_view name) noexcept;

} // namespace keavrf::netns

template <>
struct boost::system::is_error_code_enum<keavrf::netns::Problem> : std::true_type {
};
