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

Judgement judge_server(const Record& record, const std::optional<process::ProcessIdentity>& now, bool namespace_proved,
                       const std::string& binary)
{
    if (!record.dhcp4 || !now || now->pid != record.dhcp4->pid || now->start_time != record.dhcp4->start_time) {
        return {};
    }
    const auto name = "process " + std::to_string(now->pid.value()) + " ";
    if (now->executable != record.dhcp4->executable) {
        return {Claim::foreign, name + "runs " + now->executable + ", its record says " + record.dhcp4->executable};
    }
    if (!namespace_proved || now->network_namespace != record.inode) {
        return {Claim::foreign, name + "is in another network namespace than its record says"};
    }
    if (now->executable_replaced) {
        return {Claim::useless, name + "runs a program that has been replaced on disk since"};
    }
    if (now->executable != binary) {
        return {Claim::useless, name + "runs " + now->executable + ", and the configuration says " + binary};
    }
    return {Claim::ours, {}};
}

} // namespace keavrf::instance
