// What keavrfd knows of Kea's own Dhcp4 map (Kea ARM, "DHCPv4 Server"). Only that is checked: everything else passes
// through, and Kea itself judges it (config-test). Pure.
#pragma once

#include "config/fields.hpp"

#include <boost/json/object.hpp>

#include <string_view>

namespace keavrf::config {

// True where lease-database names a database (mysql, postgresql, cql or whatever is not memfile): its name and
// credentials are the user's then, while the place of a lease file is keavrfd's.
bool has_database(const Node& dhcp4);

// The map without the keys that keavrfd owns, with a warning for each: for a file that was made for a Kea of its own.
NodePtr drop_owned(const Field& dhcp4, bool database);
// An error for each of them.
void refuse_owned(const Field& dhcp4, bool database);

// subnet4 and shared-networks: prefixes, pools, ids, overlaps; and what Kea would refuse of loggers with less clear
// words. What holds a ${variable} is not known yet and is left alone.
void check_subnets(const Field& dhcp4);
void check_loggers(const Field& dhcp4);

// As JSON; reports numbers without a meaning and unknown ${variables}. `data` of an option-data entry is a text for Kea
// also where YAML would read a number.
boost::json::object to_json(const Field& map);

} // namespace keavrf::config
