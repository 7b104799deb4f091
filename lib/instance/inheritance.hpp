// What an earlier keavrfd left of one instance: proved by the system's own tables (proof.hpp), and cleared away where
// it is of no use.
//
// There are three answers: ours, not ours, and "cannot be told now" (no descriptor is left, no memory; something is
// mounted over the namespace's name, and nobody lives in it). The third is an error here; then nothing of it is
// touched, its record stays, and it is asked again.
#pragma once

#include "config/settings.hpp"
#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/types.hpp"
#include "instance/census.hpp"
#include "instance/record.hpp"
#include "netns/namespace.hpp"
#include "process/identity.hpp"

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

namespace keavrf::instance {

struct Inheritance {
    Record record;
    // None: whether it is ours cannot be told now, or it could not be removed; `undecided` says why.
    std::optional<netns::Namespace> name_space;
    std::string undecided;
    // None: its Kea is gone. `useless`: ours, and to be replaced, with the reason.
    std::optional<process::ProcessIdentity> server;
    std::string useless;
    bool slot_taken = false; // another has it: of no use, once it can be told
};

// Whose it would be.
struct Heir {
    std::shared_ptr<const config::Settings> settings;
    uid_t kea_user = 0; // whom a new Kea would run as
    std::shared_ptr<Census> census;
};

// `fits`: its slot can be had. Nothing: there is nothing to go on with; what was recorded is gone, or was ours and of
// no use (of another prefix, of a slot that another has) and has been removed. What lives in it and is no Kea on
// record, but ours, is ended. An error: cannot be told or done now; the record stays.
asio::awaitable<Result<std::optional<Inheritance>>> async_settle(Record record, bool fits, Heir heir);
// Takes it down; the record goes last, and stays where something else does.
asio::awaitable<Result<void>> async_remove_inheritance(Inheritance inheritance, Heir heir);
// What was written under another runtime-dir or state-dir than that of today.
bool moved(const Record& record, const config::Settings& settings);
// Takes a namespace's name away, if it still has it. Somebody else's is left alone, which is told and no error, but for
// what is only mounted over it (EBUSY).
Result<void> remove_left_name(std::string_view vrf, const std::string& name, NamespaceInode inode);

} // namespace keavrf::instance
