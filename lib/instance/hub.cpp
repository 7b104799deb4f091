#include "instance/hub.hpp"

#include "netns/sysctl.hpp"

#include <algorithm>
#include <cerrno>
#include <tuple>

namespace keavrf::instance {

namespace {

// Where the kernel has no IPv6, or it is switched off, DHCPv4 works all the same.
bool without_ipv6(const Error& error)
{
    return error.is(EAFNOSUPPORT) || error.is(EOPNOTSUPP) || error.is(EACCES) || error.is(EPERM);
}

// A hub that is not finished leaves no namespace, be it by a failure or because keavrfd is told to stop meanwhile (then
// the coroutine unwinds by an exception). What removal itself reports is not told: the first failure is.
class RemoveUnlessKept {
public:
    explicit RemoveUnlessKept(const Hub& hub) : hub_(&hub) {}
    RemoveUnlessKept(const RemoveUnlessKept&) = delete;
    RemoveUnlessKept& operator=(const RemoveUnlessKept&) = delete;
    ~RemoveUnlessKept()
    {
        if (hub_ != nullptr) {
            std::ignore = hub_->remove();
        }
    }
    void keep() noexcept { hub_ = nullptr; }

private:
    const Hub* hub_;
};

} // namespace

Hub::Hub(asio::any_io_executor executor, netns::Namespace name_space, netlink::Client client)
    : executor_(std::move(executor)), name_space_(std::move(name_space)), client_(std::move(client)),
      changes_(executor_)
{
}

asio::awaitable<Result<std::unique_ptr<Hub>>> Hub::async_create(std::string name)
{
    const auto executor = co_await asio::this_coro::executor;
    auto created = netns::create(name);
    if (!created) {
        co_return created.error().in("cannot create the hub's namespace " + name);
    }
    auto client = netlink::Client::open_in(executor, created->fd.get());
    if (!client) {
        co_return client.error().in("the hub's namespace " + name);
    }
    std::unique_ptr<Hub> hub(new Hub(executor, std::move(*created), std::move(*client)));
    auto monitor = netlink::Monitor::open_in(executor, hub->fd(), *hub);
    if (!monitor) {
        co_return monitor.error().in("the hub's namespace " + name);
    }
    hub->monitor_ = std::move(*monitor);
    RemoveUnlessKept guard(*hub);
    const auto prepared = co_await hub->async_prepare();
    if (!prepared) {
        co_return prepared.error().in("cannot prepare the hub's namespace " + name);
    }
    guard.keep();
    co_return std::move(hub);
}

asio::awaitable<Result<void>> Hub::async_prepare()
{
    const auto sysctls = netns::isolated_namespace_sysctls();
    auto done = netns::apply_sysctls(fd(), sysctls);
    if (!done) {
        co_return done.error();
    }
    const auto loopback = co_await client_.async_link_by_name("lo");
    if (!loopback) {
        co_return loopback.error();
    }
    done = co_await client_.async_set_link_up(loopback->index);
    if (!done) {
        co_return done.error();
    }
    done = co_await client_.async_add_local_any_route_v4(loopback->index);
    if (!done) {
        co_return done.error();
    }
    done = co_await client_.async_add_local_any_route_v6(loopback->index);
    if (!done && !without_ipv6(done.error())) {
        co_return done.error();
    }
    co_return Result<void>{};
}

asio::awaitable<void> Hub::run()
{
    co_await monitor_->run();
}

const netlink::Link* Hub::link(std::string_view name) const
{
    const auto found =
        std::find_if(links_.begin(), links_.end(), [name](const auto& entry) { return entry.second.name == name; });
    return found != links_.end() ? &found->second : nullptr;
}

asio::awaitable<Result<netlink::Link>> Hub::async_wait_running(std::string name, Clock::duration limit)
{
    const auto deadline = Clock::now() + limit;
    while (true) {
        if (const auto* found = link(name); found != nullptr && found->running()) {
            co_return *found;
        }
        const bool notified = co_await changes_.async_wait_until(deadline);
        if (!notified) {
            co_return Error::from_errno("interface " + name + " did not come up in namespace " + name_space_.name,
                                        ETIMEDOUT);
        }
    }
}

asio::awaitable<Result<void>> Hub::async_wait_gone(std::string name, Clock::duration limit)
{
    const auto deadline = Clock::now() + limit;
    while (link(name) != nullptr) {
        const bool notified = co_await changes_.async_wait_until(deadline);
        if (!notified) {
            co_return Error::from_errno("interface " + name + " did not go in namespace " + name_space_.name,
                                        ETIMEDOUT);
        }
    }
    co_return Result<void>{};
}

Result<void> Hub::remove() const
{
    return name_space_.named ? netns::remove(name_space_.name, name_space_.inode) : Result<void>{};
}

void Hub::begin_resync()
{
    before_resync_ = std::move(links_);
    links_.clear();
}

void Hub::event(const netlink::Event& event)
{
    if (const auto* link = std::get_if<netlink::LinkChanged>(&event)) {
        auto& known = links_[link->link.index];
        const auto old_name = known.name;
        known = link->link;
        if (!old_name.empty() && old_name != known.name) {
            changed(old_name);
        }
        changed(link->link.name);
    } else if (const auto* removed = std::get_if<netlink::LinkRemoved>(&event)) {
        links_.erase(removed->index);
        changed(removed->name);
    }
}

void Hub::end_resync()
{
    for (const auto& [index, link] : before_resync_) {
        if (!links_.contains(index)) {
            changed(link.name);
        }
    }
    before_resync_.clear();
}

void Hub::changed(const std::string& name)
{
    changes_.notify_all();
    if (listener_) {
        listener_(name);
    }
}

} // namespace keavrf::instance
