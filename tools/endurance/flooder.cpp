#include "flooder.hpp"

#include "batch.hpp"
#include "packet.hpp"
#include "sockets.hpp"

#include <algorithm>
#include <chrono>

namespace keavrf::endurance {

namespace {

constexpr auto pause = std::chrono::microseconds(200);
// A generator that was held up does not make up for it with one endless burst.
constexpr auto catch_up = std::chrono::milliseconds(20);

} // namespace

Flooder::Flooder(int network_namespace, const std::string& interface, double rate)
    : socket_(bench::open_frames(network_namespace, interface.c_str(), 68)),
      frame_(bench::client_frame(test::type::discover, bench::Road())), rate_(rate)
{
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Flooder::~Flooder() = default;

void Flooder::run(const std::stop_token& stop)
{
    using Clock = std::chrono::steady_clock;
    bench::Batch batch;
    auto due = Clock::now();
    const auto burst_time = std::chrono::duration<double>(bench::Batch::size / rate_);
    while (!stop.stop_requested()) {
        const auto now = Clock::now();
        if (due > now) {
            std::this_thread::sleep_for(pause);
            continue;
        }
        due = std::max(due, now - catch_up) + std::chrono::duration_cast<Clock::duration>(burst_time);
        send_burst(batch);
    }
}

void Flooder::send_burst(bench::Batch& batch)
{
    while (!batch.full()) {
        ++client_;
        const auto buffer = batch.next();
        std::copy(frame_.begin(), frame_.end(), buffer.begin());
        bench::set_client(buffer, client_, client_ & 0xffffffU, false);
        batch.add(frame_.size());
    }
    sent_ += batch.flush(socket_.get());
}

} // namespace keavrf::endurance
