// What the sanitizers' own needs make of a test.
#pragma once

#include <boost/test/tree/decorator.hpp>
#include <boost/test/unit_test.hpp>

namespace keavrf::test {

#ifdef __SANITIZE_ADDRESS__
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

// A test case's decorator: UndefinedBehaviorSanitizer looks at an object's type through a pipe, and takes it for broken
// where there is no descriptor left; AddressSanitizer's shadow makes any limit of the address space terabytes wide.
inline boost::unit_test::decorator::enable_if<!sanitized> unless_sanitized()
{
    return {};
}

} // namespace keavrf::test
