// What keavrfd asks of the kernel, as messages. Pure: the Client sends them, the tests read them.
#pragma once

#include "netlink/message.hpp"
#include "netlink/rtnetlink.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace keavrf::netlink {

class Request {
public:
    Request(std::string what, std::uint16_t type, std::uint16_t flags);

    // What it does, for errors: "create veth pair kea0".
    [[nodiscard]] const std::string& what() const noexcept { return what_; }
    [[nodiscard]] bool dump() const noexcept { return dump_; }
    [[nodiscard]] MessageBuilder& message() noexcept { return message_; }

private:
    std::string what_;
    bool dump_;
    MessageBuilder message_;
};

namespace request {

Request links();
Request addresses();
Request routes();
Request rules();
Request neighbours();
Request link_by_name(std::string_view name);
Request link(InterfaceIndex index);

struct VethEnd {
    std::string_view name;
    LinkAddress address;   // empty: the kernel invents one
    int namespace_fd = -1; // of the peer; -1: where the request is made
};
Request create_veth(const VethEnd& here, const VethEnd& peer);
Request create_vrf(std::string_view name, std::uint32_t table);
Request create_plain(std::string_view name, std::string_view kind);
Request create_macvlan(std::string_view name, InterfaceIndex parent);
Request delete_link(InterfaceIndex index);
Request delete_links_of_group(std::uint32_t group);

Request rename_link(InterfaceIndex index, std::string_view name);
Request set_link_state(InterfaceIndex index, bool up);
Request set_master(InterfaceIndex index, InterfaceIndex master);
Request set_mac(InterfaceIndex index, const LinkAddress& address);
Request set_mtu(InterfaceIndex index, unsigned mtu);
Request set_link_group(InterfaceIndex index, std::uint32_t group);
Request move_link_to_namespace(InterfaceIndex index, int namespace_fd);
Request disable_ipv6_address_generation(InterfaceIndex index);

// `flags`: IFA_F_*.
Request add_address(InterfaceIndex index, const IpAddress& address, unsigned prefix_length, std::uint32_t flags);
Request delete_address(const Address& address);
// `any`: 0.0.0.0 or ::, which tells the family.
Request add_local_any_route(const IpAddress& any, InterfaceIndex loopback);
Request add_rule(const Rule& rule);
Request delete_rule(const Rule& rule);
Request add_default_route(const IpAddress& gateway, InterfaceIndex output);
Request delete_route(const Route& route);
Request add_permanent_neighbour(InterfaceIndex index, const IpAddress& address, const LinkAddress& link_address);

} // namespace request

} // namespace keavrf::netlink
