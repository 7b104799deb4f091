// What an exception says, for logs and answers: without the place in the source code that Boost's exceptions name.
#pragma once

#include <exception>
#include <string>

namespace keavrf {

std::string text_of(const std::exception_ptr& failure);

} // namespace keavrf
