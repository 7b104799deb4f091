// The hub: the one namespace that holds the relay's end of every veth pair (DESIGN section 4).
//
// Any address is local in it (`local default dev lo`), so an uplink receives what Kea sends to whatever giaddr, and no
// route of a pair is shared with another. Owned by the orchestrator; outlives every instance.
#pragma once

#include "core/asio.hpp"
#include "core/broadcast.hpp"
#include "core/error.hpp"
#include "core/types.hpp"
#include "netlink/client.hpp"
#include "netlink/monitor.hpp"
#include "netns/namespace.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace keavrf::instance {

class Hub : private netlink::Observer {
public:
    // A new namespace with its settings and its route. EEXIST where something of that name is there.
    static asio::awaitable<Result<std::unique_ptr<Hub>>> async_create(std::string name);
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;
    ~Hub() override = default;

    // Watches the hub's links until cancelled.
    asio::awaitable<void> run();
    // Called with the name of every link that appears, changes or goes.
    void on_link_change(std::function<void(std::string_view name)> listener) { listener_ = std::move(listener); }

    [[nodiscard]] const netns::Namespace& name_space() const noexcept { return name_space_; }
    [[nodiscard]] int fd() const noexcept { return name_space_.fd.get(); }
    [[nodiscard]] const netlink::Client& client() const noexcept { return client_; }
    // As last observed; null where there is none.
    [[nodiscard]] const netlink::Link* link(std::string_view name) const;
    // Until the link is observed running. ETIMEDOUT after `limit`.
    asio::awaitable<Result<netlink::Link>> async_wait_running(std::string name, Clock::duration limit);
    // Until no link of that name is observed. ETIMEDOUT after `limit`.
    asio::awaitable<Result<void>> async_wait_gone(std::string name, Clock::duration limit);
    // The name goes; the namespace goes with its last user.
    [[nodiscard]] Result<void> remove() const;

private:
    Hub(asio::any_io_executor executor, netns::Namespace name_space, netlink::Client client);
    asio::awaitable<Result<void>> async_prepare();
    void begin_resync() override;
    void event(const netlink::Event& event) override;
    void end_resync() override;
    void changed(const std::string& name);

    asio::any_io_executor executor_;
    netns::Namespace name_space_;
    netlink::Client client_;
    std::unique_ptr<netlink::Monitor> monitor_;
    std::map<InterfaceIndex, netlink::Link> links_;
    std::map<InterfaceIndex, netlink::Link> before_resync_;
    Broadcast changes_;
    std::function<void(std::string_view)> listener_;
};

} // namespace keavrf::instance
