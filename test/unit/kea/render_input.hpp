// A VRF's render input for tests, and ways to look into the result.
#pragma once

#include "kea/render.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

namespace keavrf::test {

inline kea::RenderInput render_input(const std::string& user = "{}", kea::Version version = {2, 2, 0})
{
    kea::RenderInput input;
    input.version = version;
    input.vrf = "red";
    input.table = 1001;
    input.host = "box";
    input.user = boost::json::parse(user).as_object();
    input.kea_address = Ipv4Address::parse("169.254.0.2").value();
    input.paths = kea::dhcp4_paths("/run/keavrfd", "/var/lib/keavrfd", "/var/log/keavrfd", VrfName("red"));
    return input;
}

inline boost::json::object rendered(const kea::RenderInput& input)
{
    const auto configuration = kea::render_dhcp4(input);
    BOOST_REQUIRE_MESSAGE(configuration.has_value(), configuration.error().message());
    BOOST_REQUIRE(configuration->size() == 1);
    return configuration->at("Dhcp4").as_object();
}

// One key's value as JSON text; "absent" where there is none.
inline std::string value_of(const boost::json::object& object, std::string_view key)
{
    const auto* value = object.if_contains(key);
    return value == nullptr ? "absent" : boost::json::serialize(*value);
}

// At a path: "/subnet4/0/id".
inline std::string value_at(const boost::json::object& object, std::string_view pointer)
{
    boost::system::error_code error;
    const boost::json::value whole(object);
    const auto* value = whole.find_pointer(pointer, error);
    return value == nullptr ? "absent" : boost::json::serialize(*value);
}

inline const kea::Version versions[] = {{2, 2, 0}, {2, 4, 0}, {2, 6, 0}, {2, 6, 2}, {3, 0, 0}, {3, 2, 0}};

} // namespace keavrf::test
