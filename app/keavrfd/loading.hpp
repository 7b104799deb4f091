// From the command line to settings: the file of -c, or the pairs of -m.
#pragma once

#include "config/load.hpp"
#include "config/settings.hpp"
#include "core/asio.hpp"
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

// The file alone, while everything else goes on: in slices (core/slices.hpp). `reader` reads it and the files that it
// names. Throws operation_aborted when cancelled.
asio::awaitable<Loaded> async_load_settings_file(std::string path, config::FileReader reader);

// Level and format: the command line's, else the file's; `auto` looks where stderr goes.
void configure_log(const config::Settings& settings, const Options& options);

} // namespace keavrf
