// Internal to lib/kea: who has a file open, for messages. Looks at every descriptor of the host, so it is for what
// keeps a Kea from starting, and for nothing that happens often.
#pragma once

#include "core/asio.hpp"

#include <string>

namespace keavrf::kea {

enum class Access { any, writing };

// "pid 17 (/usr/sbin/kea-dhcp4), pid 18 (/usr/bin/vi)": the first few, control characters escaped. Empty: nobody whom
// we can see (who is in another PID namespace is not), or no plain file. Blocks.
std::string users_of(const std::string& path, Access access = Access::any);
// The same by a child of ours, so that nobody waits for it: with a thousand Keas these are ten thousands of
// descriptors. Never empty: where it finds nobody, or not within ten seconds, "a process that cannot be seen from
// here". Cancelled: the child is killed.
asio::awaitable<std::string> async_users_of(std::string path, Access access);

} // namespace keavrf::kea
