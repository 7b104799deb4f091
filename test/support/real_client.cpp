#include "support/real_client.hpp"

#include "support/sandbox.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <tuple>

namespace keavrf::test {

namespace {

std::string new_folder()
{
    static int count = 0;
    auto folder = Sandbox::folder() + "/client" + std::to_string(++count);
    std::filesystem::create_directories(folder);
    return folder;
}

std::string script()
{
    return std::string(source_folder) + "/test/support/dhcp-client-script";
}

void write(const std::string& path, const std::string& text)
{
    std::ofstream(path, std::ios::trunc) << text;
}

} // namespace

std::string to_string(ClientKind kind)
{
    switch (kind) {
    case ClientKind::dhclient:
        return "dhclient";
    case ClientKind::dhcpcd:
        return "dhcpcd";
    case ClientKind::udhcpc:
        return "udhcpc";
    }
    return "?";
}

RealClient::RealClient(ClientKind kind, const ClientNamespace& where, const std::string& refuse)
    : kind_(kind), namespace_(where.fd()), folder_(new_folder()), refuse_(refuse),
      program_(command(), options(where.fd()))
{
}

std::vector<std::string> RealClient::command() const
{
    const auto events = "EVENTS=" + folder_ + "/events";
    write(folder_ + "/refuse", refuse_);
    switch (kind_) {
    case ClientKind::dhclient:
        write(folder_ + "/conf", "timeout 30;\nretry 2;\ninitial-interval 1;\nbackoff-cutoff 2;\nreboot 3;\n");
        return {"dhclient", "-4",
                "-d",       "-v",
                "-cf",      folder_ + "/conf",
                "-lf",      folder_ + "/leases",
                "-pf",      folder_ + "/pid",
                "-sf",      script(),
                "-e",       events,
                "-e",       "REFUSE=" + folder_ + "/refuse",
                "eth0"};
    case ClientKind::dhcpcd:
        // `env` is how a hook's environment is set; ARP probing stays on, so that a conflict is declined.
        write(folder_ + "/conf", "ipv4only\nnoipv4ll\nnodev\ntimeout 30\nreboot 5\noption routers,subnet_mask\n"
                                 "env " +
                                     events + "\nscript " + script() + "\n");
        return {"dhcpcd", "--nobackground", "--debug", "--config", folder_ + "/conf", "eth0"};
    case ClientKind::udhcpc:
        return {"udhcpc", "-f", "-i", "eth0", "-s", script(), "-t", "20", "-T", "1", "-A", "1", "-a1000"};
    }
    return {};
}

ProgramOptions RealClient::options(int network_namespace) const
{
    ProgramOptions options;
    options.network_namespace = network_namespace;
    options.environment = {{"EVENTS", folder_ + "/events"}};
    options.private_folders = {"/run", "/var/lib/dhcpcd"};
    return options;
}

std::vector<ClientEvent> RealClient::events() const
{
    std::vector<ClientEvent> events;
    std::istringstream lines(slurp(folder_ + "/events"));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        ClientEvent event;
        fields >> event.reason >> event.address >> event.server;
        events.push_back(event);
    }
    return events;
}

std::optional<ClientEvent> RealClient::wait_for(const std::vector<std::string>& reasons, std::size_t seen,
                                                Milliseconds deadline) const
{
    std::optional<ClientEvent> found;
    eventually(
        [&] {
            const auto all = events();
            for (std::size_t i = seen; i < all.size() && !found; ++i) {
                if (std::find(reasons.begin(), reasons.end(), all[i].reason) != reasons.end()) {
                    found = all[i];
                }
            }
            return found.has_value();
        },
        deadline);
    return found;
}

std::optional<ClientEvent> RealClient::bound() const
{
    return wait_for({"BOUND", "REBOOT", "bound"});
}

void RealClient::hasten_renewal()
{
    if (kind_ == ClientKind::udhcpc) {
        program_.signal(SIGUSR1);
    }
}

void RealClient::release()
{
    switch (kind_) {
    case ClientKind::dhclient: {
        ProgramOptions where;
        where.network_namespace = namespace_;
        run({"dhclient", "-4", "-r", "-v", "-cf", folder_ + "/conf", "-lf", folder_ + "/leases", "-pf",
             folder_ + "/pid", "-sf", script(), "-e", "EVENTS=" + folder_ + "/events", "eth0"},
            where);
        break;
    }
    case ClientKind::dhcpcd:
        // dhcpcd 9.4 loses a signal that comes while it waits for its script, as it does at every renewal.
        std::ignore = eventually(
            [&] {
                program_.signal(SIGALRM);
                return program_.wait_for_exit(2s).has_value();
            },
            client_patience);
        break;
    case ClientKind::udhcpc:
        program_.signal(SIGUSR2);
        std::ignore = wait_for({"deconfig"}, 1);
        program_.signal(SIGTERM);
        break;
    }
    BOOST_TEST(program_.wait_for_exit(client_patience).has_value(), to_string(kind_) << " does not end:\n" << said());
}

} // namespace keavrf::test
