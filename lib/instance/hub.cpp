#include "instance/hub.hpp"

#include "core/log.hpp"
#include "instance/name_removal.hpp"
#include "netns/sysctl.hpp"

#include <cerrno>
#include <random>
#include <utility>

namespace keavrf::instance {

namespace {

// Where the kernel has no IPv6, or it is switched off, DHCPv4 works all the same.
bool without_ipv6(const Error& error)
{
    return error.is(EAFNOSUPPORT) || error.is(EOPNOTSUPP) || error.is(EACCES) || error.is(EPERM);
}

// A file without a namespace on it is nobody's.
Result<void> clear_stale_name(const std::string& name)
{
    const auto found = netns::open(name);
    return !found && found.error().code() == netns::Problem::stale_file ? netns::remove_stale_file(name)
                                                                        : Result<void>();
}

// The kernel's link watch may keep back for a second what is not urgent, and so does whoever waits for a pair to be
// running. A veth end is urgent, but not where its peer in another namespace has the same index (linkwatch_urgent_event
// takes it for a link of its own then). kea0 is the second link of its namespace: so the hub's second index is used up.
asio::awaitable<Result<void>> async_use_up_index(netlink::Client client)
{
    const auto created = co_await client.async_create_veth("first", "second");
    if (!created) {
        co_return created.error();
    }
    const auto link = co_await client.async_link_by_name("first");
    if (!link) {
        co_return link.error();
    }
    const auto deleted = co_await client.async_delete_link(link->index);
    co_return deleted;
}

} // namespace

Hub::Hub(asio::any_io_executor executor, netns::Namespace name_space, netlink::Client client)
    : executor_(std::move(executor)), name_space_(std::move(name_space)), client_(std::move(client)),
      completed_(executor_), leaving_group_(std::random_device{}())
{
}

// Unnamed until it is finished: where a step fails, or keavrfd is told to stop meanwhile, it goes with its descriptor.
asio::awaitable<Result<std::unique_ptr<Hub>>> Hub::async_create(std::string name, Recorder recorder)
{
    auto created = netns::create_unnamed();
    if (!created) {
        co_return created.error().in("cannot create the hub's namespace " + name);
    }
    created->name = name;
    auto hub = co_await async_make(std::move(*created));
    if (!hub) {
        co_return hub.error();
    }
    auto& name_space = (*hub)->name_space_;
    auto done = co_await async_use_up_index((*hub)->client_);
    if (done) {
        done = clear_stale_name(name);
    }
    if (done) {
        done = recorder(name_space);
    }
    if (done) {
        done = netns::assign_name(name_space, name);
    }
    if (!done) {
        co_return done.error().in("cannot create the hub's namespace " + name);
    }
    co_return std::move(hub);
}

asio::awaitable<Result<std::unique_ptr<Hub>>> Hub::async_adopt(netns::Namespace name_space)
{
    auto hub = co_await async_make(std::move(name_space));
    co_return hub;
}

asio::awaitable<Result<std::unique_ptr<Hub>>> Hub::async_make(netns::Namespace name_space)
{
    const auto executor = co_await asio::this_coro::executor;
    const auto context = "the hub's namespace " + name_space.name;
    auto client = netlink::Client::open_in(executor, name_space.fd.get());
    if (!client) {
        co_return client.error().in(context);
    }
    std::unique_ptr<Hub> hub(new Hub(executor, std::move(name_space), std::move(*client)));
    auto monitor = netlink::Monitor::open_in(executor, hub->fd(), *hub);
    if (!monitor) {
        co_return monitor.error().in(context);
    }
    hub->monitor_ = std::move(*monitor);
    const auto prepared = co_await hub->async_prepare();
    if (!prepared) {
        co_return prepared.error().in("cannot prepare " + context);
    }
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

// Empty: it has its name, or cannot have it. What keeps it from that is told once, each time that it comes about.
std::string Hub::name_trouble()
{
    if (!name_space_.named) {
        return {};
    }
    const auto opened = netns::open(name_space_.name);
    const auto found = opened ? Result<NamespaceInode>(opened->inode) : Result<NamespaceInode>(opened.error());
    const auto state = judge_name(found, name_space_.inode);
    const auto taken =
        state != NameState::taken
            ? std::string()
            : describe_taken(name_space_.name, found) +
                  ": service goes on, but ip netns does not show the hub, and a next keavrfd cannot take it "
                  "over; the hub gets its name back when that is removed";
    const auto unseen = state != NameState::unknown
                            ? std::string()
                            : "cannot look at the hub's name, which changes nothing: " + found.error().message();
    if (std::exchange(name_warning_, taken) != taken && !taken.empty()) {
        log::warning("hub.name-taken", "", taken);
    }
    if (std::exchange(name_unseen_, unseen) != unseen && !unseen.empty()) {
        log::warning("hub.inspection", "", unseen);
    }
    return state == NameState::gone ? "its name " + name_space_.name + " is gone" : std::string();
}

Result<void> Hub::restore_name()
{
    if (name_trouble().empty()) {
        return {};
    }
    auto done = clear_stale_name(name_space_.name);
    if (done) {
        done = netns::assign_name(name_space_, name_space_.name);
    }
    return done;
}

asio::awaitable<Result<std::string>> Hub::async_look()
{
    auto trouble = name_trouble();
    const auto routes = co_await client_.async_routes();
    if (!routes) {
        co_return routes.error();
    }
    const auto rules = co_await client_.async_rules();
    if (!rules) {
        co_return rules.error();
    }
    const auto began = Clock::now(); // what is set up after this may be missing in what is told
    const auto neighbours = co_await client_.async_neighbours();
    if (!neighbours) {
        co_return neighbours.error();
    }
    neighbours_.clear();
    for (const auto& neighbour : *neighbours) {
        neighbours_[neighbour.index].push_back(neighbour);
    }
    looked_at_ = began;
    const auto settings = netns::isolated_namespace_sysctls();
    const auto settled = netns::sysctls_in_place(fd(), settings);
    const auto* loopback = link("lo");
    if (trouble.empty() && !has_any_address_route(*routes)) {
        trouble = "its any-address route is gone";
    } else if (trouble.empty() && !missing_rules(*rules).empty()) {
        trouble = "a rule that its routes need is gone (ip rule)";
    } else if (trouble.empty() && !routes_in_the_way(*routes).empty()) {
        trouble = "a route of somebody's is in it, which takes addresses away from the relay";
    } else if (trouble.empty() && !rules_in_the_way(*rules).empty()) {
        trouble = "a rule of somebody's is in it (ip rule), which may take addresses away from the relay";
    } else if (trouble.empty() && loopback != nullptr && !loopback->up()) {
        trouble = "its loopback is down";
    } else if (trouble.empty() && settled && !*settled) {
        trouble = "its settings (/proc/sys/net) have changed";
    }
    co_return success(std::move(trouble));
}

asio::awaitable<Result<void>> Hub::async_repair()
{
    auto done = co_await async_prepare();
    if (done) {
        done = co_await async_prepare_routing();
    }
    // Last: what serves clients does not wait for what only ip netns and a next keavrfd need.
    auto named = restore_name();
    if (!done) {
        co_return done;
    }
    co_return named;
}

asio::awaitable<Result<void>> Hub::async_prepare_routing()
{
    const auto rules = co_await client_.async_rules();
    if (!rules) {
        co_return rules.error();
    }
    for (const auto& rule : missing_rules(*rules)) {
        const auto added = co_await client_.async_add_rule(rule);
        if (!added && !added.error().is(EEXIST)) {
            co_return added;
        }
    }
    for (const auto& rule : rules_in_the_way(*rules)) {
        const auto removed = co_await client_.async_delete_rule(rule);
        if (!removed && !removed.error().is(ENOENT)) {
            co_return removed;
        }
    }
    const auto routes = co_await client_.async_routes();
    if (!routes) {
        co_return routes.error();
    }
    for (const auto& route : routes_in_the_way(*routes)) {
        const auto removed = co_await client_.async_delete_route(route);
        if (!removed && !removed.error().is(ESRCH)) {
            co_return removed;
        }
    }
    co_return Result<void>{};
}

asio::awaitable<void> Hub::run()
{
    co_await monitor_->run();
}

Result<void> Hub::remove() const
{
    return name_space_.named ? remove_own_name(name_space_) : Result<void>{};
}

} // namespace keavrf::instance
