#include "core/exception_text.hpp"

#include <boost/assert/source_location.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <stdexcept>

using keavrf::text_of;

BOOST_AUTO_TEST_SUITE(exception_text)

BOOST_AUTO_TEST_CASE(tells_what_happened_and_not_where_in_the_source_code)
{
    static constexpr boost::source_location place = BOOST_CURRENT_LOCATION;
    const boost::system::error_code code(ENOMEM, boost::system::system_category(), &place);
    const boost::system::system_error refused(code);
    BOOST_TEST(std::string(refused.what()).find(".cpp") != std::string::npos);
    BOOST_TEST(text_of(std::make_exception_ptr(refused)) == "Cannot allocate memory");
    BOOST_TEST(text_of(std::make_exception_ptr(std::runtime_error("broken"))) == "broken");
    BOOST_TEST(text_of(std::make_exception_ptr(1)) == "an exception of an unknown kind");
}

BOOST_AUTO_TEST_SUITE_END()
