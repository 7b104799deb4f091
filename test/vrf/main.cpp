#include "support/judge.hpp"
#include "support/sandbox.hpp"

#include <boost/test/unit_test.hpp>

using TestIsolation = keavrf::test::Isolation;
using TestJudge = keavrf::test::Judge;

BOOST_TEST_GLOBAL_FIXTURE(TestIsolation);
BOOST_TEST_GLOBAL_FIXTURE(TestJudge);
