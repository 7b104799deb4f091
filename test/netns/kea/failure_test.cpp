// Every way for a start to fail: its code, and Kea's own reason in its sentence.
#include "core/task_group.hpp"
#include "fixture.hpp"

namespace {

using namespace keavrf::kea;
using keavrf::Error;
using keavrf::test::KeaFixture;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct Fixture : KeaFixture {
    Error failure(Server& server, const std::string& text, keavrf::Clock::duration deadline = 60s)
    {
        prepare(server, text);
        auto started = wait(server.async_start(deadline));
        BOOST_REQUIRE(started.has_error());
        BOOST_TEST(!server.running());
        return started.error();
    }
};

boost::asio::awaitable<void> start_and_keep(Server* server, std::optional<keavrf::Result<void>>* result)
{
    auto started = co_await server->async_start();
    *result = std::move(started);
}

void check_failure(const Error& error, StartFailure code, const std::string& reason)
{
    BOOST_TEST_CONTEXT(error.message())
    {
        BOOST_TEST((error.code() == code));
        BOOST_TEST(error.message().find(reason) != std::string::npos);
    }
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(kea_start_failure, Fixture)

BOOST_AUTO_TEST_CASE(a_configuration_that_kea_refuses_is_rejected_with_keas_reason)
{
    struct Case {
        std::string text;
        std::string reason;
    };
    const auto pool = R"({"subnet4": [{"subnet": "10.0.0.0/24", "pools": [{"pool": "10.9.0.1 - 10.9.0.2"}]}]})";
    const Case cases[] = {
        {configuration(R"({"no-such-key": 1})"), "no-such-key"},
        {configuration(pool), "10.9.0.1"},
        {configuration(R"({"hooks-libraries": [{"library": "/no/such/hook.so"}]})"), "/no/such/hook.so"},
        {"{ this is not JSON", "Invalid character"},
    };
    for (const auto& [text, reason] : cases) {
        Server server(context.get_executor(), spec());
        check_failure(failure(server, text), StartFailure::rejected, reason);
    }
}

BOOST_AUTO_TEST_CASE(a_failure_of_its_surroundings_is_no_rejection)
{
    auto text = configuration();
    const auto at = text.find(paths.lease_file);
    text.replace(at, paths.lease_file.size(), "/no/such/folder/leases");
    Server server(context.get_executor(), spec());
    check_failure(failure(server, text), StartFailure::died, "/no/such/folder/leases");
}

BOOST_AUTO_TEST_CASE(a_namespace_without_kea0_is_no_rejection)
{
    const auto elsewhere = keavrf::open_current_namespace().value();
    auto other = spec();
    other.network_namespace = elsewhere.get();
    Server server(context.get_executor(), other);
    check_failure(failure(server, configuration()), StartFailure::died, "kea0");
}

BOOST_AUTO_TEST_CASE(an_interface_that_is_down_is_told_and_kea_ends)
{
    set_kea0(false);
    Server server(context.get_executor(), spec());
    check_failure(failure(server, configuration(), 1s), StartFailure::timed_out,
                  "Kea was not ready within 1 s: the interface kea0 is down");
}

BOOST_AUTO_TEST_CASE(an_interface_that_comes_up_late_is_waited_for)
{
    set_kea0(false);
    Server server(context.get_executor(), spec());
    prepare(server, configuration());
    std::optional<keavrf::Result<void>> started;
    keavrf::TaskGroup tasks(context.get_executor());
    tasks.spawn("start", start_and_keep(&server, &started));
    context.restart();
    while (!started && slurp(paths.log_file).find("DHCPSRV_OPEN_SOCKET_FAIL") == std::string::npos) {
        context.run_one();
    }
    // Kea runs and its channel answers, but it could not open its socket.
    BOOST_REQUIRE(!started.has_value());
    BOOST_TEST(!listens(server.pid()));
    set_kea0(true);
    keavrf::test::await(context, tasks.async_join());
    BOOST_REQUIRE(started.has_value());
    BOOST_TEST(started->has_value());
    BOOST_TEST(listens(server.pid()));
    wait(server.async_stop());
}

BOOST_AUTO_TEST_CASE(a_missing_binary_is_named)
{
    auto other = spec();
    other.binary = "/no/such/kea-dhcp4";
    Server server(context.get_executor(), other);
    check_failure(failure(server, configuration()), StartFailure::not_started,
                  "cannot start /no/such/kea-dhcp4: execve: No such file or directory");
}

BOOST_AUTO_TEST_CASE(two_keas_never_share_a_lease_file)
{
    Server first(context.get_executor(), spec());
    start(first, configuration());
    Server second(context.get_executor(), spec());
    check_failure(failure(second, configuration()), StartFailure::busy, paths.lease_file);
    // The one that runs has lost nothing.
    BOOST_TEST(reply_result(ask(first, "status-get")) == 0);
    BOOST_TEST(first.kill().has_value());
    wait(first.async_wait_exit());
    const auto started = wait(second.async_start());
    BOOST_REQUIRE_MESSAGE(started.has_value(), started.error().message());
    wait(second.async_stop());
}

BOOST_AUTO_TEST_CASE(a_link_in_place_of_keas_folder_is_not_followed)
{
    Server server(context.get_executor(), spec());
    BOOST_REQUIRE(server.prepare_folders().has_value());
    fs::create_directory(base + "/elsewhere");
    std::ofstream(base + "/elsewhere/file") << "kept";
    fs::remove(paths.kea_folder);
    fs::create_directory_symlink(base + "/elsewhere", paths.kea_folder);
    BOOST_TEST(server.prepare_folders().has_error());
    BOOST_TEST(slurp(base + "/elsewhere/file") == "kept");
}

BOOST_AUTO_TEST_SUITE_END()
