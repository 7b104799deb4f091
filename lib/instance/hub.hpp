// The hub: the one namespace that holds the relay's end of every veth pair (DESIGN section 4).
//
// Any address is local in it (`local default dev lo`), so an uplink receives what Kea sends to whatever giaddr, and no
// route of a pair is shared with another. Owned by the orchestrator; outlives every instance.
#pragma once

#include "core/asio.hpp"
#include "core/broadcast.hpp"
#include "core/error.hpp"
#include "core/types.hpp"
#include "instance/namespace_name.hpp"
#include "instance/pair_state.hpp"
#include "netlink/client.hpp"
#include "netlink/monitor.hpp"
#include "netns/namespace.hpp"
#include "topology/link_names.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace keavrf::instance {

class Hub : private netlink::Observer {
public:
    // Writes down what the hub's namespace is, before it gets its name: what bears our name can always be proved ours.
    using Recorder = std::function<Result<void>(const netns::Namespace&)>;
    // A new namespace with its settings and its route. EEXIST where something of that name is there.
    static asio::awaitable<Result<std::unique_ptr<Hub>>> async_create(std::string name, Recorder recorder);
    // Goes on with the one of an earlier keavrfd, which the caller has proved to be ours; what is missing is mended.
    static asio::awaitable<Result<std::unique_ptr<Hub>>> async_adopt(netns::Namespace name_space);
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;
    ~Hub() override = default;

    // Watches the hub's links and addresses until cancelled.
    asio::awaitable<void> run();
    // Until run() has told what there is, or the wait is given up.
    asio::awaitable<void> async_wait_complete();
    // For whoever learns that run() will not tell.
    void give_up_waiting()
    {
        wait_given_up_ = true;
        completed_.notify_all();
    }

    // Looks at what no event tells: its name, its any-address route and rules, what is in the way of them, loopback,
    // settings, neighbours. What is not in order and can be put in place again, in words; empty: nothing. It remains
    // ours whatever happens to its name: we hold it by descriptor. A name that another has is told of by itself.
    asio::awaitable<Result<std::string>> async_look();
    // Somebody else has its name, as it was when it was last looked at; empty: nobody has.
    [[nodiscard]] const std::string& name_warning() const noexcept { return name_warning_; }
    // Puts all of that in place again.
    asio::awaitable<Result<void>> async_repair();

    // Called with the name of every link that appears, changes or goes, or whose addresses do.
    void on_link_change(std::function<void(std::string_view name)> listener) { listener_ = std::move(listener); }

    [[nodiscard]] const netns::Namespace& name_space() const noexcept { return name_space_; }
    [[nodiscard]] int fd() const noexcept { return name_space_.fd.get(); }
    [[nodiscard]] const netlink::Client& client() const noexcept { return client_; }
    // As last observed; null where there is none.
    [[nodiscard]] const netlink::Link* link(std::string_view name) const;
    // The end of that name as last observed. Neighbours only where they were looked at after `since`.
    [[nodiscard]] NamespacePicture picture_of(std::string_view name, Clock::time_point since) const;
    // Until the link is observed running. ETIMEDOUT after `limit`.
    asio::awaitable<Result<netlink::Link>> async_wait_running(std::string name, Clock::duration limit);
    // Until no link of that name is observed. ETIMEDOUT after `limit`.
    asio::awaitable<Result<void>> async_wait_gone(std::string name, Clock::duration limit);
    // Removes a link that was observed, and waits until it is gone; no such link is a success. Those removed at the
    // same time go together, since each by itself would keep this thread, and every VRF, waiting for some 20 ms.
    asio::awaitable<Result<void>> async_remove_link(std::string name);
    // The name goes (name_removal.hpp); the namespace goes with its last user.
    [[nodiscard]] Result<void> remove() const;

private:
    Hub(asio::any_io_executor executor, netns::Namespace name_space, netlink::Client client);
    static asio::awaitable<Result<std::unique_ptr<Hub>>> async_make(netns::Namespace name_space);
    asio::awaitable<Result<void>> async_prepare();
    asio::awaitable<Result<void>> async_prepare_routing();
    [[nodiscard]] std::string name_trouble();
    [[nodiscard]] Result<void> restore_name();
    void begin_resync() override;
    void event(const netlink::Event& event) override;
    void end_resync() override;
    void put(const netlink::Link& link);
    void take_away(const netlink::LinkRemoved& removed);
    void changed(const std::string& name);
    void changed(InterfaceIndex index);
    // Until something of the link of that name changes; false when `deadline` passed first.
    asio::awaitable<bool> async_wait_change(std::string name, Clock::time_point deadline);
    [[nodiscard]] std::uint32_t group_of_leaving(Clock::time_point now);

    asio::any_io_executor executor_;
    netns::Namespace name_space_;
    netlink::Client client_;
    std::unique_ptr<netlink::Monitor> monitor_;
    std::map<InterfaceIndex, netlink::Link> links_;
    topology::LinkNames names_; // of links_
    std::map<InterfaceIndex, netlink::Link> before_resync_;
    std::map<InterfaceIndex, std::vector<netlink::Address>> addresses_;
    std::map<InterfaceIndex, std::vector<netlink::Neighbour>> neighbours_; // as of looked_at_
    Clock::time_point looked_at_{};
    bool complete_ = false;
    std::string name_warning_; // as it was told
    std::string name_unseen_;  // it cannot be looked at; the same
    Broadcast completed_;
    bool wait_given_up_ = false;
    std::map<std::string, std::shared_ptr<Broadcast>> awaited_; // names of links that somebody waits for
    std::function<void(std::string_view)> listener_;
    // Links on their way out are marked with a group, another one every few milliseconds.
    std::uint32_t leaving_group_;
    Clock::time_point leaving_since_{};
};

} // namespace keavrf::instance
