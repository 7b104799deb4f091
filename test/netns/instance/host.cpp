#include "support/private_host.hpp"

#include <boost/test/unit_test.hpp>

using keavrf::test::PrivateHost;
BOOST_TEST_GLOBAL_FIXTURE(PrivateHost);
