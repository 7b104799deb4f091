#include "instance/name_removal.hpp"

#include "instance/namespace_name.hpp"
#include "netns/hidden_name.hpp"

#include <cerrno>

namespace keavrf::instance {

Result<void> remove_own_name(const netns::Namespace& name_space)
{
    const auto opened = netns::open(name_space.name);
    const auto found = opened ? Result<NamespaceInode>(opened->inode) : Result<NamespaceInode>(opened.error());
    switch (judge_name(found, name_space.inode)) {
    case NameState::ours:
        return netns::remove(name_space.name, name_space.inode);
    case NameState::unknown:
        return found.error();
    case NameState::gone: {
        const auto cleared = netns::remove_stale_file(name_space.name);
        (void)cleared; // a file that is not empty is nothing of ours
        return {};
    }
    case NameState::taken:
        if (netns::bears_a_name(name_space.inode)) {
            const auto path = netns::path_of_name(name_space.name);
            return Error::from_errno("something is mounted over " + path, EBUSY).hint("try: umount " + path);
        }
        return {};
    }
    return {};
}

} // namespace keavrf::instance
