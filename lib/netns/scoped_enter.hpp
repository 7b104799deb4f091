// Runs a function inside another network namespace and comes back (core/namespace_scope.hpp).
//
//   auto socket = netns::run_in(hub.fd.get(), [] { return open_uplink(); });
//
// The function is synchronous: one that returns an awaitable does not compile, because it would run only after the
// return. What it returns comes back inside a Result; a Result comes back as it is.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/namespace_scope.hpp"

#include <type_traits>
#include <utility>

namespace keavrf::netns {

namespace detail {

template <class T>
struct AsResult {
    using type = Result<T>;
};
template <class T>
struct AsResult<Result<T>> {
    using type = Result<T>;
};

template <class T>
struct IsAwaitable : std::false_type {
};
template <class T, class Executor>
struct IsAwaitable<asio::awaitable<T, Executor>> : std::true_type {
};

} // namespace detail

// The descriptor is borrowed for the length of the call. An exception from the function passes through, at home again.
template <class Function>
auto run_in(int namespace_fd, Function&& function) -> typename detail::AsResult<std::invoke_result_t<Function>>::type
{
    using Returned = std::invoke_result_t<Function>;
    static_assert(!detail::IsAwaitable<Returned>::value, "a coroutine would run after the return from the namespace");
    const auto visit = NamespaceScope::enter(namespace_fd);
    if (!visit) {
        return visit.error();
    }
    if constexpr (std::is_void_v<Returned>) {
        std::forward<Function>(function)();
        return {};
    } else {
        return std::forward<Function>(function)();
    }
}

} // namespace keavrf::netns
