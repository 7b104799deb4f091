// What the hub's monitor tells: links and their addresses, kept as last observed.
#include "instance/hub.hpp"

#include <algorithm>
#include <cerrno>
#include <vector>

namespace keavrf::instance {

namespace {

constexpr std::chrono::milliseconds gathering{5};
constexpr std::chrono::seconds gone_within{1};

} // namespace

const netlink::Link* Hub::link(std::string_view name) const
{
    const auto& named = names_.find(name);
    return !named.empty() ? &links_.at(*named.begin()) : nullptr;
}

asio::awaitable<Result<netlink::Link>> Hub::async_wait_running(std::string name, Clock::duration limit)
{
    const auto deadline = Clock::now() + limit;
    while (true) {
        if (const auto* found = link(name); found != nullptr && found->running()) {
            co_return *found;
        }
        const bool notified = co_await async_wait_change(name, deadline);
        if (!notified) {
            co_return Error::from_errno("interface " + name + " did not come up in namespace " + name_space_.name,
                                        ETIMEDOUT);
        }
    }
}

// Of this name alone: where a thousand wait, each for its own link, not all of them look at every event.
asio::awaitable<bool> Hub::async_wait_change(std::string name, Clock::time_point deadline)
{
    struct ForgetAtEnd {
        Hub& hub;
        const std::string& name;
        std::shared_ptr<Broadcast> changes;
        ~ForgetAtEnd()
        {
            if (!changes->has_waiters()) {
                hub.awaited_.erase(name);
            }
        }
    };
    auto& changes = awaited_[name];
    if (!changes) {
        changes = std::make_shared<Broadcast>(executor_);
    }
    const ForgetAtEnd forget{*this, name, changes};
    const bool notified = co_await forget.changes->async_wait_until(deadline);
    co_return notified;
}

asio::awaitable<Result<void>> Hub::async_wait_gone(std::string name, Clock::duration limit)
{
    const auto deadline = Clock::now() + limit;
    while (link(name) != nullptr) {
        const bool notified = co_await async_wait_change(name, deadline);
        if (!notified) {
            co_return Error::from_errno("interface " + name + " did not go in namespace " + name_space_.name,
                                        ETIMEDOUT);
        }
    }
    co_return Result<void>{};
}

// Each group is for those of one moment only: whoever marked a link and was cancelled before it went keeps it. The same
// holds for one that an earlier keavrfd marked, as the first number is a random one.
std::uint32_t Hub::group_of_leaving(Clock::time_point now)
{
    if (now - leaving_since_ > gathering) {
        leaving_since_ = now;
        leaving_group_ = std::max(leaving_group_ + 1, 1U); // all links begin in group 0
    }
    return leaving_group_;
}

asio::awaitable<Result<void>> Hub::async_remove_link(std::string name)
{
    const auto* found = link(name);
    if (found == nullptr) {
        co_return Result<void>{};
    }
    const auto group = group_of_leaving(Clock::now());
    const auto marked = co_await client_.async_set_link_group(found->index, group);
    if (marked) {
        co_await async_sleep(gathering);
        // ENODEV: another has removed them all.
        const auto deleted = co_await client_.async_delete_links_of_group(group);
        if (!deleted && !deleted.error().is(ENODEV)) {
            co_return deleted;
        }
    } else if (!marked.error().is(ENODEV)) {
        co_return marked;
    }
    auto gone = co_await async_wait_gone(name, gone_within);
    if (!gone) {
        // Where hundreds go at the same time, what is observed lags behind.
        const auto left = co_await client_.async_link_by_name(name);
        if (!left && left.error().is(ENODEV)) {
            co_return Result<void>{};
        }
    }
    co_return gone;
}

NamespacePicture Hub::picture_of(std::string_view name, Clock::time_point since) const
{
    NamespacePicture picture;
    const auto* found = link(name);
    if (found == nullptr) {
        return picture;
    }
    picture.links.push_back(*found);
    // Loopback's tell whether there is IPv6. There is a link for each VRF: only these two are looked at.
    const auto* loopback = link("lo");
    for (const auto* owner : {loopback, found}) {
        const auto addresses = owner != nullptr ? addresses_.find(owner->index) : addresses_.end();
        if (addresses != addresses_.end()) {
            picture.addresses.insert(picture.addresses.end(), addresses->second.begin(), addresses->second.end());
        }
    }
    if (looked_at_ > since) {
        const auto neighbours = neighbours_.find(found->index);
        picture.neighbours.emplace();
        if (neighbours != neighbours_.end()) {
            *picture.neighbours = neighbours->second;
        }
    }
    return picture;
}

asio::awaitable<void> Hub::async_wait_complete()
{
    while (!complete_ && !wait_given_up_) {
        co_await completed_.async_wait_until(Clock::time_point::max());
    }
}

void Hub::begin_resync()
{
    before_resync_ = std::move(links_);
    links_.clear();
    names_.clear();
    addresses_.clear();
}

void Hub::event(const netlink::Event& event)
{
    if (const auto* link = std::get_if<netlink::LinkChanged>(&event)) {
        put(link->link);
    } else if (const auto* removed = std::get_if<netlink::LinkRemoved>(&event)) {
        take_away(*removed);
    } else if (const auto* address = std::get_if<netlink::AddressChanged>(&event)) {
        auto& known = addresses_[address->address.index];
        std::erase_if(known, [&](const auto& other) { return other.same_place(address->address); });
        known.push_back(address->address);
        changed(address->address.index);
    } else if (const auto* lost = std::get_if<netlink::AddressRemoved>(&event)) {
        std::erase_if(addresses_[lost->address.index],
                      [&](const auto& other) { return other.same_place(lost->address); });
        changed(lost->address.index);
    }
}

void Hub::put(const netlink::Link& link)
{
    auto& known = links_[link.index];
    const auto old_name = known.name;
    known = link;
    if (!old_name.empty() && old_name != link.name) {
        names_.erase(old_name, link.index);
        changed(old_name);
    }
    names_.insert(link.name, link.index);
    changed(link.name);
}

void Hub::take_away(const netlink::LinkRemoved& removed)
{
    if (const auto known = links_.find(removed.index); known != links_.end()) {
        names_.erase(known->second.name, removed.index);
        links_.erase(known);
    }
    addresses_.erase(removed.index);
    changed(removed.name);
}

void Hub::end_resync()
{
    for (const auto& [index, link] : before_resync_) {
        if (!links_.contains(index)) {
            changed(link.name);
        }
    }
    before_resync_.clear();
    complete_ = true;
    completed_.notify_all();
}

void Hub::changed(InterfaceIndex index)
{
    if (const auto link = links_.find(index); link != links_.end()) {
        changed(std::string(link->second.name));
    }
}

void Hub::changed(const std::string& name)
{
    if (const auto awaited = awaited_.find(name); awaited != awaited_.end()) {
        awaited->second->notify_all();
    }
    if (listener_) {
        listener_(name);
    }
}

} // namespace keavrf::instance
