// One question to keavrfd and its answer, and what is printed of one that says nothing else.
#pragma once

#include "actions.hpp"
#include "core/error.hpp"

#include <boost/json/object.hpp>

#include <string_view>

namespace keavrf::ctl {

struct Answer {
    boost::json::object object; // as it came
    control::Response response;
};

// The error says why there is no answer.
Result<Answer> ask(const Options& options, const control::Command& command);
// Empty where there are none.
const boost::json::object& arguments_of(const Answer& answer);

// Both print, and return the exit code. One rule for whatever fails: a sentence on stderr; with --json an object of the
// channel's form on stdout, also where there was no answer.
int fail(const Options& options, const Output& output, std::string_view text);
// For commands that failed, and those whose answer is a sentence. A list called "errors" holds one problem a line.
int print_sentence(const Answer& answer, const Options& options, const Output& output);

} // namespace keavrf::ctl
