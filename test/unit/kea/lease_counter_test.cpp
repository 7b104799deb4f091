#include "core/task_group.hpp"
#include "kea/lease_counter.hpp"
#include "support/await.hpp"
#include "temporary_folder.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <list>

namespace {

using namespace keavrf::kea;
using namespace std::chrono_literals;
using keavrf::TaskGroup;
using keavrf::VrfName;
namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;

struct Fixture : keavrf::test::TemporaryFolder {
    // Somebody listens there, and says nothing.
    Protocol::acceptor& add(const std::string& name)
    {
        sockets[VrfName(name)] = path(name);
        acceptors.emplace_back(context, Protocol::endpoint(path(name)));
        return acceptors.back();
    }
    void add_answering(const std::string& name, int leases)
    {
        const auto answer = R"({"result": 0, "arguments": {"subnet[1].assigned-addresses": [[)" +
                            std::to_string(leases) + R"(, "2026-11-22 15:00:00"]]}})";
        keas.spawn("kea", serve(&add(name), answer));
    }
    asio::awaitable<void> serve(Protocol::acceptor* acceptor, std::string answer)
    {
        while (true) {
            Protocol::socket socket = co_await acceptor->async_accept(asio::use_awaitable);
            most_asked = std::max(most_asked, ++asked);
            std::string question(1000, '\0');
            (void)co_await socket.async_read_some(asio::buffer(question), keavrf::as_result);
            co_await keavrf::async_sleep(1ms); // others may come meanwhile
            --asked;
            (void)co_await asio::async_write(socket, asio::buffer(answer), keavrf::as_result);
        }
    }
    LeaseCounts count(LeaseCounter& counter)
    {
        auto sockets_now = sockets;
        return keavrf::test::await(context, counter.async_count(std::move(sockets_now)));
    }
    ~Fixture()
    {
        keas.stop();
        keavrf::test::await(context, keas.async_join());
    }

    asio::io_context context;
    std::map<VrfName, std::string> sockets;
    std::list<Protocol::acceptor> acceptors;
    TaskGroup keas{context.get_executor()};
    int asked = 0;
    int most_asked = 0;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(kea_lease_counter, Fixture)

BOOST_AUTO_TEST_CASE(all_are_asked_and_only_some_at_the_same_time)
{
    for (int i = 0; i < 40; ++i) {
        add_answering("vrf" + std::to_string(i), i);
    }
    LeaseCounter counter(context.get_executor(), {4, 60s, 60s});
    const auto counts = count(counter);
    BOOST_TEST(counts.size() == 40U);
    for (int i = 0; i < 40; ++i) {
        BOOST_TEST(counts.at(VrfName("vrf" + std::to_string(i))) == static_cast<std::uint64_t>(i));
    }
    BOOST_TEST(most_asked == 4);
}

asio::awaitable<void> count_and_forget(LeaseCounter* counter, std::map<VrfName, std::string> sockets)
{
    const auto counts = co_await counter->async_count(std::move(sockets));
    BOOST_TEST(counts.size() == 10U);
}

BOOST_AUTO_TEST_CASE(the_bound_is_one_for_all_who_want_to_know)
{
    for (int i = 0; i < 10; ++i) {
        add_answering("vrf" + std::to_string(i), i);
    }
    LeaseCounter counter(context.get_executor(), {4, 60s, 60s});
    TaskGroup curious(context.get_executor());
    for (int i = 0; i < 5; ++i) {
        curious.spawn("count", count_and_forget(&counter, sockets));
    }
    keavrf::test::await(context, curious.async_join());
    BOOST_TEST(most_asked == 4);
}

BOOST_AUTO_TEST_CASE(those_that_cannot_be_asked_in_time_are_not_asked)
{
    for (int i = 0; i < 200; ++i) {
        add("vrf" + std::to_string(i));
    }
    LeaseCounter counter(context.get_executor(), {4, 10ms, 50ms});
    BOOST_TEST(count(counter).empty());
    std::size_t connections = 0;
    for (auto& acceptor : acceptors) {
        acceptor.non_blocking(true);
        boost::system::error_code nobody;
        acceptor.accept(nobody);
        connections += nobody ? 0U : 1U;
    }
    BOOST_TEST(connections >= 4U);
    BOOST_TEST(connections <= 20U + 4U);
}

BOOST_AUTO_TEST_CASE(those_that_were_silent_keep_nobody_from_being_counted_the_next_time)
{
    for (int i = 0; i < 50; ++i) {
        add("silent" + std::to_string(i));
    }
    add_answering("talks", 7);
    LeaseCounter counter(context.get_executor(), {2, 100ms, 500ms});
    BOOST_TEST(count(counter).empty()); // it is behind the others
    LeaseCounts counts;
    for (int time = 0; time < 100 && counts.empty(); ++time) {
        counts = count(counter);
    }
    BOOST_TEST(counts.size() == 1U);
    BOOST_TEST(counts[VrfName("talks")] == 7U);
}

BOOST_AUTO_TEST_SUITE_END()
