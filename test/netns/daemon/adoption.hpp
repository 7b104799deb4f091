// A keavrfd that is killed while it serves, for tests of what the next one makes of what it left.
#pragma once

#include "netns/namespace.hpp"
#include "support/lab.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>

namespace keavrf::test {

inline const std::string red_only = "vrfs:\n  red: {device: none, interfaces: [eth1]}\n";
inline const std::string red_record = "/run/keavrfd/red/instance.json";

struct Adoption : Lab {
    Tenant tenant = add_tenant("eth1", "192.168.1.1/24");
    RawClient client = tenant.client();
    pid_t kea = 0;
    std::optional<Lease> lease;

    // A keavrfd that serves, with a client that has a lease, and is then killed.
    void leave_a_service(const std::string& yaml = red_only)
    {
        auto daemon = Daemon::with(yaml);
        kea = daemon.wait_until("red", "serving").kea.value();
        lease = client.acquire();
        BOOST_REQUIRE_MESSAGE(lease, daemon.log());
        kill(daemon);
    }

    static void kill(Daemon& daemon)
    {
        ::kill(daemon.pid(), SIGKILL);
        BOOST_TEST((daemon.program().wait_for_exit() == 128 + SIGKILL));
    }

    void renews(const Daemon& daemon)
    {
        const auto renewed = client.renew(*lease);
        BOOST_REQUIRE_MESSAGE(renewed, daemon.log());
        BOOST_TEST(renewed->message.type() == type::ack);
        BOOST_TEST(renewed->message.yiaddr == lease->address);
    }

    static void change_record(const std::function<void(boost::json::object&)>& change)
    {
        auto record = boost::json::parse(slurp(red_record)).as_object();
        change(record);
        std::ofstream(red_record, std::ios::trunc) << boost::json::serialize(record);
    }
};

inline bool exists(pid_t pid)
{
    return std::filesystem::exists("/proc/" + std::to_string(pid)) &&
           slurp("/proc/" + std::to_string(pid) + "/stat").find(") Z") == std::string::npos;
}

inline void remove_name(const std::string& name)
{
    const auto found = netns::open(name);
    BOOST_REQUIRE(found.has_value());
    BOOST_REQUIRE(netns::remove(name, found->inode).has_value());
}

} // namespace keavrf::test
