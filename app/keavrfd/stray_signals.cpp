#include "stray_signals.hpp"

#include "core/log.hpp"

#include <boost/asio/signal_set.hpp>

#include <array>
#include <csignal>
#include <cstring>
#include <set>
#include <string>

namespace keavrf {

namespace {

// Those that end a process by default, without a core. SIGQUIT is for whoever wants one.
constexpr std::array stray{SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGPOLL, SIGPWR, SIGSTKFLT};

void change_stray_signals(int how)
{
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int number : stray) {
        ::sigaddset(&signals, number);
    }
    ::pthread_sigmask(how, &signals, nullptr);
}

} // namespace

void hold_back_stray_signals()
{
    change_stray_signals(SIG_BLOCK);
}

asio::awaitable<void> ignore_stray_signals()
{
    const auto executor = co_await asio::this_coro::executor;
    asio::signal_set signals(executor);
    for (const int number : stray) {
        signals.add(number);
    }
    change_stray_signals(SIG_UNBLOCK);
    std::set<int> told;
    while (true) {
        const auto [error, number] = co_await signals.async_wait(as_result);
        if (error) {
            co_return;
        }
        if (told.insert(number).second) {
            const char* name = ::sigabbrev_np(number);
            log::warning("signal.ignored", "",
                         "SIG" + std::string(name != nullptr ? name : "?") +
                             " means nothing to keavrfd and is ignored: SIGHUP reloads, SIGTERM and SIGINT stop (Kea "
                             "rotates its logs itself)");
        }
    }
}

} // namespace keavrf
