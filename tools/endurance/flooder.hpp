// DISCOVERs of ever other clients on one interface, at a rate, on a thread of its own, until the object ends.
#pragma once

#include "batch.hpp"
#include "core/unique_fd.hpp"
#include "support/dhcp_packet.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace keavrf::endurance {

class Flooder {
public:
    Flooder(int network_namespace, const std::string& interface, double rate);
    Flooder(const Flooder&) = delete;
    Flooder& operator=(const Flooder&) = delete;
    ~Flooder();

    [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }

private:
    void run(const std::stop_token& stop);
    void send_burst(bench::Batch& batch);

    UniqueFd socket_;
    test::Bytes frame_;
    double rate_;
    std::atomic<std::uint64_t> sent_{0};
    std::uint32_t client_ = 0;
    std::jthread thread_;
};

} // namespace keavrf::endurance
