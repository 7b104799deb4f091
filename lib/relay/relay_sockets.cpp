// How the ports and the uplink of Relay come and go.
#include "core/log.hpp"
#include "relay/relay.hpp"

#include <cstddef>
#include <string>

namespace keavrf::relay {

namespace {

// More than a port's socket holds.
constexpr std::size_t abandoned_batches = 64;

} // namespace

Result<void> Relay::open_port(const PortConfig& config)
{
    close_port(config.index);
    auto socket = PortSocket::open(executor_, config.index, config.name, context_.io->frames);
    if (!socket) {
        return socket.error();
    }
    domain_.put_port(config);
    counters_.ports[config.index].name = config.name;
    sockets_[config.index] = *socket;
    tasks_.spawn("port " + config.name, serve_port(*socket));
    return {};
}

void Relay::update_port(const PortConfig& config)
{
    if (sockets_.contains(config.index)) {
        domain_.put_port(config);
        counters_.ports[config.index].name = config.name;
    }
}

void Relay::close_port(InterfaceIndex index)
{
    const auto found = sockets_.find(index);
    if (found == sockets_.end()) {
        return;
    }
    found->second->close();
    sockets_.erase(found);
    domain_.erase_port(index);
    counters_.ports.erase(index);
}

std::size_t Relay::abandon_port(InterfaceIndex index)
{
    const auto found = sockets_.find(index);
    if (found == sockets_.end()) {
        return 0;
    }
    auto dropped = held_.erase(index);
    // What comes meanwhile waits for nobody: the socket closes.
    auto& batch = context_.io->batch;
    for (std::size_t turn = 0; turn < abandoned_batches && batch.receive(found->second->descriptor()) == 0; ++turn) {
        dropped += batch.size();
    }
    close_port(index);
    count_drop({}, DropReason::moved, dropped);
    return dropped;
}

void Relay::fail_port(InterfaceIndex index, const Error& error)
{
    const auto* port = domain_.port(index);
    const auto failure = error.in("port " + (port == nullptr ? std::to_string(index.value()) : port->config.name));
    close_port(index);
    log::warning("relay.port-failed", context_.vrf, failure.message(), {{"index", index.value()}});
    if (context_.on_port_failed) {
        context_.on_port_failed(index, failure);
    }
}

void Relay::fail_uplink(const Error& error)
{
    close_uplink();
    log::warning("relay.uplink-failed", context_.vrf, error.message());
    if (context_.on_uplink_failed) {
        context_.on_uplink_failed(error);
    }
}

Result<void> Relay::open_uplink(InterfaceIndex index, const std::string& name)
{
    close_uplink();
    const int hub = context_.hub_namespace ? context_.hub_namespace() : -1;
    if (hub < 0) {
        return Error::from_errno("uplink " + name + ": there is no hub namespace", ENOENT);
    }
    auto uplink = Uplink::open(executor_, hub, index, name, *context_.io->frames);
    if (!uplink) {
        return uplink.error();
    }
    uplink_ = *uplink;
    try {
        tasks_.spawn("uplink " + name, serve_uplink(uplink_, Side::server));
        tasks_.spawn("uplink " + name + " (clients)", serve_uplink(uplink_, Side::client));
    } catch (...) {
        close_uplink(); // one that nobody reads is none
        throw;
    }
    update_serving();
    return {};
}

void Relay::close_uplink()
{
    if (uplink_) {
        uplink_->close();
        uplink_.reset();
        last_answer_.reset();
        update_serving();
    }
}

void Relay::close_all() noexcept
{
    for (auto& [index, socket] : sockets_) {
        socket->close();
    }
    sockets_.clear();
    if (uplink_) {
        uplink_->close();
        uplink_.reset();
    }
    held_.clear();
    update_serving();
}

} // namespace keavrf::relay
