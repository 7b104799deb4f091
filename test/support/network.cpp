#include "support/network.hpp"

#include "netns/scoped_enter.hpp"
#include "support/program.hpp"
#include "support/recording.hpp"
#include "support/sandbox.hpp"
#include "support/wait.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>

#include <algorithm>
#include <functional>
#include <regex>
#include <sstream>
#include <utility>

namespace keavrf::test {

namespace {

UniqueFd current_network_namespace()
{
    UniqueFd fd(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    BOOST_REQUIRE(fd.valid());
    return fd;
}

struct AddressAndLength {
    Ipv4Address address;
    unsigned length = 0;
};

AddressAndLength parse_address(const std::string& text)
{
    const auto slash = text.find('/');
    BOOST_REQUIRE_MESSAGE(slash != std::string::npos, "not an address with a prefix length: " << text);
    return {ip(text.substr(0, slash)), static_cast<unsigned>(std::stoul(text.substr(slash + 1)))};
}

std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

} // namespace

ClientNamespace::ClientNamespace()
{
    const auto home = current_network_namespace();
    BOOST_REQUIRE(::unshare(CLONE_NEWNET) == 0);
    fd_ = current_network_namespace();
    BOOST_REQUIRE(::setns(home.get(), CLONE_NEWNET) == 0);
    Network(fd_.get()).up("lo");
}

Network::Network(int network_namespace) : of_host_(network_namespace < 0), io_(std::make_unique<asio::io_context>(1))
{
    auto opened = network_namespace < 0 ? netlink::Client::open(io_->get_executor())
                                        : netlink::Client::open_in(io_->get_executor(), network_namespace);
    BOOST_REQUIRE_MESSAGE(opened.has_value(), opened.error().message());
    client_ = std::move(*opened);
}

template <class T>
Result<T> Network::attempt(asio::awaitable<Result<T>> operation)
{
    std::optional<Result<T>> result;
    auto keep = [&](const std::exception_ptr& failure, Result<T> value) {
        if (failure) {
            std::rethrow_exception(failure);
        }
        result = std::move(value);
    };
    asio::co_spawn(*io_, std::move(operation), std::move(keep));
    io_->restart();
    io_->run();
    BOOST_REQUIRE(result.has_value());
    return std::move(*result);
}

template <class T>
T Network::wait(asio::awaitable<Result<T>> operation)
{
    auto result = attempt(std::move(operation));
    BOOST_REQUIRE_MESSAGE(result.has_value(), (result ? std::string() : result.error().message()));
    if constexpr (!std::is_void_v<T>) {
        return std::move(*result);
    }
}

void Network::add_vrf(const std::string& name, std::uint32_t table)
{
    wait(client_->async_create_vrf(name, table));
    up(name);
}

void Network::add_bridge(const std::string& name)
{
    wait(client_->async_create_bridge(name));
    up(name);
}

void Network::add_veth(const std::string& name, const ClientNamespace& client, const std::string& peer,
                       const Mac& peer_mac)
{
    static std::uint8_t count = 0;
    const Mac own{0x02, 0xaa, 0, 0, 0, ++count};
    wait(client_->async_create_veth(name, LinkAddress(own), peer, LinkAddress(peer_mac), client.fd()));
    up(name);
    Network(client.fd()).up(peer);
    if (of_host_) {
        recordings::add_client(client.fd(), peer, name);
    }
}

void Network::add_veth(const std::string& name, const std::string& peer)
{
    wait(client_->async_create_veth(name, peer));
    up(name);
    up(peer);
}

void Network::add_dummy(const std::string& name)
{
    wait(client_->async_create_dummy(name));
    up(name);
}

void Network::remove(const std::string& name)
{
    wait(client_->async_delete_link(link(name).index));
}

void Network::up(const std::string& name)
{
    wait(client_->async_set_link_up(link(name).index));
}

void Network::down(const std::string& name)
{
    wait(client_->async_set_link_down(link(name).index));
}

void Network::rename(const std::string& name, const std::string& to)
{
    // Before Linux 6.2 an interface that is up cannot be renamed.
    const auto index = link(name).index;
    wait(client_->async_set_link_down(index));
    wait(client_->async_rename_link(index, to));
    wait(client_->async_set_link_up(index));
}

void Network::set_master(const std::string& name, const std::string& master)
{
    wait(client_->async_set_master(link(name).index, master.empty() ? InterfaceIndex() : link(master).index));
}

void Network::add_address(const std::string& name, const std::string& address_and_length)
{
    const auto parsed = parse_address(address_and_length);
    wait(client_->async_add_address_v4(link(name).index, parsed.address, parsed.length));
}

void Network::remove_address(const std::string& name, const std::string& address_and_length)
{
    const auto parsed = parse_address(address_and_length);
    const auto index = link(name).index;
    for (const auto& address : wait(client_->async_addresses())) {
        if (address.index == index && address.v4() != nullptr && *address.v4() == parsed.address) {
            wait(client_->async_delete_address(address));
            return;
        }
    }
    BOOST_FAIL("no address " << address_and_length << " on " << name);
}

void Network::add_default_route(const std::string& gateway, const std::string& name)
{
    wait(client_->async_add_default_route_v4(ip(gateway), link(name).index));
}

void Network::add_route(const std::string& prefix, const std::string& gateway, const std::string& name)
{
    std::vector<std::string> command{"ip", "route", "add", prefix, "via", gateway, "dev", name};
    Network here;
    const auto master = here.link(name).master;
    for (const auto& link : here.wait(here.client_->async_links())) {
        if (master && link.index == *master && link.vrf_table) { // the kernel takes the main one unless told
            command.insert(command.end(), {"table", std::to_string(*link.vrf_table)});
        }
    }
    const auto finished = run(command);
    BOOST_REQUIRE_MESSAGE(finished.exit_code == 0, finished.errors);
}

std::optional<netlink::Link> Network::find(const std::string& name)
{
    auto found = attempt(client_->async_link_by_name(name));
    if (found) {
        return std::move(*found);
    }
    BOOST_REQUIRE_MESSAGE(found.error().is(ENODEV), found.error().message());
    return std::nullopt;
}

netlink::Link Network::link(const std::string& name)
{
    return wait(client_->async_link_by_name(name));
}

void Network::add_client_interface(const std::string& name, const std::string& master,
                                   const std::string& address_and_length, const ClientNamespace& client,
                                   const Mac& client_mac)
{
    add_veth(name, client, "eth0", client_mac);
    if (!master.empty()) {
        set_master(name, master);
    }
    if (!address_and_length.empty()) {
        add_address(name, address_and_length);
    }
}

std::string host_state()
{
    static const std::regex volatile_parts(R"( tentative| valid_lft \S+ preferred_lft \S+| expires \S+sec)");
    std::string all;
    const std::vector<std::vector<std::string>> commands{{"ip", "-d", "link"},
                                                         {"ip", "addr"},
                                                         {"ip", "route", "show", "table", "all"},
                                                         {"ip", "-6", "route", "show", "table", "all"},
                                                         {"ip", "rule"},
                                                         {"ip", "-6", "rule"}};
    for (const auto& command : commands) {
        const auto finished = run(command);
        BOOST_REQUIRE_MESSAGE(finished.exit_code == 0, finished.errors);
        all += finished.output;
    }
    return std::regex_replace(all, volatile_parts, "");
}

std::string settled_host_state()
{
    std::string state;
    const auto settled = [&] {
        const auto addresses = run({"ip", "addr"}).output;
        const auto before = std::exchange(state, host_state());
        return addresses.find("tentative") == std::string::npos && addresses.find("DOWN") == std::string::npos &&
               addresses.find("fe80") != std::string::npos && before == state;
    };
    BOOST_REQUIRE_MESSAGE(eventually(settled), "the host does not settle:\n" << state);
    return state;
}

std::string neighbours()
{
    return run({"ip", "neigh"}).output + run({"ip", "-6", "neigh"}).output;
}

std::string difference(const std::string& before, const std::string& after)
{
    const auto old_lines = lines_of(before);
    const auto new_lines = lines_of(after);
    std::string text;
    for (const auto& line : old_lines) {
        if (std::find(new_lines.begin(), new_lines.end(), line) == new_lines.end()) {
            text += "- " + line + "\n";
        }
    }
    for (const auto& line : new_lines) {
        if (std::find(old_lines.begin(), old_lines.end(), line) == old_lines.end()) {
            text += "+ " + line + "\n";
        }
    }
    return text;
}

} // namespace keavrf::test
