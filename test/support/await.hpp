// Runs one coroutine to its end on an io_context of the test's, and gives its result; what it throws is thrown.
#pragma once

#include "core/asio.hpp"

#include <exception>
#include <optional>

namespace keavrf::test {

template <class T>
T await(asio::io_context& context, asio::awaitable<T> operation)
{
    std::optional<T> result;
    std::exception_ptr failure;
    asio::co_spawn(context, std::move(operation), [&](const std::exception_ptr& error, T value) {
        failure = error;
        result.emplace(std::move(value));
    });
    context.restart();
    while (!result && context.run_one() > 0) {
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
    return std::move(result.value());
}

// The same for one without a result.
inline void await(asio::io_context& context, asio::awaitable<void> operation)
{
    bool ended = false;
    std::exception_ptr failure;
    asio::co_spawn(context, std::move(operation), [&](const std::exception_ptr& error) {
        failure = error;
        ended = true;
    });
    context.restart();
    while (!ended && context.run_one() > 0) {
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
}

} // namespace keavrf::test
