#include "instant_server.hpp"

#include "dhcp/frame.hpp"
#include "sockets.hpp"
#include "wiring.hpp"

namespace keavrf::bench {

namespace {

const Ipv4Address pool{0x0a01ff00U};

} // namespace

InstantServer::InstantServer(int network_namespace)
    : requests_(open_datagrams(network_namespace, "kea0", 67)), frames_(open_frames(network_namespace, "kea0", 0))
{
}

bool InstantServer::turn()
{
    const auto count = in_.receive(requests_.get());
    for (unsigned i = 0; i < count; ++i) {
        const auto request = in_.received(i);
        const auto frame = out_.next();
        const auto size = write_server_answer(request, frame.subspan(headers_size), server_address, pool);
        if (size == 0) {
            continue;
        }
        dhcp::FrameAddresses addresses;
        addresses.source_mac = Wiring::server_mac;
        addresses.destination_mac = Wiring::relay_mac;
        addresses.source = server_address;
        addresses.destination = Ipv4Address(read32(request, 24));
        addresses.destination_port = 67;
        if (dhcp::write_frame_header(frame.first<dhcp::frame_header_size>(), frame.subspan(headers_size, size),
                                     addresses)) {
            out_.add(headers_size + size);
        }
    }
    out_.flush(frames_.get());
    return count > 0;
}

} // namespace keavrf::bench
