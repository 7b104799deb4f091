#include "instance/namespace_name.hpp"

#include "netns/namespace.hpp"

#include <cerrno>

namespace keavrf::instance {

NameState judge_name(const Result<NamespaceInode>& found, std::optional<NamespaceInode> held)
{
    if (found) {
        return held && *held == *found ? NameState::ours : NameState::taken;
    }
    const auto& error = found.error();
    if (error.is(ENOENT) || error.code() == netns::Problem::stale_file) {
        return NameState::gone;
    }
    // ELOOP: a symbolic link, which is not followed.
    const bool something_else = error.code() == netns::Problem::not_a_network_namespace || error.is(ELOOP);
    return something_else ? NameState::taken : NameState::unknown;
}

std::string describe_taken(std::string_view name, const Result<NamespaceInode>& found)
{
    const auto path = netns::path_of_name(name);
    return found ? path + " is a namespace that is not keavrfd's: it is left alone (remove it with `ip netns delete " +
                       std::string(name) + "`, or set another netns-prefix)"
                 : path + " is no namespace, and not keavrfd's: it is left alone (remove it, or set another "
                          "netns-prefix)";
}

} // namespace keavrf::instance
