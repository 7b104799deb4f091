// instance.json: what keavrfd writes down of an instance, so that a later keavrfd can prove what is its own. Pure.
//
// It lies in runtime-dir/<vrf>/, and a copy of it in state-dir/.records/, where it outlives a wiped runtime folder;
// both readable and writable by root alone. It is trusted only as far as the system's own tables confirm it: a pid with
// its start time, a namespace with its inode, both of the boot in which it was written.
#pragma once

#include "core/error.hpp"
#include "core/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keavrf::instance {

struct RecordedServer {
    ProcessId pid;
    std::uint64_t start_time = 0; // field 22 of /proc/PID/stat, in clock ticks since boot
    std::string executable;
    std::string configuration_hash; // empty: it may run any
    bool answers_probes = false;    // false: it is not known to (health.hpp)
    bool ready = false;             // false: it was still loading its leases, or nobody knows
    friend bool operator==(const RecordedServer&, const RecordedServer&) = default;
};

struct Record {
    VrfName vrf;
    Slot slot;
    std::string name_space; // its name under /run/netns, or the one it shall get
    NamespaceInode inode;
    std::uint64_t cookie = 0; // netns::cookie_of; 0: unknown
    std::optional<RecordedServer> dhcp4;
    std::string boot; // /proc/sys/kernel/random/boot_id; empty: unknown
    // Of the settings it was written under: with others, something lies there that nobody else would look for. Empty:
    // unknown.
    std::string runtime_dir;
    std::string state_dir;
    friend bool operator==(const Record&, const Record&) = default;
};

std::string to_json(const Record& record);
// The error says what is wrong with the input; the caller knows the file.
Result<Record> parse_record(std::string_view input);

} // namespace keavrf::instance
