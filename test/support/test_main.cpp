#define BOOST_TEST_MODULE keavrfd
#include <boost/test/unit_test.hpp>
