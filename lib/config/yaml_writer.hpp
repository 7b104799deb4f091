// JSON as YAML in block style: every text in double quotes, so that nothing can be mistaken for something else. Pure.
#pragma once

#include <boost/json/object.hpp>

#include <string>

namespace keavrf::config {

// Keys keep their order. Reads back by read_yaml to the same value.
std::string to_yaml(const boost::json::object& map);

} // namespace keavrf::config
