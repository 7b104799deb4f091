#include "netns/hidden_name.hpp"

#include "netns/namespace.hpp"

#include <fstream>
#include <sstream>

namespace keavrf::netns {

bool bears_a_name(const std::string& mounts, NamespaceInode inode)
{
    const auto wanted = "net:[" + std::to_string(inode.value()) + "]";
    const auto folder = std::string(directory) + "/";
    std::istringstream table(mounts);
    for (std::string line; std::getline(table, line);) {
        std::istringstream words(line);
        std::string skipped;
        std::string root;
        std::string place;
        words >> skipped >> skipped >> skipped >> root >> place;
        if (root == wanted && place.starts_with(folder)) {
            return true;
        }
    }
    return false;
}

bool bears_a_name(NamespaceInode inode)
{
    const std::ifstream table("/proc/self/mountinfo");
    std::ostringstream text;
    text << table.rdbuf();
    return bears_a_name(text.str(), inode);
}

} // namespace keavrf::netns
