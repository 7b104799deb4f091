// Carries an awaitable out and returns its value, so that a test reads from top to bottom.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "support/wait.hpp"

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace keavrf::test {

// Runs the context until the condition holds.
template <class Condition>
void run_until(asio::io_context& context, Condition condition)
{
    const auto deadline = Clock::now() + patience;
    while (!condition()) {
        context.restart();
        context.run_one_until(deadline);
        if (Clock::now() >= deadline) {
            throw std::runtime_error("what the test waits for did not happen");
        }
    }
}

template <class T>
T await(asio::io_context& context, asio::awaitable<T> awaitable)
{
    std::optional<T> value;
    std::exception_ptr failure;
    auto done = [&value, &failure](std::exception_ptr thrown, T result) {
        failure = std::move(thrown);
        value.emplace(std::move(result));
    };
    asio::co_spawn(context, std::move(awaitable), std::move(done));
    run_until(context, [&value] { return value.has_value(); });
    if (failure) {
        std::rethrow_exception(failure);
    }
    return std::move(*value);
}

} // namespace keavrf::test
