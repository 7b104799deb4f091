// Expected failures as values: a code for programs, a sentence for the operator.
//
// Context is added once, by the layer that knows the object ("port eth1", "namespace keavrf-red"), so that the text
// that reaches the log reads: what failed, on what, why, and what to do.
#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <string_view>

namespace keavrf {

class Error {
public:
    Error() = default;
    Error(boost::system::error_code code, std::string message) : code_(code), message_(std::move(message)) {}
    explicit Error(std::string message)
        : code_(boost::system::errc::make_error_code(boost::system::errc::invalid_argument)),
          message_(std::move(message))
    {
    }

    // "<what>: <text of errno>", for a system call that has just failed.
    static Error from_errno(std::string_view what, int number = errno);
    // "<what>: <text of code>".
    static Error from_code(std::string_view what, boost::system::error_code code);

    [[nodiscard]] const boost::system::error_code& code() const noexcept { return code_; }
    [[nodiscard]] const std::string& message() const noexcept { return message_; }
    // True when the failure is the errno given: error.is(ENOENT).
    [[nodiscard]] bool is(int number) const noexcept;

    // Puts "<context>: " in front.
    [[nodiscard]] Error in(std::string_view context) const;
    // Appends " (<hint>)": what the operator can do about it.
    [[nodiscard]] Error hint(std::string_view advice) const;

private:
    boost::system::error_code code_;
    std::string message_;
};

template <class T>
using Result = boost::system::result<T, Error>;

// A string as a success: it would not convert by itself, because an Error can be made from a string too.
inline Result<std::string> success(std::string value)
{
    return Result<std::string>(boost::system::in_place_value, std::move(value));
}

// Start-up failures and broken invariants only; carries the whole sentence.
class FatalError : public std::runtime_error {
public:
    explicit FatalError(const Error& error) : std::runtime_error(error.message()), error_(error) {}
    [[nodiscard]] const Error& error() const noexcept { return error_; }

private:
    Error error_;
};

// What Result<T>::value() throws.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

} // namespace keavrf
