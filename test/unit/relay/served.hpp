// A server that reads one request at a time behind Admission, with the sockets before both: what comes of it over time.
#pragma once

#include "relay/admission.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>

namespace keavrf::test {

// Time goes in steps of 10 us.
struct Served {
    struct Request {
        std::uint64_t number;
        bool answered;
        unsigned port;
        relay::Admission::Kind kind;
        relay::Admission::TimePoint asked{};
        bool probe = false;
    };
    static constexpr std::size_t buffer_size = 124;

    // Into the port's socket, which has room for 700.
    void ask(unsigned port, relay::Admission::Kind kind = relay::Admission::Kind::first, bool is_answered = true)
    {
        auto& socket = sockets[port];
        if (socket.size() < 700) {
            socket.push_back({0, is_answered, port, kind, now});
        } else {
            ++overflowed[port];
        }
    }
    // A relay's turn with this port.
    void read(unsigned port)
    {
        auto& socket = sockets[port];
        auto most = std::min<std::size_t>(64, admission.may_read(now));
        if (most == 0) {
            admission.waits(shares[port], socket.size() > 100, now);
        } else if (socket.size() < most) {
            shares[port].crowded_since.reset();
        }
        most = std::min(most, socket.size());
        for (; most > 0; --most) {
            auto next = socket.front();
            socket.pop_front();
            auto& share = shares[port];
            if (!admission.has_room(share, next.kind, now)) {
                ++refused[port];
                continue;
            }
            next.number = admission.take(share, next.kind, now);
            send(next);
        }
        if (answers_probes && admission.wants_probe(now)) {
            admission.probed(now);
            send({0, true, port, relay::Admission::Kind::later, now, true});
            ++probes;
        }
    }
    void send(const Request& sent)
    {
        if (buffer.size() < buffer_size) {
            buffer.push_back(sent);
        } else {
            ++lost;
        }
    }
    [[nodiscard]] std::uint64_t unread() const
    {
        return buffer.size() - static_cast<std::uint64_t>(std::count_if(
                                   buffer.begin(), buffer.end(), [](const Request& each) { return each.probe; }));
    }
    void step()
    {
        now += std::chrono::microseconds(10);
        for (const auto& [port, socket] : sockets) {
            read(port);
        }
        if (buffer.empty()) {
            done = now + service;
            ++idle;
            return;
        }
        if (now < done) {
            return;
        }
        done = now + service;
        const auto next = buffer.front();
        buffer.pop_front();
        if (next.probe) {
            admission.probe_answered(now);
        } else if (next.answered) {
            admission.answered(next.number, now);
            ++answered[next.port];
            longest[next.port] = std::max(longest[next.port], now - next.asked);
        }
    }
    void run(std::chrono::microseconds time)
    {
        for (const auto end = now + time; now < end;) {
            step();
        }
    }

    relay::Admission admission;
    relay::Admission::TimePoint now{std::chrono::hours(1)};
    std::chrono::microseconds service{100};
    relay::Admission::TimePoint done = now;
    std::map<unsigned, relay::Admission::Share> shares;
    std::map<unsigned, unsigned> refused;
    std::map<unsigned, unsigned> answered;
    std::map<unsigned, unsigned> overflowed;
    std::map<unsigned, std::deque<Request>> sockets;
    std::deque<Request> buffer;
    std::map<unsigned, relay::Admission::Duration> longest; // until the answer
    bool answers_probes = true;
    unsigned probes = 0;
    unsigned lost = 0;
    unsigned idle = 0;
};

} // namespace keavrf::test
