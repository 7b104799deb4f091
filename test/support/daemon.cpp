#include "support/daemon.hpp"

#include "control/client.hpp"
#include "netns/namespace.hpp"
#include "support/recording.hpp"
#include "support/sandbox.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <utility>

namespace keavrf::test {

namespace {

bool holds(const std::string& line, const std::vector<std::string>& texts)
{
    return std::all_of(texts.begin(), texts.end(),
                       [&](const auto& text) { return line.find(text) != std::string::npos; });
}

std::vector<std::string> matching_lines(const std::string& log, const std::vector<std::string>& texts)
{
    std::vector<std::string> found;
    std::istringstream stream(log);
    for (std::string line; std::getline(stream, line);) {
        if (holds(line, texts)) {
            found.push_back(line);
        }
    }
    return found;
}

std::vector<std::string> daemon_command(const std::vector<std::string>& arguments)
{
    std::vector<std::string> command{built("keavrfd")};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
}

} // namespace

std::string built(const std::string& program)
{
    const char* folder = std::getenv("KEAVRFD_BINARY_DIR");
    BOOST_REQUIRE_MESSAGE(folder != nullptr, "KEAVRFD_BINARY_DIR is not set: run the tests by ctest");
    return std::string(folder) + "/" + program;
}

Daemon::Daemon(const std::vector<std::string>& arguments, const ProgramOptions& options)
    : program_(daemon_command(arguments), options)
{
}

Daemon Daemon::with(const std::string& yaml, const ProgramOptions& options)
{
    static int count = 0;
    const auto file = Sandbox::write_file("keavrfd" + std::to_string(++count) + ".yaml", yaml);
    Daemon daemon({"-c", file}, options);
    daemon.file_ = file;
    return daemon;
}

std::vector<std::string> Daemon::log_lines(const std::vector<std::string>& texts) const
{
    return matching_lines(log(), texts);
}

bool Daemon::logs(const std::vector<std::string>& texts, Milliseconds deadline)
{
    return logs_since(0, texts, deadline);
}

bool Daemon::logs_since(std::size_t start, const std::vector<std::string>& texts, Milliseconds deadline)
{
    const auto found = [&] { return !matching_lines(log().substr(start), texts).empty(); };
    return eventually([&] { return found() || !program_.running(); }, deadline) && found();
}

std::optional<control::DaemonStatus> Daemon::status() const
{
    auto client = control::Client::connect(control_socket, 5s);
    if (!client) {
        return std::nullopt;
    }
    const auto answer = client->call({{"command", "status-get"}});
    if (!answer) {
        return std::nullopt;
    }
    const auto response = control::parse_response(*answer);
    BOOST_REQUIRE_MESSAGE(response.has_value() && response->ok() && response->arguments,
                          "status-get: " << boost::json::serialize(*answer));
    const auto status = control::daemon_status_from_json(response->arguments->as_object());
    BOOST_REQUIRE_MESSAGE(status.has_value(), status.error().message());
    return *status;
}

std::optional<control::InstanceStatus> Daemon::status_of(const std::string& vrf) const
{
    const auto all = status();
    if (!all) {
        return std::nullopt;
    }
    for (const auto& instance : all->instances) {
        if (instance.vrf.str() == vrf) {
            return instance;
        }
    }
    return std::nullopt;
}

control::InstanceStatus Daemon::wait_until(const std::string& vrf, const std::string& state,
                                           Milliseconds deadline) const
{
    const bool reached = becomes(
        vrf, [&](const auto& instance) { return instance.state == state; }, deadline);
    const auto now = status_of(vrf);
    BOOST_REQUIRE_MESSAGE(reached && now, vrf << " is not " << state << " but "
                                              << (now ? now->state + " (" + now->reason + ")" : "unknown")
                                              << "; keavrfd's log:\n"
                                              << log());
    if (const auto hub = netns::open("keavrf-hub")) {
        recordings::add_uplink(hub->fd.get(), "", Heard::both);
    }
    return *now;
}

bool Daemon::becomes(const std::string& vrf, const std::function<bool(const control::InstanceStatus&)>& is_so,
                     Milliseconds deadline) const
{
    return eventually(
        [&] {
            const auto now = status_of(vrf);
            return now && is_so(*now);
        },
        deadline);
}

bool Daemon::forgets(const std::string& vrf, Milliseconds deadline) const
{
    return eventually([&] { return status() && !status_of(vrf); }, deadline);
}

control::Response Daemon::command(const boost::json::object& command) const
{
    auto client = control::Client::connect(control_socket, 10s);
    BOOST_REQUIRE_MESSAGE(client.has_value(), client.error().message());
    const auto answer = client->call(command);
    BOOST_REQUIRE_MESSAGE(answer.has_value(), answer.error().message());
    const auto response = control::parse_response(*answer);
    BOOST_REQUIRE_MESSAGE(response.has_value(), response.error().message());
    return *response;
}

pid_t Daemon::kea(const std::string& vrf) const
{
    const auto now = status_of(vrf);
    return now ? now->kea.value() : 0;
}

std::string Daemon::kea_log(const std::string& vrf)
{
    return slurp("/var/log/keavrfd/" + vrf + "/kea-dhcp4.log");
}

std::string Daemon::lease_file(const std::string& vrf)
{
    return slurp("/var/lib/keavrfd/" + vrf + "/kea-leases4.csv");
}

void Daemon::write_configuration(const std::string& yaml)
{
    Sandbox::write_file(file_.substr(file_.rfind('/') + 1), yaml);
}

bool Daemon::reload()
{
    const auto start = log_size();
    program_.signal(SIGHUP);
    const auto heard = [&](const char* event) { return !matching_lines(log().substr(start), {event}).empty(); };
    const bool told = eventually([&] { return heard("reload.done") || heard("reload.refused"); });
    BOOST_REQUIRE_MESSAGE(told, "no word about the reload:\n" << log().substr(start));
    return heard("reload.done");
}

void Daemon::stop()
{
    program_.signal(SIGTERM);
    const auto code = program_.wait_for_exit();
    BOOST_REQUIRE_MESSAGE(code, "keavrfd does not stop:\n" << log());
    BOOST_TEST(*code == 0, "exit code " << *code << ":\n" << log());
}

} // namespace keavrf::test
