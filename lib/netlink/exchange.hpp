// One request's answer, put together from the datagrams that arrive (man 7 netlink): a state machine without a socket.
#pragma once

#include "core/error.hpp"
#include "netlink/message.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keavrf::netlink {

class Exchange {
public:
    enum class State {
        waiting,     // more is to come
        done,        // acknowledged, or dumped completely
        interrupted, // what was dumped changed meanwhile: dump again
        failed,      // error() says why
    };

    explicit Exchange(std::uint32_t sequence) noexcept : sequence_(sequence) {}

    // Messages with another sequence number are answers to requests that were given up: they are skipped.
    State feed(Bytes datagram);
    [[nodiscard]] State state() const noexcept { return state_; }
    // "<what>: <errno's text> (kernel: <its own explanation>)".
    [[nodiscard]] Error error(std::string_view what) const;
    // All messages of the answer but the last, which only ends it, one after the other.
    [[nodiscard]] std::vector<std::uint8_t> take_replies() noexcept { return std::move(replies_); }

private:
    void message(const Message& message);
    // The end of an answer: the errno, and behind `skip` further bytes the kernel's explanation.
    void finished(const Message& message);
    void fail(int number, std::string explanation);

    std::uint32_t sequence_;
    State state_ = State::waiting;
    bool interrupted_ = false;
    int errno_ = 0;
    std::string explanation_;
    std::vector<std::uint8_t> replies_;
};

} // namespace keavrf::netlink
