#include "relay_lab.hpp"

#include "netns/socket.hpp"
#include "netns/sysctl.hpp"
#include "support/await.hpp"
#include "support/recording.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <filesystem>

namespace keavrf::test {

namespace {

const LinkAddress relay_mac = *LinkAddress::parse("02:6b:00:00:00:01");
const LinkAddress kea_mac = *LinkAddress::parse("02:6b:00:00:00:02");

// netlink in one namespace, one operation after the other.
class Wiring {
public:
    explicit Wiring(int network_namespace)
        : client_(checked(netlink::Client::open_in(context_.get_executor(), network_namespace)))
    {
        checked(netns::apply_sysctls(network_namespace, netns::isolated_namespace_sysctls()));
    }
    [[nodiscard]] const netlink::Client& client() const noexcept { return client_; }
    template <class T>
    T operator()(asio::awaitable<Result<T>> operation)
    {
        if constexpr (std::is_void_v<T>) {
            checked(await(context_, std::move(operation)));
        } else {
            return checked(await(context_, std::move(operation)));
        }
    }
    [[nodiscard]] netlink::Link link(const std::string& name) { return (*this)(client_.async_link_by_name(name)); }

private:
    asio::io_context context_{1};
    netlink::Client client_;
};

// `interface` with its address, and the other end's neighbour entry for good.
void set_up(Wiring& wiring, const std::string& interface, Ipv4Address own, Ipv4Address other, const LinkAddress& mac)
{
    const auto index = wiring.link(interface).index;
    wiring(wiring.client().async_add_address_v4(index, own, 30));
    wiring(wiring.client().async_set_link_up(index));
    wiring(wiring.client().async_add_permanent_neighbour(index, other, mac));
}

} // namespace

RelayThread::RelayThread() : work_(context_.get_executor()), thread_([this] { context_.run(); }) {}

RelayThread::~RelayThread()
{
    work_.reset();
    thread_.join();
}

RelayLab::RelayLab()
{
    Wiring wiring(hub.fd());
    const auto loopback = wiring.link("lo").index;
    wiring(wiring.client().async_add_local_any_route_v4(loopback));
    io = checked(thread.run([] { return relay::SharedIo::open(); }));
}

RelayDomain::RelayDomain(RelayThread& thread, relay::SharedIo& io, const ClientNamespace& hub, const Options& options)
    : thread_(thread), name_(options.name), relay_address_(0xa9fe0101U + 4 * options.slot),
      kea_address_(0xa9fe0102U + 4 * options.slot)
{
    wire(hub);
    // A server that a test plays is the test's word.
    recordings::add_uplink(kea_namespace_.fd(), "kea0", options.with_kea ? Heard::both : Heard::incoming);
    if (options.with_kea) {
        start_kea(options);
    }
    relay::RelayContext context;
    context.vrf = VrfName(options.name);
    context.host = "test";
    context.relay_address = relay_address_;
    context.kea_address = kea_address_;
    context.relay_mac = relay_mac;
    context.kea_mac = kea_mac;
    context.io = &io;
    context.hub_namespace = [fd = hub.fd()] { return fd; };
    context.on_port_failed = [this](InterfaceIndex, const Error& error) { failures_.push_back(error.message()); };
    context.hold_time = options.hold_time;
    context.hold_limits = options.hold_limits;
    std::promise<void> ended;
    ended_ = ended.get_future();
    auto done = [ended = std::move(ended)](const std::exception_ptr& failure) mutable {
        if (failure && !is_cancellation(failure)) {
            ended.set_exception(failure);
        } else {
            ended.set_value();
        }
    };
    thread_.run([&] {
        relay_ = std::make_unique<relay::Relay>(thread_.executor(), std::move(context));
        asio::co_spawn(thread_.executor(), relay_->run(),
                       asio::bind_cancellation_slot(cancel_.slot(), std::move(done)));
    });
    checked(with_relay([&](relay::Relay& relay) { return relay.open_uplink(uplink_index_, name_); }));
    with_relay([](relay::Relay& relay) { relay.set_serving(true); });
}

RelayDomain::~RelayDomain()
{
    stop();
    thread_.run([this] { relay_.reset(); });
}

void RelayDomain::stop()
{
    if (ended_.valid()) {
        thread_.run([this] { cancel_.emit(asio::cancellation_type::terminal); });
        BOOST_CHECK_NO_THROW(ended_.get());
    }
}

void RelayDomain::wire(const ClientNamespace& hub)
{
    Wiring relay_end(hub.fd());
    Wiring kea_end(kea_namespace_.fd());
    relay_end(relay_end.client().async_create_veth(name_, relay_mac, "kea0", kea_mac, kea_namespace_.fd()));
    set_up(relay_end, name_, relay_address_, kea_address_, kea_mac);
    set_up(kea_end, "kea0", kea_address_, relay_address_, relay_mac);
    kea_end(kea_end.client().async_add_default_route_v4(relay_address_, kea_end.link("kea0").index));
    uplink_index_ = relay_end.link(name_).index;
    // Kea opens no socket on an interface that is not running (FACTS section 2).
    BOOST_REQUIRE(eventually([&] { return kea_end.link("kea0").running() && relay_end.link(name_).running(); }));
}

void RelayDomain::start_kea(const Options& options)
{
    std::string subnets;
    for (const auto& pool : options.pools) {
        subnets += (subnets.empty() ? "" : ",") + (R"({"subnet": ")" + pool.subnet + R"(", "id": )") +
                   std::to_string(1 + std::count(subnets.begin(), subnets.end(), '{')) + R"(, "pools": [{"pool": ")" +
                   pool.range + R"("}]})";
    }
    const auto file = Sandbox::write_file("kea-" + name_ + ".json", R"({"Dhcp4": {
        "interfaces-config": {"interfaces": ["kea0"], "dhcp-socket-type": "udp"}, "authoritative": true,
        "lease-database": {"type": "memfile", "persist": false}, "valid-lifetime": 600,
        "subnet4": [)" + subnets + R"(],
        "loggers": [{"name": "kea-dhcp4", "severity": "INFO", "output_options": [{"output": "stdout"}]}]}})");
    ProgramOptions program;
    program.network_namespace = kea_namespace_.fd();
    const auto folder = Sandbox::folder() + "/" + name_;
    std::filesystem::create_directories(folder);
    program.environment = {{"KEA_PIDFILE_DIR", folder}, {"KEA_LOCKFILE_DIR", folder}};
    kea_.emplace(std::vector<std::string>{"kea-dhcp4", "-c", file}, program);
    BOOST_REQUIRE_MESSAGE(kea_->says("DHCP4_STARTED"), kea_->output() << kea_->errors());
}

