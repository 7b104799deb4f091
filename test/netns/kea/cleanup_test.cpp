// A new configuration that comes while kea-lfc cleans the lease file up: Kea refuses it, and is told again.
#include "core/task_group.hpp"
#include "fixture.hpp"
#include "process/process.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <unistd.h>

#include <functional>

namespace {

using namespace keavrf::kea;
using keavrf::as_result;
using keavrf::ProcessId;
using keavrf::TaskGroup;
using keavrf::process::process_identity;
using keavrf::test::KeaFixture;
namespace asio = boost::asio;
namespace fs = std::filesystem;
namespace json = boost::json;
using Protocol = asio::local::stream_protocol;

// src/bin/dhcp4/ctrl_dhcp4_srv.cc, processConfig(), since Kea 3.1.2.
const std::string while_it_cleans = "Can not update configuration while lease file cleanup process is running.";

// Another Kea's part on the control socket: the first answers refuse, the others take what they are told.
struct FakeKea {
    FakeKea(asio::io_context& context, const std::string& path, int refusals, std::string reason)
        : acceptor(context, Protocol::endpoint(path)), left(refusals), why(std::move(reason))
    {
    }

    asio::awaitable<void> run()
    {
        for (;;) {
            Protocol::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
            std::string text;
            boost::system::error_code incomplete = asio::error::would_block;
            while (incomplete) {
                std::string piece(65536, '\0');
                const auto count = co_await socket.async_read_some(asio::buffer(piece), asio::use_awaitable);
                text.append(piece, 0, count);
                static_cast<void>(json::parse(text, incomplete));
            }
            told.push_back(text);
            const std::string answer = left > 0 ? R"({"result": 1, "text": ")" + why + R"("})" : R"({"result": 0})";
            left -= left > 0 ? 1 : 0;
            static_cast<void>(co_await asio::async_write(socket, asio::buffer(answer), as_result));
        }
    }

    Protocol::acceptor acceptor;
    int left;
    std::string why;
    std::vector<std::string> told;
};

// A Kea that is no more than a control socket of the test's: its process is the test's own, which nobody ends.
struct Faked : KeaFixture {
    keavrf::Result<void> apply(const std::string& text, int refusals, const std::string& reason)
    {
        Server server(context.get_executor(), spec());
        prepare(server, configuration());
        BOOST_REQUIRE(server.adopt(process_identity(ProcessId(::getpid())).value()).has_value());
        FakeKea kea(context, paths.control_socket, refusals, reason);
        TaskGroup tasks(context.get_executor());
        tasks.spawn("kea", kea.run());
        auto applied = wait(server.async_apply(text));
        tasks.stop();
        keavrf::test::await(context, tasks.async_join());
        told = kea.told;
        return applied;
    }

    std::vector<std::string> told;
};

} // namespace

BOOST_AUTO_TEST_SUITE(kea_cleanup)

BOOST_FIXTURE_TEST_CASE(what_kea_refuses_while_it_cleans_its_leases_is_told_again, Faked)
{
    const auto changed = configuration(R"({"subnet4": [{"subnet": "10.20.0.0/16"}]})");
    const auto applied = apply(changed, 2, while_it_cleans);
    BOOST_REQUIRE_MESSAGE(applied.has_value(), applied.error().message());
    BOOST_TEST(told.size() == 3U);
    for (const auto& request : told) {
        BOOST_TEST(request.find("config-set") != std::string::npos);
        BOOST_TEST(request.find("10.20.0.0/16") != std::string::npos);
    }
    BOOST_TEST(slurp(paths.configuration) == changed);
}

BOOST_FIXTURE_TEST_CASE(what_kea_refuses_for_another_reason_is_not, Faked)
{
    const auto changed = configuration(R"({"subnet4": [{"subnet": "10.20.0.0/16"}]})");
    const auto applied = apply(changed, 1, "no such interface");
    BOOST_REQUIRE(applied.has_error());
    BOOST_TEST(applied.error().message().starts_with("config-set: no such interface"));
    BOOST_TEST((applied.error().code() == StartFailure::rejected));
    // And then the one before.
    BOOST_REQUIRE(told.size() == 2U);
    BOOST_TEST(told[1].find("10.20.0.0/16") == std::string::npos);
    BOOST_TEST(slurp(paths.configuration) == configuration());
}

// Kea 2.2 finds out only when it reads its leases, and answers no client until it is told again.
BOOST_FIXTURE_TEST_CASE(a_real_kea_is_told_again_until_the_cleanup_has_ended, KeaFixture)
{
    Server server(context.get_executor(), spec());
    start(server, configuration());
    const auto pid = server.pid();
    const auto changed = configuration(R"({"subnet4": [{"subnet": "10.20.0.0/16"}]})");
    // kea-lfc's pid file, by which Kea knows that one is at work: any live process will do that it may signal.
    const auto pid_file = paths.lease_file + ".pid";
    std::ofstream(pid_file) << pid.value() << '\n';
    // Told for the second time: the first was refused.
    const auto refused = [this] {
        const auto log = slurp(paths.log_file);
        const auto first = log.find("'config-set'");
        return first != std::string::npos && log.find("'config-set'", first + 1) != std::string::npos;
    };
    bool was_refused = false;
    asio::steady_timer look(context);
    std::function<void(boost::system::error_code)> end_cleanup = [&](boost::system::error_code stopped) {
        was_refused = was_refused || refused();
        if (was_refused) {
            fs::remove(pid_file);
        } else if (!stopped) {
            look.expires_after(std::chrono::milliseconds(10));
            look.async_wait(end_cleanup);
        }
    };
    look.expires_after(std::chrono::milliseconds(0));
    look.async_wait(end_cleanup);
    const auto applied = wait(server.async_apply(changed));
    BOOST_REQUIRE_MESSAGE(applied.has_value(), applied.error().message());
    BOOST_TEST(was_refused, slurp(paths.log_file));
    BOOST_TEST(server.pid().value() == pid.value());
    BOOST_TEST(listens(pid));
    BOOST_TEST(json::serialize(ask(server, "config-get")).find("10.20.0.0/16") != std::string::npos);
    BOOST_TEST(slurp(paths.configuration) == changed);
    wait(server.async_stop());
}

BOOST_FIXTURE_TEST_CASE(a_cleanup_that_does_not_end_is_nothing_against_kea_which_goes_on_as_it_was, Faked)
{
    const auto applied = apply(configuration(R"({"subnet4": [{"subnet": "10.20.0.0/16"}]})"), 1000, while_it_cleans);
    BOOST_REQUIRE(applied.has_error());
    BOOST_TEST((applied.error().code() == StartFailure::not_started), applied.error().message());
    BOOST_TEST(applied.error().message().ends_with("(Kea goes on with the configuration it runs)"),
               applied.error().message());
    for (const auto& request : told) {
        BOOST_TEST(request.find("10.20.0.0/16") != std::string::npos, "the one before is in force, and told again");
    }
    BOOST_TEST(slurp(paths.configuration) == configuration());
}

BOOST_AUTO_TEST_SUITE_END()
