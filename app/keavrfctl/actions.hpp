// Carries one command out: asks the daemon, prints the answer, returns the exit code.
#pragma once

#include "control/command.hpp"
#include "options.hpp"
#include "table.hpp"

#include <iosfwd>
#include <string>

namespace keavrf::ctl {

struct Output {
    std::ostream& out;
    std::ostream& error;
    Style style; // of `out`
    std::string version;
};

int run(const Options& options, const Output& output);

// What the daemon is asked first. Pure but for the working directory, against which a file is made absolute.
control::Command command_for(const Options& options);

} // namespace keavrf::ctl
