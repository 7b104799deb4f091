// The error of a start that failed.
#pragma once

#include "kea/server.hpp"

#include <string>

namespace keavrf::kea {

inline Error start_error(StartFailure failure, const std::string& message)
{
    return {make_error_code(failure), message};
}

} // namespace keavrf::kea
