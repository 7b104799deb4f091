#include "core/exception_text.hpp"

#include <boost/system/system_error.hpp>

namespace keavrf {

std::string text_of(const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
        return error.code().message();
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "an exception of an unknown kind";
    }
}

} // namespace keavrf
