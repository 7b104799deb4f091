#include "core/error.hpp"

namespace keavrf {

namespace {

// What can be wanting in whatever is done, so that nobody who fails has to know what helps against it.
std::string_view advice_for(boost::system::error_code code)
{
    if (code == boost::system::errc::too_many_files_open) {
        return " (raise the limit of open files: ulimit -n, LimitNOFILE= in the unit, --ulimit nofile= for a "
               "container)";
    }
    if (code == boost::system::errc::too_many_files_open_in_system) {
        return " (raise the system's limit of open files: sysctl fs.file-max)";
    }
    if (code == boost::system::errc::read_only_file_system) {
        return " (remount it read-write; dmesg says whether a fault of its disk is why)";
    }
    return {};
}

} // namespace

Error Error::from_errno(std::string_view what, int number)
{
    return from_code(what, boost::system::error_code(number, boost::system::system_category()));
}

Error Error::from_code(std::string_view what, boost::system::error_code code)
{
    return Error(code, std::string(what) + ": " + code.message() + std::string(advice_for(code)));
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
