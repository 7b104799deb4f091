#include "own_start.hpp"

#include "kea_server.hpp"
#include "packet.hpp"
#include "sockets.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/socket.h>

#include <array>
#include <thread>

namespace keavrf::endurance {

namespace {

constexpr auto interval = std::chrono::milliseconds(2);
constexpr auto patience = std::chrono::seconds(10);

bench::Road to_server()
{
    bench::Road road;
    road.source = bench::Wiring::relay_mac;
    road.destination = bench::Wiring::server_mac;
    road.giaddr = bench::gateway;
    road.relay_address = bench::relay_address;
    road.server = bench::server_address;
    return road;
}

} // namespace

OwnStart::OwnStart()
    : socket_(bench::open_frames(-1, "up", 67)), frame_(bench::client_frame(test::type::discover, to_server()))
{
}

std::chrono::steady_clock::duration OwnStart::measure()
{
    using Clock = std::chrono::steady_clock;
    while (offered()) { // what an earlier Kea has left
    }
    const auto start = Clock::now();
    const auto kea = bench::KeaServer::launch(wiring_);
    while (!offered()) {
        BOOST_REQUIRE_MESSAGE(Clock::now() < start + patience, "Kea alone does not answer: " << kea.errors());
        ::send(socket_.get(), frame_.data(), frame_.size(), MSG_DONTWAIT);
        std::this_thread::sleep_for(interval);
    }
    return Clock::now() - start;
}

bool OwnStart::offered()
{
    std::array<std::uint8_t, bench::largest_frame> buffer{};
    const auto size = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    const auto answer = bench::read_answer(std::span(buffer).first(size > 0 ? static_cast<std::size_t>(size) : 0));
    return answer && answer->type == test::type::offer;
}

} // namespace keavrf::endurance
