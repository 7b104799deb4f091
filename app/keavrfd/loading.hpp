// From the command line to settings: the file of -c, or the pairs of -m.
#pragma once

#include "config/settings.hpp"
#include "options.hpp"
#include "orchestrator/reload_report.hpp"

#include <memory>
#include <string>
#include <vector>

namespace keavrf {

struct Loaded {
    std::shared_ptr<const config::Settings> settings; // null where there are complaints
    std::vector<orchestrator::Complaint> complaints;  // `file:line:col: path: problem`
    std::vector<std::string> warnings;
};

Loaded load_settings(const Options& options);
Loaded load_settings_file(const std::string& path);

// Level and format: the command line's, else the file's; `auto` looks where stderr goes.
void configure_log(const config::Settings& settings, const Options& options);

} // namespace keavrf
