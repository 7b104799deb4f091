// Reading Kea's answers: {"result": 0, "text": "...", "arguments": {...}}, or a list with one of these. Pure.
#pragma once

#include "core/error.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace keavrf::kea {

// The answer's object; null where the value is no answer at all.
const boost::json::object* reply_object(const boost::json::value& reply);
// 0 success, 1 error, 2 unsupported, 3 empty, 4 conflict; -1 where there is none.
int reply_result(const boost::json::value& reply);
// Empty where there is none.
std::string reply_text(const boost::json::value& reply);
// Null where there are none.
const boost::json::object* reply_arguments(const boost::json::value& reply);
// Success only for result 0; else "<command>: <text of the answer>".
Result<void> require_success(std::string_view command, const boost::json::value& reply);

// Whether Kea refuses a new configuration because kea-lfc rewrites its lease file. Since 3.1.2 it does before it has
// changed anything; the Keas before find out only when they read their leases, and then serve nobody.
enum class CleanupRefusal { none, untouched, changed };
CleanupRefusal cleanup_refusal(const boost::json::value& reply);

} // namespace keavrf::kea
