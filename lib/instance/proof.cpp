#include "instance/proof.hpp"

namespace keavrf::instance {

bool is_of_boot(const Record& record, std::string_view boot)
{
    return record.boot.empty() || boot.empty() || record.boot == boot;
}

bool proves_namespace(const Record& record, NamespaceInode inode, std::uint64_t cookie)
{
    const bool same_cookie = record.cookie == 0 || cookie == 0 || record.cookie == cookie;
    return record.inode == inode && same_cookie;
}

namespace {

// What keeps a Kea that is ours from being gone on with; empty: nothing.
std::string shortcoming(const FoundServer& found, const WantedServer& wanted)
{
    const auto& executable = found.identity.executable;
    if (found.identity.executable_replaced) {
        return "runs a program that has been replaced on disk since";
    }
    if (executable != wanted.binary) {
        return "runs " + executable + ", and the configuration says " + wanted.binary;
    }
    if (found.user && *found.user != wanted.user) {
        return "runs as the user of id " + std::to_string(*found.user) + ", and kea.user is that of id " +
               std::to_string(wanted.user);
    }
    if (!found.on_these_leases) {
        return "works on other leases than those in state-dir " + wanted.state_dir + " (its own stay where they are)";
    }
    return {};
}

} // namespace

Judgement judge_server(const Record& record, const std::optional<FoundServer>& now, bool namespace_proved,
                       const WantedServer& wanted)
{
    if (!record.dhcp4 || !now || now->identity.pid != record.dhcp4->pid ||
        now->identity.start_time != record.dhcp4->start_time) {
        return {};
    }
    const auto& identity = now->identity;
    const auto name = "process " + std::to_string(identity.pid.value()) + " ";
    if (identity.executable != record.dhcp4->executable) {
        return {Claim::foreign, name + "runs " + identity.executable + ", its record says " + record.dhcp4->executable};
    }
    if (!namespace_proved || identity.network_namespace != record.inode) {
        return {Claim::foreign, name + "is in another network namespace than its record says"};
    }
    const auto useless = shortcoming(*now, wanted);
    return useless.empty() ? Judgement{Claim::ours, {}} : Judgement{Claim::useless, name + useless};
}

} // namespace keavrf::instance
