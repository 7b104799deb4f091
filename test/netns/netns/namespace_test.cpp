#include "command.hpp"
#include "core/namespace_scope.hpp"
#include "core/unique_fd.hpp"
#include "netns/namespace.hpp"
#include "support/private_host.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace {

using namespace keavrf::netns;
using keavrf::NamespaceInode;
using keavrf::test::output_of;
using keavrf::test::PrivateHost;

std::string path_of(const std::string& name)
{
    return std::string(directory) + '/' + name;
}

std::uint64_t here()
{
    return current().value().inode.value();
}

void write_file(const std::string& name, const std::string& text)
{
    std::filesystem::create_directories(directory);
    std::ofstream(path_of(name)) << text;
}

// Each case leaves /run/netns as it found it, and the program in its own namespace.
struct Fixture {
    Fixture() : before(here()) {}
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;
    ~Fixture()
    {
        BOOST_TEST(here() == before);
        BOOST_TEST(list("").value().empty());
    }

    std::uint64_t before;
};

} // namespace

BOOST_TEST_GLOBAL_FIXTURE(PrivateHost);

BOOST_AUTO_TEST_SUITE(netns)

BOOST_FIXTURE_TEST_CASE(a_created_namespace_is_one_that_iproute2_knows, Fixture)
{
    std::filesystem::remove(directory);
    const auto created = create("keavrf-red").value();
    BOOST_TEST(created.named);
    BOOST_TEST(created.unnamed_because == "");
    BOOST_TEST(created.inode.value() != here());
    BOOST_TEST(output_of("ip netns list") == "keavrf-red\n");
    BOOST_TEST(output_of("ip netns exec keavrf-red ip -o link show | wc -l") == "1\n");
    BOOST_TEST(output_of("ip netns exec keavrf-red readlink /proc/self/ns/net") ==
               "net:[" + std::to_string(created.inode.value()) + "]\n");
    const auto mounts = output_of("grep ' /run/netns ' /proc/self/mountinfo");
    BOOST_TEST(mounts.find(" shared:") != std::string::npos, mounts);
    BOOST_TEST((::fcntl(created.fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
    BOOST_TEST(remove("keavrf-red", created.inode).has_value());
    BOOST_TEST(output_of("ip netns list") == "");
}

BOOST_FIXTURE_TEST_CASE(whoever_keeps_the_folder_locked_is_not_waited_for_but_named, Fixture)
{
    while (::umount2(directory, MNT_DETACH) == 0) {
    }
    std::filesystem::create_directories(directory);
    {
        const keavrf::UniqueFd other(::open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        BOOST_REQUIRE(::flock(other.get(), LOCK_SH) == 0);
        const auto refused = create("keavrf-red");
        BOOST_REQUIRE(!refused.has_value());
        const std::string message = refused.error().message();
        BOOST_TEST(message.find("cannot lock /run/netns") != std::string::npos, message);
        BOOST_TEST(message.find("process " + std::to_string(::getpid()) + " holds") != std::string::npos, message);
    }
    const auto created = create("keavrf-red").value();
    BOOST_TEST(remove("keavrf-red", created.inode).has_value());
}

BOOST_FIXTURE_TEST_CASE(the_folder_is_mounted_once_however_many_namespaces_are_made, Fixture)
{
    const auto first = create("a").value();
    const auto count = output_of("grep -c ' /run/netns ' /proc/self/mountinfo");
    const auto second = create("b").value();
    BOOST_TEST(output_of("grep -c ' /run/netns ' /proc/self/mountinfo") == count);
    BOOST_TEST((first.inode != second.inode));
    BOOST_TEST(remove("a", first.inode).has_value());
    BOOST_TEST(remove("b", second.inode).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_namespace_that_iproute2_made_can_be_opened_and_removed, Fixture)
{
    output_of("ip netns add theirs");
    const auto found = open("theirs").value();
    BOOST_TEST(found.named);
    BOOST_TEST(found.name == "theirs");
    BOOST_TEST(inode_of(found.fd.get()).value().value() == found.inode.value());
    BOOST_TEST(remove("theirs", found.inode).has_value());
    BOOST_TEST(open("theirs").error().is(ENOENT));
}

BOOST_FIXTURE_TEST_CASE(a_name_that_is_taken_is_refused_and_stays_what_it_was, Fixture)
{
    const auto first = create("twice").value();
    const auto second = create("twice");
    BOOST_TEST(second.error().is(EEXIST));
    BOOST_TEST(second.error().message().find("twice") != std::string::npos);
    BOOST_TEST(open("twice").value().inode.value() == first.inode.value());
    BOOST_TEST(remove("twice", first.inode).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_namespace_with_another_inode_is_never_removed, Fixture)
{
    const auto ours = create("red").value();
    const auto wrong = remove("red", NamespaceInode(ours.inode.value() + 1));
    BOOST_TEST((wrong.error().code() == Problem::foreign));
    BOOST_TEST(open("red").value().inode.value() == ours.inode.value());
    BOOST_TEST(remove("red", ours.inode).has_value());
    BOOST_TEST(remove("red", ours.inode).error().is(ENOENT));
}

BOOST_FIXTURE_TEST_CASE(a_removed_namespace_lives_while_its_descriptor_is_held, Fixture)
{
    const auto held = create("held").value();
    BOOST_TEST(remove("held", held.inode).has_value());
    BOOST_TEST(inode_of(held.fd.get()).value().value() == held.inode.value());
}

BOOST_FIXTURE_TEST_CASE(a_plain_file_is_stale_and_not_a_namespace, Fixture)
{
    write_file("stale", "");
    BOOST_TEST((open("stale").error().code() == Problem::stale_file));
    BOOST_TEST((remove("stale", NamespaceInode(1)).error().code() == Problem::stale_file));
    BOOST_TEST(create("stale").error().is(EEXIST));
    BOOST_TEST((list("").value() == std::vector<Entry>{{"stale", true, NamespaceInode()}}));
    BOOST_TEST(remove_stale_file("stale").has_value());
    BOOST_TEST(open("stale").error().is(ENOENT));
    BOOST_TEST(remove_stale_file("stale").error().is(ENOENT));
}

BOOST_FIXTURE_TEST_CASE(only_empty_plain_files_are_removed_as_stale, Fixture)
{
    write_file("precious", "somebody's");
    BOOST_TEST((remove_stale_file("precious").error().code() == Problem::not_a_network_namespace));
    BOOST_TEST(std::filesystem::remove(path_of("precious")));
    const auto alive = create("alive").value();
    BOOST_TEST(remove_stale_file("alive").error().is(EBUSY));
    BOOST_TEST(open("alive").has_value());
    BOOST_TEST(remove("alive", alive.inode).has_value());
    std::filesystem::create_directory(path_of("folder"));
    BOOST_TEST((remove_stale_file("folder").error().code() == Problem::not_a_network_namespace));
    BOOST_TEST(std::filesystem::remove(path_of("folder")));
}

BOOST_FIXTURE_TEST_CASE(a_namespace_of_another_kind_is_told_apart, Fixture)
{
    write_file("uts", "");
    PrivateHost::check(::mount("/proc/self/ns/uts", path_of("uts").c_str(), "none", MS_BIND, nullptr), "mount");
    BOOST_TEST((open("uts").error().code() == Problem::not_a_network_namespace));
    BOOST_TEST((remove("uts", NamespaceInode(1)).error().code() == Problem::not_a_network_namespace));
    BOOST_TEST(list("").value().empty());
    PrivateHost::check(::umount(path_of("uts").c_str()), "umount");
    BOOST_TEST(remove_stale_file("uts").has_value());
}

BOOST_FIXTURE_TEST_CASE(a_link_is_not_followed, Fixture)
{
    std::filesystem::create_directories(directory);
    std::filesystem::create_symlink("/proc/self/ns/net", path_of("link"));
    BOOST_TEST(open("link").error().is(ELOOP));
    BOOST_TEST(std::filesystem::remove(path_of("link")));
}

BOOST_FIXTURE_TEST_CASE(the_list_holds_what_has_the_prefix_in_order, Fixture)
{
    const auto second = create("keavrf-b").value();
    const auto first = create("keavrf-a").value();
    const auto other = create("other").value();
    write_file("keavrf-c", "");
    const std::vector<Entry> expected{
        {"keavrf-a", false, first.inode}, {"keavrf-b", false, second.inode}, {"keavrf-c", true, NamespaceInode()}};
    BOOST_TEST((list("keavrf-").value() == expected));
    BOOST_TEST(remove_stale_file("keavrf-c").has_value());
    for (const auto* made : {&first, &second, &other}) {
        BOOST_TEST(remove(made->name, made->inode).has_value());
    }
}

BOOST_FIXTURE_TEST_CASE(a_name_is_one_path_component, Fixture)
{
    const std::string wrong[] = {"", ".", "..", "a/b", "../x", std::string("a\0b", 3), std::string(256, 'x')};
    for (const auto& name : wrong) {
        BOOST_TEST(create(name).error().is(EINVAL), name);
        BOOST_TEST(open(name).error().is(EINVAL), name);
    }
    // What a VRF may be called, a namespace may be called too.
    const std::string odd_names[] = {"keavrf-*", "keavrf-\"\\", std::string(255, 'x')};
    for (const auto& name : odd_names) {
        const auto odd = create(name).value();
        BOOST_TEST(odd.named);
        BOOST_TEST(remove(name, odd.inode).has_value());
    }
}

BOOST_FIXTURE_TEST_CASE(where_nothing_can_be_mounted_a_namespace_is_held_by_its_descriptor, Fixture)
{
    PrivateHost::check(::mount("tmpfs", "/run", "tmpfs", MS_RDONLY, nullptr), "mount a read-only /run");
    const auto unnamed = create("keavrf-red").value();
    BOOST_TEST(!unnamed.named);
    BOOST_TEST(unnamed.unnamed_because.find("Read-only file system") != std::string::npos, unnamed.unnamed_because);
    BOOST_TEST(inode_of(unnamed.fd.get()).value().value() == unnamed.inode.value());
    BOOST_TEST(unnamed.inode.value() != here());
    PrivateHost::check(::umount("/run"), "umount");
}

BOOST_FIXTURE_TEST_CASE(what_is_no_namespace_has_no_inode, Fixture)
{
    const keavrf::UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    BOOST_TEST((inode_of(null.get()).error().code() == Problem::not_a_network_namespace));
    BOOST_TEST(inode_of(-1).error().is(EBADF));
}

BOOST_AUTO_TEST_SUITE_END()