relay::PortConfig RelayDomain::port(const std::string& interface, const std::vector<std::string>& addresses) const
{
    const auto link = Network().link(interface);
    relay::PortConfig config;
    config.index = link.index;
    config.name = interface;
    config.mac = link.address;
    config.mtu = link.mtu;
    for (const auto& text : addresses) {
        const auto prefix = *Ipv4Prefix::parse(text, true);
        config.addresses.push_back({ip(text.substr(0, text.find('/'))), prefix, !config.addresses.empty()});
    }
    if (!config.addresses.empty()) {
        config.giaddr = config.addresses.front().address;
    }
    return config;
}

void RelayDomain::open(const relay::PortConfig& config)
{
    checked(with_relay([&](relay::Relay& relay) { return relay.open_port(config); }));
}

relay::RelayCounters RelayDomain::counters()
{
    return with_relay([](relay::Relay& relay) { return relay.counters(); });
}

void RelayDomain::drain()
{
    std::promise<void> drained;
    auto done = drained.get_future();
    with_relay([&](relay::Relay& relay) {
        asio::co_spawn(thread_.executor(), relay.async_drain(ProcessId(kea_->pid())),
                       [&drained](const std::exception_ptr&) { drained.set_value(); });
    });
    done.get();
}

void RelayDomain::send_from_kea_namespace(const Bytes& bytes, Ipv4Address to)
{
    const auto socket = checked(netns::open_udp_socket_in(kea_namespace_.fd(), {"", Ipv4Address(), 0, false}));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(67);
    address.sin_addr.s_addr = htonl(to.value());
    const auto sent = ::sendto(socket.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&address),
                               sizeof address);
    BOOST_REQUIRE(sent == static_cast<ssize_t>(bytes.size()));
}

std::vector<std::string> RelayDomain::failures()
{
    return thread_.run([this] { return failures_; });
}

} // namespace keavrf::test
