#include "core/unique_fd.hpp"
#include "kea/file_users.hpp"
#include "kea/former_lock.hpp"
#include "process/spawn.hpp"
#include "support/await.hpp"
#include "temporary_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace {

using namespace keavrf::kea;
using keavrf::UniqueFd;
namespace fs = std::filesystem;

struct Fixture : keavrf::test::TemporaryFolder {
    Fixture()
    {
        fs::create_directories(paths.state_folder);
        fs::create_directories(path("locks"));
    }
    // As an earlier keavrfd took it.
    [[nodiscard]] UniqueFd take() const
    {
        UniqueFd file(::open(paths.former_lock.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0640));
        BOOST_REQUIRE(file.get() >= 0);
        BOOST_REQUIRE(::flock(file.get(), LOCK_EX | LOCK_NB) == 0);
        return file;
    }
    ServerPaths paths = dhcp4_paths(path("run"), path("state"), path("log"), keavrf::VrfName("red"));
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(kea_former_lock, Fixture)

BOOST_AUTO_TEST_CASE(one_that_nobody_holds_goes)
{
    BOOST_TEST(clear_former_lock(paths).has_value());
    take().reset();
    BOOST_REQUIRE(fs::exists(paths.former_lock));
    BOOST_TEST(clear_former_lock(paths).has_value());
    BOOST_TEST(!fs::exists(paths.former_lock));
}

BOOST_AUTO_TEST_CASE(one_that_a_process_inherited_is_held_until_that_has_ended)
{
    boost::asio::io_context context;
    keavrf::process::SpawnOptions options;
    options.path = "/bin/sleep";
    options.arguments = {"1000"};
    auto lock = take();
    options.standard_input = lock.get();
    auto child = keavrf::process::spawn(context.get_executor(), options);
    lock.reset();
    BOOST_REQUIRE_MESSAGE(child.has_value(), child.error().message());
    const auto refused = clear_former_lock(paths);
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST(refused.error().is(EWOULDBLOCK));
    const auto users = users_of(paths.former_lock);
    const auto pid = "pid " + std::to_string(child->process.pid().value()) + " (/";
    BOOST_TEST(users.starts_with(pid), users);
    BOOST_TEST(fs::exists(paths.former_lock));
    keavrf::test::await(context, child->process.async_stop(std::chrono::seconds(0)));
    BOOST_TEST(clear_former_lock(paths).has_value());
    BOOST_TEST(!fs::exists(paths.former_lock));
}

// The folder is Kea's: it can hold a lock on anything there, or on anything it links there.
BOOST_AUTO_TEST_CASE(what_no_keavrfd_made_keeps_nobody_from_starting)
{
    append("elsewhere", "kept");
    const UniqueFd held(::open(path("elsewhere").c_str(), O_RDONLY | O_CLOEXEC));
    BOOST_REQUIRE(::flock(held.get(), LOCK_EX | LOCK_NB) == 0);
    fs::create_symlink(path("elsewhere"), paths.former_lock);
    BOOST_TEST(clear_former_lock(paths).has_value());
    fs::remove(paths.former_lock);
    fs::create_hard_link(path("elsewhere"), paths.former_lock);
    BOOST_TEST(clear_former_lock(paths).has_value());
    BOOST_TEST(read("elsewhere") == "kept");
    fs::remove(paths.former_lock);
    BOOST_REQUIRE(::mkfifo(paths.former_lock.c_str(), 0666) == 0);
    BOOST_TEST(clear_former_lock(paths).has_value());
    fs::remove(paths.former_lock);
    if (::geteuid() == 0) {
        const auto lock = take();
        BOOST_REQUIRE(::chown(paths.former_lock.c_str(), 12345, 12345) == 0);
        BOOST_TEST(clear_former_lock(paths).has_value());
    }
}

// A lease of fcntl(2): whoever opens the file waits for its owner, or fails at once.
BOOST_AUTO_TEST_CASE(a_lease_of_its_owners_on_it_keeps_nobody_from_starting)
{
    const UniqueFd file(::open(paths.former_lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
    BOOST_REQUIRE(::chown(paths.former_lock.c_str(), 12345, 12345) == 0);
    std::signal(SIGIO, SIG_IGN);
    BOOST_REQUIRE(::fcntl(file.get(), F_SETLEASE, F_WRLCK) == 0);
    BOOST_TEST(clear_former_lock(paths).has_value());
    BOOST_TEST((open_former_lock(paths).has_value() && !*open_former_lock(paths)));
}

BOOST_AUTO_TEST_CASE(nobody_uses_what_is_only_a_link_to_another_file)
{
    fs::create_symlink("/dev/null", paths.former_lock);
    BOOST_TEST(users_of(paths.former_lock).empty());
}

BOOST_AUTO_TEST_SUITE_END()
