// What whoever took over a Kea can have the look at its namespace see.
#include "strays_place.hpp"
#include "support/deep_program.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <utility>

namespace {

using namespace keavrf;
using namespace keavrf::instance;
namespace fs = std::filesystem;

// Does it in a child, which has ten seconds for it.
bool ends_well(const std::function<bool()>& work)
{
    const auto pid = ::fork();
    if (pid == 0) {
        ::_exit(work() ? 0 : 1);
    }
    int status = -1;
    for (int time = 0; time < 1000 && ::waitpid(pid, &status, WNOHANG) == 0; ++time) {
        ::usleep(10'000);
    }
    if (status == -1) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    return status == 0;
}

// A FUSE file system that never answers, in a mount namespace of its own; has a descriptor on its root.
bool open_on_silent_disk(const std::string& path, uid_t owner)
{
    const int device = ::open("/dev/fuse", O_RDWR | O_CLOEXEC);
    const auto options =
        "fd=" + std::to_string(device) + ",rootmode=40000,user_id=" + std::to_string(owner) + ",group_id=0";
    return device >= 0 && ::unshare(CLONE_NEWNS) == 0 &&
           ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount("silent", path.c_str(), "fuse", 0, options.c_str()) == 0 &&
           ::open(path.c_str(), O_PATH | O_CLOEXEC) >= 0;
}

} // namespace

BOOST_AUTO_TEST_SUITE(instance_strays_of_a_taken_over_kea)

// In Kea's own folder Kea's user puts whatever it likes.
BOOST_FIXTURE_TEST_CASE(a_link_in_place_of_a_lock_or_of_leases_makes_nobody_ours_or_suspect, Place)
{
    const Child nobody("/dev/null");
    const auto& paths = place.paths;
    for (const auto& link : {paths.former_lock, paths.lease_file + ".completed", paths.lease_file + ".2"}) {
        fs::create_symlink("/dev/null", link);
    }
    Census census;
    const auto strays = look(place, census);
    BOOST_REQUIRE(strays.has_value());
    BOOST_TEST(strays->ours.empty());
    BOOST_TEST(!among(strays->suspects, nobody.pid()));
    const auto holds = holds_lock(ProcessId(::getpid()), paths);
    BOOST_TEST((holds.has_value() && !*holds));
}

BOOST_FIXTURE_TEST_CASE(what_no_keavrfd_made_is_no_lock_and_keeps_nobody_from_telling, Place)
{
    const auto& lock = place.paths.former_lock;
    const std::vector<std::pair<std::string, std::function<void()>>> forgeries{
        {"a link that leads to itself", [&] { fs::create_symlink(lock, lock); }},
        {"a link to a link that leads to itself", [&] { fs::create_symlink(lock + "x", lock); }},
        {"a FIFO", [&] { BOOST_REQUIRE(::mkfifo(lock.c_str(), 0666) == 0); }},
        {"a socket", [&] { BOOST_REQUIRE(::mknod(lock.c_str(), S_IFSOCK | 0666, 0) == 0); }},
        {"a folder", [&] { fs::create_directory(lock); }},
        {"a file that is not root's",
         [&] {
             make(lock);
             BOOST_REQUIRE(::chown(lock.c_str(), 12345, 12345) == 0);
         }},
        {"a second name", [&] { fs::create_hard_link(place.paths.lease_file, lock); }},
    };
    fs::create_symlink(lock + "x", lock + "x");
    for (const auto& [what, put] : forgeries) {
        BOOST_TEST_CONTEXT(what)
        {
            put();
            const Child nobody(lock); // where it can be opened
            Census census;
            const auto strays = look(place, census);
            BOOST_REQUIRE_MESSAGE(strays.has_value(), strays.error().message());
            BOOST_TEST(strays->ours.empty());
            const auto locked = is_locked(place.paths);
            BOOST_REQUIRE_MESSAGE(locked.has_value(), locked.error().message());
            BOOST_TEST(!*locked);
            fs::remove(lock);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(who_holds_the_lock_of_an_earlier_keavrfd_is_ours, Place)
{
    make(place.paths.former_lock);
    const Child ours(place.paths.former_lock);
    Census census;
    const auto strays = look(place, census);
    BOOST_REQUIRE(strays.has_value());
    BOOST_TEST(among(strays->ours, ours.pid()));
    BOOST_TEST(is_locked(place.paths).value());
}

BOOST_FIXTURE_TEST_CASE(links_beside_the_leases_that_lead_to_themselves_are_no_leases, Place)
{
    const auto& leases = place.paths.lease_file;
    for (const auto& file : {leases + ".1", leases + ".2", leases + ".completed"}) {
        fs::create_symlink(file, file);
    }
    const Child suspect(leases);
    Census census;
    const auto strays = look(place, census);
    BOOST_REQUIRE_MESSAGE(strays.has_value(), strays.error().message());
    BOOST_TEST(among(strays->suspects, suspect.pid()));
}

BOOST_FIXTURE_TEST_CASE(a_file_system_that_root_may_not_look_at_or_that_does_not_answer_holds_up_nobody, Place)
{
    const Child ours(place.paths.lease_lock);
    fs::create_directory(folder.path("mounted"));
    for (const uid_t owner : {uid_t{12345}, ::geteuid()}) {
        BOOST_TEST_CONTEXT("a file system of " << owner)
        {
            const Child child([&] { return open_on_silent_disk(folder.path("mounted"), owner); });
            BOOST_REQUIRE(child.works());
            // By another process, which waits in vain where it asks the disk.
            const bool told = ends_well([this] {
                Census census;
                const auto strays = look(place, census);
                return strays && strays->ours.size() == 1;
            });
            BOOST_TEST(told);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(of_a_process_only_the_lowest_of_very_many_descriptors_are_looked_at, Place)
{
    const auto open_many = [this](bool lock_first) {
        const rlimit many{20'000, 20'000};
        ::setrlimit(RLIMIT_NOFILE, &many);
        const auto open = [this] { return ::open(place.paths.lease_lock.c_str(), O_RDONLY | O_CLOEXEC); };
        const int first = lock_first ? open() : 0;
        int last = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        for (int number = 0; number < 10'000; ++number) {
            last = ::dup(last);
        }
        return (lock_first ? first : open()) >= 0 && last > 10'000;
    };
    const Child ours([&] { return open_many(true); });
    const Child nobody([&] { return open_many(false); });
    BOOST_REQUIRE((ours.works() && nobody.works()));
    Census census;
    const auto strays = look(place, census);
    BOOST_REQUIRE(strays.has_value());
    BOOST_TEST(among(strays->ours, ours.pid()));
    BOOST_TEST(!among(strays->ours, nobody.pid()));
}

BOOST_FIXTURE_TEST_CASE(a_program_whose_path_nobody_can_tell_keeps_nobody_from_telling, Place)
{
    const test::DeepProgram program;
    const Child ours(place.paths.lease_lock);
    Census census;
    const auto strays = look(place, census);
    BOOST_REQUIRE_MESSAGE(strays.has_value(), strays.error().message());
    BOOST_TEST(among(strays->ours, ours.pid()));
    BOOST_TEST(!among(strays->suspects, program.pid()));
}

BOOST_AUTO_TEST_SUITE_END()
