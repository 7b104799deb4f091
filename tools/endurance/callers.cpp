#include "callers.hpp"

#include "packet.hpp"
#include "sockets.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace keavrf::endurance {

namespace {

constexpr std::size_t xid_field = 4;
constexpr std::size_t chaddr_field = 28;

} // namespace

Callers::Callers(const Tenants& tenants, const std::vector<unsigned>& which)
{
    for (const auto tenant : which) {
        bench::Road road;
        road.source = Tenants::mac(tenant);
        auto frame = bench::client_frame(test::type::discover, road);
        std::copy(road.source.begin(), road.source.end(), frame.begin() + bench::headers_size + chaddr_field);
        callers_.push_back({bench::open_frames(tenants.clients(), Tenants::client_interface(tenant).c_str(), 68),
                            std::move(frame),
                            {}});
    }
}

std::vector<std::optional<Clock::duration>> Callers::call(Clock::time_point start, Clock::duration interval,
                                                          Clock::duration patience)
{
    // What answers an earlier call counts for nothing.
    first_xid_ = xid_ + 1;
    for (auto& caller : callers_) {
        caller.answered.reset();
    }
    auto next = Clock::now();
    while (!all_answered() && Clock::now() < start + patience) {
        if (Clock::now() >= next) {
            send_all();
            next = std::max(next + interval, Clock::now());
        }
        wait(next - Clock::now());
    }
    std::vector<std::optional<Clock::duration>> times;
    for (const auto& caller : callers_) {
        times.push_back(caller.answered ? std::optional(*caller.answered - start) : std::nullopt);
    }
    return times;
}

void Callers::send_all()
{
    ++xid_;
    for (auto& caller : callers_) {
        if (!caller.answered) {
            bench::write32(caller.frame, bench::headers_size + xid_field, xid_);
            ::send(caller.socket.get(), caller.frame.data(), caller.frame.size(), MSG_DONTWAIT);
        }
    }
}

void Callers::receive(Caller& caller)
{
    std::array<std::uint8_t, bench::largest_frame> buffer{};
    for (auto size = ::recv(caller.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT); size > 0;
         size = ::recv(caller.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT)) {
        const auto answer = bench::read_answer(std::span(buffer).first(static_cast<std::size_t>(size)));
        const bool counts = answer && answer->type == test::type::offer && answer->xid >= first_xid_;
        if (counts && !caller.answered) {
            caller.answered = Clock::now();
        }
    }
}

void Callers::wait(Clock::duration longest)
{
    std::vector<pollfd> watched;
    for (const auto& caller : callers_) {
        watched.push_back({caller.socket.get(), POLLIN, 0});
    }
    const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(longest).count();
    const timespec timeout{0, std::clamp<long>(nanoseconds, 0, 999'999'999)};
    ::ppoll(watched.data(), watched.size(), &timeout, nullptr);
    for (std::size_t i = 0; i < callers_.size(); ++i) {
        if (watched[i].revents != 0) {
            receive(callers_[i]);
        }
    }
}

bool Callers::all_answered() const
{
    return std::all_of(callers_.begin(), callers_.end(),
                       [](const auto& caller) { return caller.answered.has_value(); });
}

} // namespace keavrf::endurance
