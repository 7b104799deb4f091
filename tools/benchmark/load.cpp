#include "load.hpp"

#include "sockets.hpp"

#include <boost/test/unit_test.hpp>

#include <poll.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <thread>
#include <utility>

namespace keavrf::bench {

namespace {

constexpr auto late = std::chrono::seconds(1);

} // namespace

Load::Load(int network_namespace, const char* interface, const Road& road, bool four_messages, InstantServer* server)
    : socket_(open_frames(network_namespace, interface, road.giaddr ? 67 : 68)), server_(server),
      relayed_(road.giaddr.has_value()), four_messages_(four_messages),
      discover_(client_frame(test::type::discover, road)), request_(client_frame(test::type::request, road)),
      clients_(four_messages ? few : many)
{
    for (unsigned i = 0; i < clients_.size(); ++i) {
        idle_.push_back(i);
    }
}

LoadResult Load::run(const LoadOptions& options)
{
    forget_open_exchanges();
    result_ = {};
    const auto start = Clock::now();
    for (auto now = start; now < start + options.duration; now = Clock::now()) {
        begin_due(options, start, now);
        out_.flush(socket_.get());
        const bool served = server_ != nullptr && server_->turn();
        const auto before = result_.done;
        receive();
        drop_late(now);
        if (!served && before == result_.done) {
            // Until the next exchange is due, or something comes.
            auto longest = Clock::duration(std::chrono::milliseconds(20));
            if (options.rate > 0) {
                const auto next = std::chrono::duration<double>(static_cast<double>(result_.begun + 1) / options.rate);
                longest = std::min(longest, start + std::chrono::duration_cast<Clock::duration>(next) - Clock::now());
            }
            wait(longest);
        }
    }
    result_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return std::exchange(result_, {});
}

void Load::begin_due(const LoadOptions& options, Clock::time_point start, Clock::time_point now)
{
    if (options.rate > 0) {
        const auto due = static_cast<std::uint64_t>(std::chrono::duration<double>(now - start).count() * options.rate);
        // A late generator catches up, in bursts that a socket buffer takes.
        for (unsigned burst = 0; result_.begun < due && burst < Batch::size && !idle_.empty(); ++burst) {
            begin(now);
        }
        return;
    }
    while (open_ < options.outstanding && !idle_.empty()) {
        begin(now);
    }
}

void Load::begin(Clock::time_point now)
{
    const auto index = idle_.front();
    idle_.pop_front();
    auto& client = clients_[index];
    client.state = State::discovering;
    client.begun = now;
    ++client.sequence;
    ++open_;
    ++result_.begun;
    running_.emplace_back(index, client.sequence);
    send(index, discover_, {}, {});
}

void Load::send(unsigned client, const test::Bytes& frame, Ipv4Address requested, Ipv4Address server)
{
    const auto buffer = out_.next();
    std::copy(frame.begin(), frame.end(), buffer.begin());
    set_client(buffer, (std::uint32_t{clients_[client].sequence} << 16U) | client, client, relayed_);
    if (requested != Ipv4Address()) {
        set_request(buffer, requested, server);
    }
    out_.add(frame.size());
    if (out_.full()) {
        out_.flush(socket_.get());
    }
}

void Load::receive()
{
    const auto count = in_.receive(socket_.get());
    if (count == 0) {
        return;
    }
    const auto now = Clock::now();
    for (unsigned i = 0; i < count; ++i) {
        if (const auto answer = read_answer(in_.received(i))) {
            take(*answer, now);
        }
    }
    out_.flush(socket_.get()); // the REQUESTs: not only when the next exchange is due
}

void Load::take(const Answer& answer, Clock::time_point now)
{
    const auto index = answer.xid & 0xffffU;
    if (index >= clients_.size() || clients_[index].sequence != answer.xid >> 16U) {
        return;
    }
    auto& client = clients_[index];
    if (client.state == State::discovering && answer.type == test::type::offer && four_messages_) {
        client.state = State::requesting;
        send(index, request_, answer.address, answer.server);
        return;
    }
    const bool complete = (client.state == State::discovering && answer.type == test::type::offer) ||
                          (client.state == State::requesting && answer.type == test::type::ack);
    if (complete) {
        result_.latencies.push_back(std::chrono::duration<double, std::micro>(now - client.begun).count());
        ++result_.done;
        finish(index);
    }
}

void Load::finish(unsigned client)
{
    clients_[client].state = State::idle;
    --open_;
    idle_.push_back(client);
}

void Load::drop_late(Clock::time_point now)
{
    while (!running_.empty()) {
        const auto [index, sequence] = running_.front();
        auto& client = clients_[index];
        const bool open = client.state != State::idle && client.sequence == sequence;
        if (open && now - client.begun < late) {
            return;
        }
        if (open) {
            ++result_.lost;
            // What comes later still belongs to nobody.
            ++client.sequence;
            finish(index);
        }
        running_.pop_front();
    }
}

void Load::forget_open_exchanges()
{
    for (const auto& [index, sequence] : std::exchange(running_, {})) {
        if (clients_[index].state != State::idle && clients_[index].sequence == sequence) {
            ++clients_[index].sequence;
            finish(index);
        }
    }
}

void Load::wait(Clock::duration longest)
{
    if (longest <= Clock::duration::zero()) {
        return;
    }
    std::array<pollfd, 2> watched{
        {{socket_.get(), POLLIN, 0}, {server_ != nullptr ? server_->descriptor() : -1, POLLIN, 0}}};
    const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(longest).count();
    const timespec timeout{0, std::min<long>(nanoseconds, 999'999'999)};
    ::ppoll(watched.data(), watched.size(), &timeout, nullptr);
}

bool Load::answers(Clock::duration patience)
{
    const auto end = Clock::now() + patience;
    while (Clock::now() < end) {
        LoadOptions one;
        one.rate = 20;
        one.duration = std::chrono::milliseconds(200);
        if (run(one).done > 0) {
            return true;
        }
    }
    return false;
}

} // namespace keavrf::bench
