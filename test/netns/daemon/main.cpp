#include "support/sandbox.hpp"

#include <boost/test/unit_test.hpp>

using TestIsolation = keavrf::test::Isolation;

BOOST_TEST_GLOBAL_FIXTURE(TestIsolation);
