#include "netns/hidden_name.hpp"

#include "netns/namespace.hpp"

#include <fstream>
#include <sstream>

namespace keavrf::netns {

namespace {

// As the table has it: seq_path(9) of these four characters makes octal numbers.
std::string in_table(std::string_view path)
{
    std::string text;
    for (const char character : path) {
        const auto number = static_cast<unsigned>(static_cast<unsigned char>(character));
        if (std::string_view(" \t\n\\").find(character) == std::string_view::npos) {
            text += character;
        } else {
            text += {'\\', static_cast<char>('0' + number / 64), static_cast<char>('0' + number / 8 % 8),
                     static_cast<char>('0' + number % 8)};
        }
    }
    return text;
}

} // namespace

bool bears_name(const std::string& mounts, std::string_view name, NamespaceInode inode)
{
    const auto wanted = "net:[" + std::to_string(inode.value()) + "]";
    const auto path = in_table(path_of_name(name));
    std::istringstream table(mounts);
    for (std::string line; std::getline(table, line);) {
        std::istringstream words(line);
        std::string skipped;
        std::string root;
        std::string place;
        words >> skipped >> skipped >> skipped >> root >> place;
        if (root == wanted && place == path) {
            return true;
        }
    }
    return false;
}

bool bears_name(std::string_view name, NamespaceInode inode)
{
    const std::ifstream table("/proc/self/mountinfo");
    std::ostringstream text;
    text << table.rdbuf();
    return bears_name(text.str(), name, inode);
}

} // namespace keavrf::netns
