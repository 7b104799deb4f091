#include "strays_place.hpp"
#include "support/await.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/resource.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <exception>
#include <list>
#include <string_view>
#include <thread>

namespace {

using namespace keavrf;
using namespace keavrf::instance;
using namespace std::string_view_literals;

// No descriptor beyond the highest that is in use.
class NoDescriptors {
public:
    NoDescriptors()
    {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const UniqueFd next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        auto none = before_;
        none.rlim_cur = static_cast<rlim_t>(next.get());
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

} // namespace

BOOST_AUTO_TEST_SUITE(instance_strays)

BOOST_AUTO_TEST_CASE(the_environment_of_a_kea_tells_whose_it_is)
{
    const struct {
        std::string_view environment;
        const char* vrf;
        bool ours;
    } cases[]{
        {"PATH=/bin\0KEA_PIDFILE_DIR=/run/keavrfd/red/kea\0X=1\0"sv, "red", true},
        {"KEA_PIDFILE_DIR=/run/keavrfd/red/kea"sv, "red", true},
        {"KEA_PIDFILE_DIR=/elsewhere/red/kea\0"sv, "red", true}, // of another runtime-dir
        {"KEA_PIDFILE_DIR=/run/keavrfd/red/kea\0"sv, "ed", false},
        {"KEA_PIDFILE_DIR=/run/keavrfd/blue/kea\0"sv, "red", false},
        {"KEA_PIDFILE_DIR=/run/kea\0"sv, "red", false},
        {"XKEA_PIDFILE_DIR=/run/keavrfd/red/kea\0"sv, "red", false},
        {"A=KEA_PIDFILE_DIR=/run/keavrfd/red/kea\0"sv, "red", false},
        {"KEA_PIDFILE_DIR=/run/keavrfd/a%2Fb/kea\0"sv, "a/b", true},
        {"\0\0\0"sv, "red", false},
        {""sv, "red", false},
    };
    for (const auto& one : cases) {
        BOOST_TEST(is_environment_of(one.environment, VrfName(one.vrf)) == one.ours,
                   one.vrf << " in " << one.environment);
    }
}

BOOST_AUTO_TEST_CASE(of_many_the_first_are_named)
{
    process::ProcessIdentity one;
    one.pid = ProcessId(17);
    one.executable = "/bin/a\n";
    BOOST_TEST(name_all({}) == "");
    BOOST_TEST(name_all({one, one}) == "process 17 (/bin/a\\n), process 17 (/bin/a\\n)");
    const auto text = name_all(std::vector<process::ProcessIdentity>(1000, one));
    BOOST_TEST(text.size() < 1000U);
    BOOST_TEST(text.ends_with(") and 992 more"), text);
}

BOOST_FIXTURE_TEST_CASE(who_holds_the_lock_is_ours_and_who_has_the_leases_open_is_suspect, Place)
{
    const Child ours(place.paths.lease_lock);
    const Child suspect(place.paths.lease_file);
    const Child nobody("/dev/null");
    Census census;
    const auto strays = look(place, census);
    BOOST_REQUIRE(strays.has_value());
    BOOST_TEST(among(strays->ours, ours.pid()));
    BOOST_TEST(strays->ours.size() == 1U);
    BOOST_TEST(among(strays->suspects, suspect.pid()));
    BOOST_TEST(!among(strays->suspects, nobody.pid()));
    BOOST_TEST(is_locked(place.paths).value());
    auto elsewhere = place;
    elsewhere.name_space = NamespaceInode(1);
    BOOST_TEST(look(elsewhere, census)->ours.empty());
}

BOOST_FIXTURE_TEST_CASE(where_no_descriptor_is_left_nobody_can_tell_and_that_is_no_no, Place)
{
    const Child ours(place.paths.lease_lock);
    Census census;
    {
        const NoDescriptors none;
        BOOST_TEST(look(place, census).error().is(EMFILE));
        BOOST_TEST(is_locked(place.paths).error().is(EMFILE));
    }
    BOOST_TEST(census.inhabitants(place.name_space, Clock::now()).has_value());
    {
        const NoDescriptors none;
        BOOST_TEST(look(place, census, Clock::time_point::min()).error().is(EMFILE));
    }
    BOOST_TEST(look(place, census)->ours.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_thousand_who_ask_at_once_share_a_few_looks, Place)
{
    constexpr int vrfs = 1000;
    asio::io_context context;
    const auto census = std::make_shared<Census>();
    place.name_space = NamespaceInode(1); // nobody's: who lives there is looked at one by one
    int done = 0;
    for (int vrf = 0; vrf < vrfs; ++vrf) {
        asio::co_spawn(context, async_end_strays(place, census, Clock::now()),
                       [&done](const std::exception_ptr& failure, const Result<bool>& ended) {
                           done += !failure && ended && !*ended ? 1 : 0;
                       });
    }
    context.run();
    BOOST_TEST(done == vrfs);
    BOOST_TEST(census->looks() < 20U, census->looks() << " looks");
}

// More of them than are waited for by a handle each; they hear no SIGTERM.
BOOST_FIXTURE_TEST_CASE(of_very_many_each_is_ended, Place)
{
    const auto deaf = [this] {
        ::signal(SIGTERM, SIG_IGN);
        return ::open(place.paths.lease_lock.c_str(), O_RDONLY | O_CLOEXEC) >= 0;
    };
    std::list<Child> many;
    for (int number = 0; number < 100; ++number) {
        many.emplace_back(deaf);
        BOOST_REQUIRE(many.back().works());
    }
    asio::io_context context;
    const auto ended = test::await(context, async_end_strays(place, std::make_shared<Census>(), Clock::now()));
    BOOST_REQUIRE_MESSAGE(ended.has_value(), ended.error().message());
    BOOST_TEST(*ended);
    for (const auto& one : many) {
        BOOST_TEST(process::is_gone(process::process_identity(one.pid()).error()));
    }
}

BOOST_FIXTURE_TEST_CASE(one_whose_main_thread_has_ended_is_found, Place)
{
    const Child ours([this] {
        const bool opened = ::open(place.paths.lease_lock.c_str(), O_RDONLY | O_CLOEXEC) >= 0;
        std::thread([] {
            std::array<char, 1> beginning{};
            const auto exe = "/proc/" + std::to_string(::getpid()) + "/exe";
            while (::readlink(exe.c_str(), beginning.data(), beginning.size()) > 0) {
                std::this_thread::yield();
            }
            ::kill(::getpid(), SIGSTOP); // it can be looked at now
            ::pause();
        }).detach();
        if (opened) {
            ::syscall(SYS_exit, 0); // of this thread alone
        }
        return false;
    });
    BOOST_REQUIRE(ours.works());
    asio::io_context context;
    const auto census = std::make_shared<Census>();
    const auto strays = test::await(context, async_find_strays(place, census, Clock::now()));
    BOOST_REQUIRE_MESSAGE(strays.has_value(), strays.error().message());
    BOOST_TEST(among(strays->ours, ours.pid()));
    const auto ended = test::await(context, async_end_strays(place, census, Clock::now()));
    BOOST_TEST((ended.has_value() && *ended));
}

// As one that waits for a file system that whoever took over a Kea has made for it.
BOOST_FIXTURE_TEST_CASE(a_child_that_cannot_be_ended_has_no_successor_while_it_lives, Place)
{
    const Child suspect(place.paths.lease_file);
    asio::io_context context;
    const auto census = std::make_shared<Census>();
    std::array<int, 2> ends{-1, -1};
    BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    census->remember_looker(place.name_space, UniqueFd(ends[0]));
    UniqueFd its_own(ends[1]);
    const auto none = test::await(context, async_find_strays(place, census, Clock::now()));
    BOOST_REQUIRE(!none.has_value());
    BOOST_TEST(none.error().message().find("does not end") != std::string::npos, none.error().message());
    its_own.reset();
    const auto again = test::await(context, async_find_strays(place, census, Clock::now()));
    BOOST_REQUIRE_MESSAGE(again.has_value(), again.error().message());
    BOOST_TEST(among(again->suspects, suspect.pid()));
}

BOOST_FIXTURE_TEST_CASE(what_the_child_tells_is_what_a_look_of_ours_would, Place)
{
    const Child ours(place.paths.lease_lock);
    const Child suspect(place.paths.lease_file);
    asio::io_context context;
    const auto census = std::make_shared<Census>();
    const auto told = test::await(context, async_find_strays(place, census, Clock::now()));
    const auto seen = look(place, *census);
    BOOST_REQUIRE((told.has_value() && seen.has_value()));
    // Others may come and go in this namespace.
    const auto identity_of = [](const std::vector<process::ProcessIdentity>& processes, ProcessId pid) {
        const auto found =
            std::find_if(processes.begin(), processes.end(), [&](const auto& one) { return one.pid == pid; });
        return found == processes.end() ? process::ProcessIdentity() : *found;
    };
    BOOST_REQUIRE((among(seen->ours, ours.pid()) && among(seen->suspects, suspect.pid())));
    BOOST_TEST((identity_of(told->ours, ours.pid()) == identity_of(seen->ours, ours.pid())));
    BOOST_TEST((identity_of(told->suspects, suspect.pid()) == identity_of(seen->suspects, suspect.pid())));
}

BOOST_FIXTURE_TEST_CASE(what_is_ours_is_ended_and_what_is_not_lives_on, Place)
{
    const Child ours(place.paths.lease_lock);
    const Child suspect(place.paths.lease_file);
    asio::io_context context;
    const auto ended = test::await(context, async_end_strays(place, std::make_shared<Census>(), Clock::now()));
    BOOST_TEST((ended.has_value() && *ended));
    BOOST_TEST(!is_locked(place.paths).value());
    BOOST_TEST(process::process_identity(suspect.pid()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
