#include "core/error.hpp"

namespace keavrf {

Error Error::from_errno(std::string_view what, int number)
{
    return from_code(what, boost::system::error_code(number, boost::system::system_category()));
}

Error Error::from_code(std::string_view what, boost::system::error_code code)
{
    return Error(code, std::string(what) + ": " + code.message());
}

bool Error::is(int number) const noexcept
{
    return code_ == boost::system::error_condition(number, boost::system::generic_category());
}

Error Error::in(std::string_view context) const
{
    return Error(code_, std::string(context) + ": " + message_);
}

Error Error::hint(std::string_view advice) const
{
    return Error(code_, message_ + " (" + std::string(advice) + ")");
}

void throw_exception_from_error(const Error& error, const boost::source_location& /*where*/)
{
    throw FatalError(error);
}

} // namespace keavrf
