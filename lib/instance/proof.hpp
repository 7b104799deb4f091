// Proof before trust (DESIGN section 7): is what a record names still what it was, and still ours? Pure: what the
// record says and what the system's tables say comes in.
//
// A record alone proves nothing. A namespace is ours where inode and cookie agree; a process where pid and start time
// agree (it is the process of the record), and it runs the program of the record in a namespace that was proved.
#pragma once

#include "instance/record.hpp"
#include "process/identity.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keavrf::instance {

// Whether the record can speak of anything that there is: inodes, cookies and pids are given anew after a boot.
// `boot` empty: the kernel does not tell.
bool is_of_boot(const Record& record, std::string_view boot);

// `cookie`: 0 where the kernel does not tell, then the inode has to suffice.
bool proves_namespace(const Record& record, NamespaceInode inode, std::uint64_t cookie);

enum class Claim {
    gone,    // no such process, or its pid has been given to another: nothing to do with it
    ours,    // go on with it
    useless, // ours, and to be replaced
    foreign, // it may be ours and cannot be proved: left alone, and it may stand in the way
};

struct Judgement {
    Claim claim = Claim::gone;
    std::string why; // of `useless` and `foreign`
    friend bool operator==(const Judgement&, const Judgement&) = default;
};

// What a new Kea would be, by the settings.
struct WantedServer {
    std::string binary;
    uid_t user = 0;
    std::string state_dir;
};

// The process that has the recorded pid.
struct FoundServer {
    process::ProcessIdentity identity;
    std::optional<uid_t> user; // none: the kernel does not tell
    // Its standard input is the lock on the leases of this VRF in the state-dir of the settings.
    bool on_these_leases = true;
};

// `now` empty: there is no such process. The record's namespace has been proved; where it was not, `namespace_proved`
// is false, and no process is.
Judgement judge_server(const Record& record, const std::optional<FoundServer>& now, bool namespace_proved,
                       const WantedServer& wanted);

} // namespace keavrf::instance
