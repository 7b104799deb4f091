#include "contestants.hpp"

#include "forked.hpp"
#include "support/program.hpp"

#include <boost/test/unit_test.hpp>

#include <sched.h>

#include <cstring>

namespace keavrf::bench {

namespace {

class Peer : public Contestant {
public:
    explicit Peer(const std::vector<std::string>& command) : program_(command) {}
    [[nodiscard]] pid_t pid() const override { return program_.pid(); }
    [[nodiscard]] std::string complaint() const override { return program_.output() + program_.errors(); }

private:
    test::Program program_;
};

class Forked : public Contestant {
public:
    explicit Forked(const std::function<void()>& work) : child_(work) {}
    [[nodiscard]] pid_t pid() const override { return child_.pid(); }
    [[nodiscard]] std::string complaint() const override { return "see stderr"; }

private:
    ForkedChild child_;
};

std::unique_ptr<Contestant> peer(const std::vector<std::string>& command)
{
    return std::make_unique<Peer>(command);
}

} // namespace

const std::vector<Entry>& contestants()
{
    static const std::string server = server_address.str();
    static const std::vector<Entry> all{
        {"keavrfd", Uplink::in_hub,
         [](const Wiring& wiring) { return std::make_unique<Forked>([&wiring] { run_keavrfd_relay(wiring); }); }},
        {"plain loop", Uplink::in_host,
         [](const Wiring&) { return std::make_unique<Forked>([] { run_plain_relay(ToServer::datagrams); }); }},
        {"frame loop", Uplink::in_host,
         [](const Wiring&) { return std::make_unique<Forked>([] { run_plain_relay(ToServer::frames); }); }},
        {"dhcrelay -a", Uplink::in_host,
         [](const Wiring&) {
             return peer(
                 {"dhcrelay", "-4", "-d", "-a", "-pf", "/run/test/dhcrelay.pid", "-id", "cli", "-iu", "up", server});
         }},
        {"dnsmasq", Uplink::in_host,
         [](const Wiring&) {
             return peer({"dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root",
                          "--quiet-dhcp", "--log-facility=/dev/null", "--pid-file=/run/test/dnsmasq.pid",
                          "--dhcp-relay=" + gateway.str() + "," + server});
         }},
        {"dhcp-helper", Uplink::in_host,
         [](const Wiring&) {
             return peer({"dhcp-helper", "-n", "-r", "/run/test/dhcp-helper.pid", "-i", "cli", "-s", server});
         }},
    };
    return all;
}

void pin(pid_t process, unsigned processor)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    BOOST_REQUIRE_MESSAGE(::sched_setaffinity(process, sizeof set, &set) == 0,
                          "cannot pin process " << process << " to processor " << processor << ": "
                                                << std::strerror(errno) << " (the bench needs two processors)");
}

} // namespace keavrf::bench
