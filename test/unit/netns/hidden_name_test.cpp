#include "netns/hidden_name.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace keavrf;

BOOST_AUTO_TEST_SUITE(netns_hidden_name)

// As /proc/self/mountinfo has them: below a folder that is mounted on itself, with somebody's tmpfs over two of them.
BOOST_AUTO_TEST_CASE(a_name_is_borne_by_the_namespace_that_is_mounted_on_it_and_by_no_other)
{
    const std::string mounts = "25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
                               "60 25 0:23 /netns /run/netns rw shared:5 - tmpfs tmpfs rw\n"
                               "61 60 0:4 net:[4026531900] /run/netns/keavrf-red rw shared:6 - nsfs nsfs rw\n"
                               "62 61 0:23 /mine /run/netns/keavrf-red rw - tmpfs tmpfs rw\n"
                               "63 60 0:4 net:[4026531901] /run/netns/other rw - nsfs nsfs rw\n"
                               "64 60 0:4 net:[4026531902] /run/netns/keavrf-a\\134b rw - nsfs nsfs rw\n"
                               "65 25 0:4 net:[4026531903] /mnt/keavrf-blue rw - nsfs nsfs rw\n"
                               "66 60 0:4 mnt:[4026531904] /run/netns/keavrf-green rw - nsfs nsfs rw\n";
    const struct {
        const char* name;
        std::uint64_t inode;
        bool borne;
    } cases[]{
        {"keavrf-red", 4026531900, true},    {"keavrf-a\\b", 4026531902, true},
        {"keavrf-red", 4026531901, false}, // another's number by now
        {"keavrf-red", 402653190, false},    {"keavrf-re", 4026531900, false},
        {"keavrf-blue", 4026531903, false}, // elsewhere
        {"keavrf-green", 4026531904, false}, {"keavrf-gone", 4026531905, false},
    };
    for (const auto& one : cases) {
        BOOST_TEST(netns::bears_name(mounts, one.name, NamespaceInode(one.inode)) == one.borne,
                   one.name << " of " << one.inode);
    }
    BOOST_TEST(!netns::bears_name("", "keavrf-red", NamespaceInode(4026531900)));
    BOOST_TEST(!netns::bears_name("x\n", "keavrf-red", NamespaceInode(4026531900)));
}

BOOST_AUTO_TEST_SUITE_END()
