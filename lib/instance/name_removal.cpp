#include "instance/name_removal.hpp"

#include "instance/namespace_name.hpp"
#include "netns/hidden_name.hpp"

#include <cerrno>

namespace keavrf::instance {

Error mounted_over(std::string_view name)
{
    const auto path = netns::path_of_name(name);
    return Error::from_errno("something is mounted over " + path, EBUSY).hint("try: umount " + path);
}

Result<void> remove_own_name(const netns::Namespace& name_space)
{
    const auto opened = netns::open(name_space.name);
    const auto found = opened ? Result<NamespaceInode>(opened->inode) : Result<NamespaceInode>(opened.error());
    const auto state = judge_name(found, name_space.inode);
    if (state == NameState::ours) {
        return netns::remove(name_space.name, name_space.inode);
    }
    if (state == NameState::unknown) {
        return found.error();
    }
    if (netns::bears_name(name_space.name, name_space.inode)) {
        return mounted_over(name_space.name);
    }
    if (state == NameState::gone) {
        const auto cleared = netns::remove_stale_file(name_space.name);
        (void)cleared; // a file that is not empty is nothing of ours
    }
    return {};
}

} // namespace keavrf::instance
