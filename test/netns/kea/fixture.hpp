// Real Kea in a network namespace of the test's, where kea0 is up; its folders in the test's own /run.
#pragma once

#include "core/namespace_scope.hpp"
#include "kea/check.hpp"
#include "kea/render.hpp"
#include "kea/reply.hpp"
#include "kea/server.hpp"
#include "netlink/client.hpp"
#include "process/privileges.hpp"
#include "support/await.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace keavrf::test {

namespace fs = std::filesystem;

class KeaFixture {
public:
    KeaFixture() : network_(make_network())
    {
        fs::remove_all(base);
        paths = kea::dhcp4_paths(base + "/run", base + "/state", base + "/log", VrfName("red"));
    }
    KeaFixture(const KeaFixture&) = delete;
    KeaFixture& operator=(const KeaFixture&) = delete;
    ~KeaFixture() { fs::remove_all(base); }

    template <class T>
    T wait(asio::awaitable<T> operation)
    {
        return await(context, std::move(operation));
    }

    [[nodiscard]] kea::ServerSpec spec() const
    {
        kea::ServerSpec result;
        result.vrf = VrfName("red");
        result.version = {2, 2, 0};
        result.identity = identity;
        result.network_namespace = network_.get();
        result.paths = paths;
        // Bounds a failing test; nothing here takes so long.
        result.timeouts.start = std::chrono::seconds(60);
        result.timeouts.stop = std::chrono::seconds(60);
        return result;
    }

    [[nodiscard]] std::string configuration(const std::string& user = default_user) const
    {
        kea::RenderInput input;
        input.version = {2, 2, 0};
        input.vrf = "red";
        input.table = 1001;
        input.host = "box";
        input.user = boost::json::parse(user).as_object();
        input.kea_address = Ipv4Address::parse("169.254.0.2").value();
        input.paths = paths;
        const auto rendered = kea::render_dhcp4(input);
        BOOST_REQUIRE_MESSAGE(rendered.has_value(), rendered.error().message());
        return kea::to_text(*rendered);
    }

    Result<void> check(const std::string& text)
    {
        kea::CheckSpec check;
        check.binary = spec().binary;
        check.text = text;
        check.network_namespace = network_.get();
        check.identity = identity;
        check.paths = paths;
        return wait(kea::async_check(std::move(check)));
    }

    // Folders, configuration, start; a failure is the test's.
    void start(kea::Server& server, const std::string& text)
    {
        prepare(server, text);
        const auto started = wait(server.async_start());
        BOOST_REQUIRE_MESSAGE(started.has_value(), started.error().message());
    }
    static void prepare(kea::Server& server, const std::string& text)
    {
        BOOST_REQUIRE(server.prepare_folders().has_value());
        BOOST_REQUIRE(server.write_configuration(text).has_value());
    }

    boost::json::value ask(const kea::Server& server, const std::string& command)
    {
        auto reply = wait(server.channel().async_command(command));
        BOOST_REQUIRE_MESSAGE(reply.has_value(), reply.error().message());
        return std::move(*reply);
    }

    // Whether something in Kea's namespace listens on UDP port 67.
    [[nodiscard]] bool listens(ProcessId pid) const
    {
        return slurp("/proc/" + std::to_string(pid.value()) + "/net/udp").find(":0043 ") != std::string::npos;
    }

    static std::string slurp(const std::string& path)
    {
        std::ostringstream text;
        text << std::ifstream(path).rdbuf();
        return text.str();
    }

    void set_kea0(bool up)
    {
        const auto client = netlink::Client::open_in(context.get_executor(), network_.get()).value();
        const auto link = wait(client.async_link_by_name("kea0")).value();
        BOOST_REQUIRE(
            wait(up ? client.async_set_link_up(link.index) : client.async_set_link_down(link.index)).has_value());
    }

    static constexpr const char* default_user = R"({"subnet4": [{"subnet": "192.168.1.0/24",
        "pools": [{"pool": "192.168.1.100 - 192.168.1.200"}]}]})";
    static inline const std::string base = "/run/kea-test";

    asio::io_context context;
    process::Identity identity = process::find_kea_user("").value();
    kea::ServerPaths paths;

private:
    UniqueFd make_network()
    {
        const auto home = open_current_namespace().value();
        BOOST_REQUIRE(::unshare(CLONE_NEWNET) == 0);
        auto made = open_current_namespace().value();
        BOOST_REQUIRE(::setns(home.get(), CLONE_NEWNET) == 0);
        const auto client = netlink::Client::open_in(context.get_executor(), made.get()).value();
        BOOST_REQUIRE(wait(client.async_create_veth("kea0", "red")).has_value());
        for (const auto* name : {"kea0", "red"}) {
            const auto link = wait(client.async_link_by_name(name)).value();
            BOOST_REQUIRE(wait(client.async_set_link_up(link.index)).has_value());
        }
        const auto kea0 = wait(client.async_link_by_name("kea0")).value();
        const auto address = Ipv4Address::parse("169.254.0.2").value();
        BOOST_REQUIRE(wait(client.async_add_address_v4(kea0.index, address, 30)).has_value());
        return made;
    }

    UniqueFd network_;
};

} // namespace keavrf::test
