#include "tenants.hpp"

namespace keavrf::endurance {

Tenants::Tenants(unsigned count) : count_(count)
{
    BOOST_REQUIRE_MESSAGE(count > 0 && count <= 250, "between 1 and 250 VRFs, not " << count);
    test::Network host;
    host.up("lo");
    for (unsigned tenant = 0; tenant < count; ++tenant) {
        const auto name = "e" + std::to_string(tenant);
        host.add_veth(name, clients_, client_interface(tenant), mac(tenant));
        host.add_address(name, "10." + std::to_string(tenant + 1) + ".0.1/16");
    }
}

test::Mac Tenants::mac(unsigned tenant)
{
    return {0x02, 0x6d, 0, 0, 0, static_cast<std::uint8_t>(tenant)};
}

std::string Tenants::yaml(unsigned limit_of_first) const
{
    std::string text = "vrfs:\n";
    for (unsigned tenant = 0; tenant < count_; ++tenant) {
        text += "  " + vrf(tenant) + ": {device: none, interfaces: [e" + std::to_string(tenant) + "]" +
                (tenant == 0 && limit_of_first > 0 ? ", relay: {rate: " + std::to_string(limit_of_first) + "}" : "") +
                "}\n";
    }
    return text;
}

} // namespace keavrf::endurance
