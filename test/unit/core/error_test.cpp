#include "core/error.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <string>

using keavrf::Error;

BOOST_AUTO_TEST_SUITE(error)

// Whoever fails for want of them, and whatever it was about.
BOOST_AUTO_TEST_CASE(what_can_be_wanting_everywhere_comes_with_what_helps)
{
    const auto limit = Error::from_errno("cannot make a pipe", EMFILE);
    BOOST_TEST(limit.is(EMFILE));
    for (const auto* said : {"cannot make a pipe: Too many open files (", "ulimit -n", "LimitNOFILE=", "--ulimit"}) {
        BOOST_TEST(limit.message().find(said) != std::string::npos, limit.message());
    }
    BOOST_TEST(Error::from_errno("cannot make a pipe", ENFILE).message().find("fs.file-max") != std::string::npos);
    BOOST_TEST(Error::from_errno("cannot remove it", EROFS).message().find("remount") != std::string::npos);
    const auto asio = Error::from_code("cannot accept",
                                       boost::system::errc::make_error_code(boost::system::errc::too_many_files_open));
    BOOST_TEST(asio.message().find("LimitNOFILE=") != std::string::npos, asio.message());
}

BOOST_AUTO_TEST_CASE(others_say_what_failed_and_why_and_no_more)
{
    BOOST_TEST(Error::from_errno("cannot open it", EACCES).message() == "cannot open it: Permission denied");
    BOOST_TEST(Error::from_errno("cannot open it", EACCES).in("port eth1").hint("is it yours?").message() ==
               "port eth1: cannot open it: Permission denied (is it yours?)");
}

BOOST_AUTO_TEST_SUITE_END()
