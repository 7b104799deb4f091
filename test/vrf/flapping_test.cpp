// VRF devices that flap a hundred times a second: noticed and mended in the end, and another VRF sees nothing of it.
#include "support/lab.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <functional>
#include <future>
#include <thread>

using namespace keavrf::test;

namespace {

constexpr unsigned flaps = 100;
constexpr auto one_each = 10ms;

struct Served {
    unsigned times = 0;
    unsigned missed = 0;
};

// A client that asks for its lease again and again, on a thread of its own, until it is told to stop.
Served renew_until(RawClient& client, const Lease& lease, const std::atomic<bool>& stop)
{
    Served served;
    while (!stop) {
        const auto answer = client.reboot(lease.address);
        const bool acknowledged = answer && answer->message.type() == type::ack;
        ++(acknowledged ? served.times : served.missed);
    }
    return served;
}

struct RedAndBlue : Lab {
    Tenant red;
    Tenant blue;
    Daemon daemon = start();

    Daemon start()
    {
        network.add_vrf("vrf-red", 1001);
        network.add_vrf("vrf-blue", 1002);
        red = add_tenant("eth1", "192.168.1.1/24", "vrf-red");
        blue = add_tenant("eth2", "192.168.1.1/24", "vrf-blue");
        return Daemon::with("vrfs: {\"*\": {}}\n");
    }
    RedAndBlue()
    {
        daemon.wait_until("vrf-red", "serving");
        daemon.wait_until("vrf-blue", "serving");
    }

    void check(const std::function<void()>& flap)
    {
        auto client = blue.client();
        const auto lease = client.acquire();
        BOOST_REQUIRE_MESSAGE(lease, daemon.log());
        const auto kea = daemon.kea("vrf-blue");
        std::atomic<bool> stop = false;
        auto others = std::async(std::launch::async, [&] { return renew_until(client, *lease, stop); });
        const auto start = Clock::now();
        auto next = start;
        for (unsigned flapped = 0; flapped < flaps; ++flapped) {
            flap();
            next += one_each;
            std::this_thread::sleep_until(next);
        }
        const auto took = std::chrono::duration_cast<Milliseconds>(Clock::now() - start);
        stop = true;
        const auto served = others.get();
        BOOST_TEST(served.missed == 0U, daemon.log());
        BOOST_TEST(served.times > 0U, "nobody asked meanwhile");
        BOOST_TEST_MESSAGE(flaps << " times in " << took.count() << " ms; the other VRF's client was served "
                                 << served.times << " times meanwhile");
        BOOST_TEST(daemon.kea("vrf-blue") == kea, daemon.log());
        daemon.wait_until("vrf-red", "serving");
        auto red_client = red.client();
        BOOST_TEST(red_client.acquire().has_value(), daemon.log());
        daemon.stop();
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(flapping)

BOOST_FIXTURE_TEST_CASE(a_vrf_device_that_goes_down_and_up_all_the_time_concerns_no_other, RedAndBlue)
{
    check([&] {
        network.down("vrf-red");
        network.up("vrf-red");
    });
}

// Another index each time, and its member without a master in between.
BOOST_FIXTURE_TEST_CASE(a_vrf_device_that_is_made_anew_all_the_time_concerns_no_other, RedAndBlue)
{
    check([&] {
        network.remove("vrf-red");
        network.add_vrf("vrf-red", 1001);
        network.set_master("eth1", "vrf-red");
    });
}

BOOST_AUTO_TEST_SUITE_END()
