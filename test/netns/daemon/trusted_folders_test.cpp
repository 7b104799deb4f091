// keavrfd works in no folder where another user, such as one who has taken over a Kea, could put a link in the place of
// what root writes (DESIGN section 10).
#include "pair.hpp"

#include <boost/test/unit_test.hpp>

#include <pwd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace keavrf::test;

namespace fs = std::filesystem;

namespace {

uid_t kea_user()
{
    const auto* entry = ::getpwnam("_kea");
    BOOST_REQUIRE(entry != nullptr);
    return entry->pw_uid;
}

void give_to_kea(const std::string& path)
{
    BOOST_REQUIRE(::lchown(path.c_str(), kea_user(), 0) == 0);
}

void set_mode(const std::string& path, mode_t mode)
{
    BOOST_REQUIRE(::chmod(path.c_str(), mode) == 0);
}

struct Folders : Pair {
    // Below /run/test, which is root's.
    static std::string path(const std::string& name) { return folder() + "/" + name; }
    static std::string with(const std::string& key, const std::string& path)
    {
        return key + ": " + path + "\n" + red_and_blue;
    }
    void check_refused(const std::string& yaml, const std::vector<std::string>& said)
    {
        auto daemon = Daemon::with(yaml);
        BOOST_TEST((daemon.program().wait_for_exit() == 1), daemon.log());
        BOOST_TEST(daemon.logs(said, 0ms), daemon.log());
    }
    void check_taken(const std::string& yaml, const std::string& runtime = "/run/keavrfd")
    {
        auto daemon = Daemon::with(yaml);
        daemon.control_socket = runtime + "/control.sock";
        daemon.wait_until("red", "serving");
        daemon.stop();
    }
};

const std::vector<std::string> keys{"runtime-dir", "state-dir", "log-dir"};

} // namespace

BOOST_AUTO_TEST_SUITE(trusted_folders)

BOOST_FIXTURE_TEST_CASE(one_that_is_another_users_or_that_others_can_write_is_refused_with_what_mends_it, Folders)
{
    const auto here = path("here");
    fs::create_directories(here);
    for (const auto& key : keys) {
        BOOST_TEST_CONTEXT(key)
        {
            give_to_kea(here);
            check_refused(with(key, here), {key, here + " belongs to _kea", "chown root:root " + here});
            BOOST_REQUIRE(::chown(here.c_str(), 0, 0) == 0);
            for (const mode_t mode : {0777U, 01777U}) {
                set_mode(here, mode);
                check_refused(with(key, here), {key, here + " is writable by everybody", "chmod go-w " + here});
            }
            set_mode(here, 0775);
            check_refused(with(key, here), {key, here + " is writable by its group", "chmod go-w " + here});
            set_mode(here, 0711);
        }
    }
    check_taken(with("state-dir", here));
}

BOOST_FIXTURE_TEST_CASE(one_below_a_folder_that_others_can_write_is_refused_but_where_that_is_sticky, Folders)
{
    const auto above = path("above");
    const auto here = above + "/in/here";
    fs::create_directories(above + "/in");
    for (const auto& key : keys) {
        BOOST_TEST_CONTEXT(key)
        {
            set_mode(above, 0777);
            check_refused(with(key, here), {key, above + " is writable by everybody", "chmod go-w " + above});
            BOOST_TEST(!fs::exists(here)); // nothing is made where somebody may have put a link
            set_mode(above, 01777);
            give_to_kea(above + "/in");
            check_refused(with(key, here), {key, above + "/in belongs to _kea"});
            BOOST_REQUIRE(::chown((above + "/in").c_str(), 0, 0) == 0);
        }
    }
    check_taken(with("state-dir", here));
}

BOOST_FIXTURE_TEST_CASE(where_a_link_leads_counts_and_so_does_whose_it_is, Folders)
{
    fs::create_directories(path("kea-s"));
    fs::create_directories(path("kea-s/root-s"));
    fs::create_directories(path("good"));
    give_to_kea(path("kea-s"));
    fs::create_symlink(path("kea-s/root-s"), path("link"));
    check_refused(with("state-dir", path("link")), {"state-dir", path("kea-s") + " belongs to _kea"});
    fs::create_symlink(path("good"), path("other"));
    check_taken(with("state-dir", path("other")));
    give_to_kea(path("other"));
    check_refused(with("state-dir", path("other")), {"state-dir", path("other") + " belongs to _kea"});
}

// As `mount -t tmpfs` and `podman --tmpfs` make it.
BOOST_FIXTURE_TEST_CASE(a_bare_tmpfs_mounted_for_one_is_closed_to_others_unless_they_have_been_there, Folders)
{
    const auto here = path("here");
    fs::create_directories(here);
    for (const auto& key : keys) {
        BOOST_TEST_CONTEXT(key)
        {
            BOOST_REQUIRE(::mount("tmpfs", here.c_str(), "tmpfs", 0, nullptr) == 0);
            check_taken(with(key, here), key == "runtime-dir" ? here : "/run/keavrfd");
            struct stat status {};
            BOOST_REQUIRE(::stat(here.c_str(), &status) == 0);
            BOOST_TEST((status.st_mode & 07777U) == 0711U);
            set_mode(here, 01777);
            fs::create_directories(here + "/theirs");
            give_to_kea(here + "/theirs");
            check_refused(with(key, here), {key, here + " is writable by everybody"});
            BOOST_REQUIRE(::stat(here.c_str(), &status) == 0);
            BOOST_TEST((status.st_mode & 07777U) == 01777U);
            BOOST_REQUIRE(::umount2(here.c_str(), MNT_DETACH) == 0);
        }
    }
}

// As Ubuntu has /var/log, for its log daemon.
BOOST_FIXTURE_TEST_CASE(logs_may_lie_below_a_folder_that_a_group_can_write_but_not_keas, Folders)
{
    const auto above = path("above");
    fs::create_directories(above);
    set_mode(above, 0775);
    BOOST_REQUIRE(::chown(above.c_str(), 0, 4) == 0);
    check_taken(with("log-dir", above + "/logs"));
    check_refused(with("state-dir", above + "/state"), {"state-dir", above + " is writable by its group"});
    BOOST_REQUIRE(::chown(above.c_str(), 0, ::getpwnam("_kea")->pw_gid) == 0);
    check_refused(with("log-dir", above + "/logs"), {"log-dir", above + " is writable by its group"});
}

BOOST_FIXTURE_TEST_CASE(what_is_in_the_place_of_roots_own_folders_is_refused, Folders)
{
    check_taken(red_and_blue);
    fs::create_directories(path("secret"));
    for (const std::string name : {"/var/lib/keavrfd/.records", "/var/lib/keavrfd/.locks"}) {
        BOOST_TEST_CONTEXT(name)
        {
            fs::remove_all(name);
            fs::create_symlink(path("secret"), name);
            check_refused(red_and_blue, {"state-dir", name + " is a link", "mv " + name});
            fs::remove(name);
            std::ofstream(name) << "x";
            check_refused(red_and_blue, {"state-dir", name + " is not a folder", "mv " + name});
            fs::remove(name);
            fs::create_directories(name);
            give_to_kea(name);
            check_refused(red_and_blue, {"state-dir", name + " belongs to _kea", "mv " + name});
            fs::remove(name);
        }
    }
    BOOST_TEST(fs::is_empty(path("secret")));
    check_taken(red_and_blue);
}

BOOST_AUTO_TEST_SUITE_END()
