// Two VRFs with the same addresses for the decide targets, each port of red's with settings that the input chooses:
//   red   eth1 (2) 192.168.1.10/24 and .11; eth2 (3) 10.2.0.1/24, trusted; eth3 (4) borrows 192.168.1.10
//   blue  eth1 (12), eth2 (13): the same
// and a reader of options that shares no code with lib/dhcp.
#pragma once

#include "fuzz/target.hpp"
#include "relay/decide4.hpp"

#include <map>
#include <string>

namespace keavrf::fuzz {

inline constexpr Ipv4Address eth1_address(0xc0a8010a);
inline constexpr Ipv4Address eth2_address(0x0a020001);
inline constexpr Ipv4Address kea_address(0xa9fe0102);

inline relay::PortConfig port_config(int index, const std::string& name, Ipv4Address address, unsigned mtu)
{
    relay::PortConfig config;
    config.index = InterfaceIndex(index);
    config.name = name;
    config.mac = *LinkAddress::parse("02:00:00:00:01:01");
    config.mtu = mtu;
    config.giaddr = address;
    config.addresses.push_back({address, Ipv4Prefix(address, 24), false});
    return config;
}

// Four bytes of input say how a port treats what it hears.
inline void choose(relay::PortConfig& config, Input& input)
{
    const auto bits = input.byte();
    config.relay.option82 = static_cast<config::Option82Policy>(bits & 3U);
    config.relay.link_selection = (bits & 4U) != 0;
    config.relay.server_id_override = (bits & 8U) != 0;
    config.relay.relay_flags = (bits & 16U) != 0;
    config.relay.bootp = (bits & 32U) != 0;
    config.relay.vss = (bits & 64U) != 0 ? "${vrf}" : "";
    config.relay.circuit_id = (bits & 128U) != 0 ? std::string(input.byte(), 'c') : "${interface}";
}

struct RelayLab {
    explicit RelayLab(Input& input)
    {
        static constexpr std::array<unsigned, 4> mtus{1500, 576, 328, 9000};
        const auto mtu = mtus.at(input.number(4));
        auto eth1 = port_config(2, "eth1", eth1_address, mtu);
        eth1.addresses.push_back({Ipv4Address(0xc0a8010b), Ipv4Prefix(eth1_address, 24), true});
        auto eth2 = port_config(3, "eth2", eth2_address, mtu);
        eth2.relay.trusted = true;
        choose(eth1, input);
        choose(eth2, input);
        auto eth3 = eth1;
        eth3.index = InterfaceIndex(4);
        eth3.name = "eth3";
        eth3.addresses.clear();
        for (auto* config : {&eth1, &eth2, &eth3}) {
            red.put_port(*config);
            config->index = InterfaceIndex(config->index.value() + 10);
            blue.put_port(*config);
        }
        for (auto* domain : {&red, &blue}) {
            domain->set_subnets({Ipv4Prefix(Ipv4Address(0x0a320000), 24)});
            domain->set_serving(true);
        }
    }

    relay::Domain red{{"red", "host"}, kea_address, 1};
    relay::Domain blue{{"blue", "host"}, kea_address, 2};
    relay::TimePoint now{std::chrono::hours(1)};
};

// A message in memory of its own, which is as long as a slot of the relay's.
struct Slot {
    explicit Slot(Bytes bytes) : memory(bytes.begin(), bytes.end()), before(memory)
    {
        memory.resize(9280);
        message = bytes.size() <= memory.size() ? dhcp::Message4::parse(memory, bytes.size()) : std::nullopt;
    }
    [[nodiscard]] bool unchanged() const { return std::equal(before.begin(), before.end(), memory.begin()); }

    std::vector<std::uint8_t> memory;
    std::vector<std::uint8_t> before;
    std::optional<dhcp::Message4> message;
};

// The options field, one entry for each option, without the codes given; Pad and what is behind End left out.
inline std::vector<std::vector<std::uint8_t>> options(Bytes bytes, std::initializer_list<std::uint8_t> without)
{
    std::vector<std::vector<std::uint8_t>> found;
    std::size_t at = 240;
    while (at < bytes.size() && bytes[at] != 255) {
        if (bytes[at] == 0) {
            ++at;
            continue;
        }
        const auto size = at + 1 < bytes.size() ? 2U + bytes[at + 1] : std::size_t{1} << 20U;
        require(size <= bytes.size() - at, "no option runs past the end");
        if (std::find(without.begin(), without.end(), bytes[at]) == without.end()) {
            found.emplace_back(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                               bytes.begin() + static_cast<std::ptrdiff_t>(at + size));
        }
        at += size;
    }
    return found;
}

inline std::size_t count(Bytes bytes, std::uint8_t code)
{
    return options(bytes, {}).size() - options(bytes, {code}).size();
}

} // namespace keavrf::fuzz
