// What is wrong with a configuration, and where: one sentence an error, `file:line:col: path.to.key: problem`.
#pragma once

#include "config/settings.hpp"

#include <string>
#include <string_view>

namespace keavrf::config {

struct Diagnostic {
    Mark mark;           // line 0: the file as a whole
    std::string path;    // "vrfs.red.relay.max-hops"; empty: the file as a whole
    std::string problem; // says also what is allowed
    // "keavrfd.yaml:3:5: vrfs.red.relay.max-hops: must be a whole number from 1 to 16, not 0"; parts that are unknown
    // are left out.
    [[nodiscard]] std::string text() const;
    friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

} // namespace keavrf::config
