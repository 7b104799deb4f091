// "A reload at 1,000 requests/s loses none": keavrfd's own way of it (Instance::async_apply_held), with real Kea, and
// clients that never ask twice.
#include "core/unique_fd.hpp"
#include "support/lab.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <set>
#include <thread>
#include <vector>

using namespace keavrf::test;

namespace {

constexpr unsigned clients = 100;
constexpr auto one_each = 1ms;
// Who was kept from sending for longer does not make up for it by a burst that no 1,000 clients would send.
constexpr auto longest_arrears = 20ms;
constexpr unsigned reloads = 5;

Mac client_mac(unsigned number)
{
    return {0x02, 0, 0, 0, 6, static_cast<std::uint8_t>(number)};
}

std::string configuration(unsigned lifetime)
{
    return "vrfs:\n  red: {device: none, interfaces: [eth1], dhcp4: {valid-lifetime: " + std::to_string(lifetime) +
           "}}\n";
}

struct Holder {
    Mac address{};
    keavrf::Ipv4Address lease;
};

// Renews the leases in turn, a thousand a second, on a thread of its own. Each request has an xid of its own, and is
// sent once.
class Renewals {
public:
    Renewals(RawClient socket, std::vector<Holder> holders, const Mac& gateway)
        : socket_(std::move(socket)), holders_(std::move(holders)), gateway_(gateway)
    {
        socket_.ignore_outgoing();
        running_ = std::async(std::launch::async, [this] { run(); });
    }
    ~Renewals() { stop_ = true; }
    Renewals(const Renewals&) = delete;
    Renewals& operator=(const Renewals&) = delete;

    [[nodiscard]] std::size_t sent() const { return sent_; }
    // Stops, and waits for what is still to come: how many have got no answer.
    std::size_t without_answer()
    {
        stop_ = true;
        running_.get();
        static_cast<void>(eventually([this] { return listen(), unanswered_.empty(); }));
        return unanswered_.size();
    }
    [[nodiscard]] std::size_t refused() const { return refused_; }

private:
    void run()
    {
        auto next = Clock::now();
        while (!stop_) {
            ask(holders_[sent_ % holders_.size()]);
            ++sent_;
            listen();
            next = std::max(next + one_each, Clock::now() - longest_arrears);
            std::this_thread::sleep_until(next);
        }
    }
    void ask(const Holder& holder)
    {
        socket_.set_address(holder.address);
        DhcpFrame frame;
        frame.message = socket_.message(type::request);
        frame.message.ciaddr = holder.lease;
        frame.source_mac = holder.address;
        frame.destination_mac = gateway_;
        frame.source = holder.lease;
        frame.destination = ip("10.10.0.1");
        frame.source_port = 68;
        frame.destination_port = 67;
        unanswered_.insert(frame.message.xid);
        socket_.send(frame);
    }
    void listen()
    {
        static_cast<void>(socket_.frames());
        const auto answers = [](const DhcpFrame& frame) { return frame.message.op == 2; };
        while (const auto answer = socket_.receive(answers, 0ms)) {
            unanswered_.erase(answer->message.xid);
            refused_ += answer->message.type() == type::ack ? 0U : 1U;
        }
        socket_.forget();
    }

    RawClient socket_;
    std::vector<Holder> holders_;
    Mac gateway_;
    std::atomic<bool> stop_ = false;
    std::atomic<std::size_t> sent_ = 0;
    std::set<std::uint32_t> unanswered_;
    std::size_t refused_ = 0;
    std::future<void> running_; // last: it ends before what it uses
};

// So many are on their way to it while Kea, stopped, says nothing.
constexpr std::size_t waiting = 600;

struct Busy : Lab {
    Tenant tenant = add_tenant("eth1", "10.10.0.1/24");
    Daemon daemon = Daemon::with(configuration(3600));
    pid_t kea = daemon.wait_until("red", "serving").kea.value();

    // A client of this socket holds what all of them hold: it answers ARP for it.
    std::vector<Holder> acquire(RawClient& socket)
    {
        std::vector<Holder> holders;
        for (unsigned number = 0; number < clients; ++number) {
            socket.set_address(client_mac(number));
            const auto lease = socket.acquire(true);
            BOOST_REQUIRE_MESSAGE(lease.has_value(), daemon.log());
            holders.push_back({client_mac(number), lease->address});
        }
        return holders;
    }
    Mac gateway()
    {
        const auto link = network.link("eth1");
        Mac address{};
        std::copy_n(link.address.bytes().begin(), address.size(), address.begin());
        return address;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(reload)

BOOST_FIXTURE_TEST_CASE(reloads_at_a_thousand_requests_a_second_lose_none, Busy)
{
    auto socket = tenant.client();
    auto holders = acquire(socket);
    Renewals renewals(std::move(socket), std::move(holders), gateway());
    const auto more = [&](std::size_t count) {
        return eventually([&, end = renewals.sent() + count] { return renewals.sent() >= end; });
    };
    BOOST_REQUIRE(more(500));
    std::size_t meanwhile = 0;
    for (unsigned reload = 1; reload <= reloads; ++reload) {
        daemon.write_configuration(configuration(3600 + reload));
        const auto before = renewals.sent();
        BOOST_TEST(daemon.reload(), daemon.log());
        meanwhile += renewals.sent() - before;
        BOOST_REQUIRE(more(500));
    }
    BOOST_TEST(meanwhile > reloads, "nobody asked meanwhile");
    const auto lost = renewals.without_answer();
    BOOST_TEST(lost == 0U, lost << " of " << renewals.sent() << " got no answer:\n" << daemon.log());
    BOOST_TEST(renewals.refused() == 0U);
    BOOST_TEST_MESSAGE(renewals.sent() << " requests, " << lost << " without an answer");
    BOOST_TEST(daemon.log_lines({"kea.reloaded", "red"}).size() == reloads, daemon.log());
    BOOST_TEST(daemon.kea("red") == kea);
    daemon.stop();
}

// Kea is as deaf while it tests a configuration as while it takes one.
BOOST_FIXTURE_TEST_CASE(a_test_and_that_of_a_reload_lose_none_at_a_thousand_requests_a_second, Busy)
{
    auto socket = tenant.client();
    auto holders = acquire(socket);
    Renewals renewals(std::move(socket), std::move(holders), gateway());
    const auto more = [&](std::size_t count) {
        return eventually([&, end = renewals.sent() + count] { return renewals.sent() >= end; });
    };
    BOOST_REQUIRE(more(500));
    daemon.write_configuration(configuration(3601));
    const auto asks = [&] { return daemon.command({{"command", "config-test"}}).result == 0; };
    const auto reloads = [&] { return daemon.reload(); };
    const auto while_kea_stands_still = [&](const std::function<bool()>& act) {
        ::kill(kea, SIGSTOP);
        auto done = std::async(std::launch::async, act);
        BOOST_REQUIRE(more(waiting));
        ::kill(kea, SIGCONT);
        BOOST_TEST(done.get(), daemon.log());
        BOOST_REQUIRE(more(500));
    };
    while_kea_stands_still(asks);
    while_kea_stands_still(reloads);
    const auto lost = renewals.without_answer();
    BOOST_TEST(lost == 0U, lost << " of " << renewals.sent() << " got no answer:\n" << daemon.log());
    BOOST_TEST(renewals.refused() == 0U);
    BOOST_TEST(daemon.status_of("red")->drops.empty());
    BOOST_TEST(daemon.kea("red") == kea);
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
