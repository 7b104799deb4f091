#include "command_handler.hpp"

#include "config/print.hpp"
#include "control/pass_through.hpp"
#include "instance/rendering.hpp"
#include "orchestrator/patience.hpp"
#include "status.hpp"

#include <boost/json/array.hpp>

#include <unistd.h>

#include <array>
#include <ctime>
#include <set>

namespace keavrf {

namespace {

namespace json = boost::json;
using control::make_response;
using control::ResultCode;

constexpr std::array own_commands{"config-get",        "config-reload", "config-test", "list-commands", "status-get",
                                  "statistic-get-all", "stop",          "version-get", "vrf-restart"};

static_assert(control::longest_reload > orchestrator::Patience::most);

json::object list_commands()
{
    json::array names;
    for (const auto* name : own_commands) {
        names.emplace_back(name);
    }
    auto response = make_response(ResultCode::success, "with \"vrf\", any command of Kea goes to that VRF's Kea");
    response["arguments"] = std::move(names); // a list, as Kea has it
    return response;
}

json::object report_response(const orchestrator::ReloadReport& report, const std::string& success,
                             const std::string& failure)
{
    if (report.errors.empty()) {
        json::object arguments;
        arguments["changed"] = report.changed;
        return make_response(ResultCode::success, success, std::move(arguments));
    }
    json::array errors;
    for (const auto& error : report.errors) {
        errors.emplace_back(error);
    }
    json::object arguments;
    arguments["applied"] = report.applied;
    arguments["errors"] = std::move(errors);
    return make_response(ResultCode::error, failure, std::move(arguments));
}

json::object unknown(const VrfName& vrf, const orchestrator::Orchestrator& orchestrator)
{
    const bool without_slot = orchestrator.without_slot().contains(vrf);
    const std::string why =
        without_slot ? std::string(orchestrator::no_slot) : "no such DHCP domain (keavrfctl status lists them)";
    return make_response(ResultCode::error, "vrf " + vrf.str() + ": " + why);
}

// Of the Keas that are expected to answer at once: the others would keep whoever asks waiting for nothing.
std::map<VrfName, std::string> control_sockets(const orchestrator::Orchestrator& orchestrator)
{
    std::map<VrfName, std::string> sockets;
    for (const auto& [vrf, instance] : orchestrator.instances()) {
        if (instance->answers()) {
            sockets[vrf] = instance::server_paths(vrf, *orchestrator.settings()).control_socket;
        }
    }
    return sockets;
}

std::string timestamp()
{
    const auto now = std::chrono::system_clock::now();
    const auto seconds = std::chrono::system_clock::to_time_t(now);
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count() % 1000000;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
    auto digits = std::to_string(micros);
    return std::string(text.data()) + "." + std::string(6 - digits.size(), '0') + digits;
}

} // namespace

CommandHandler::CommandHandler(Context context)
    : context_(std::move(context)), leases_(context_.executor, kea::LeaseCounter::Limits())
{
}

asio::awaitable<json::object> CommandHandler::async_handle(control::Command command)
{
    if (control::destination(command) == control::Destination::kea) {
        auto answer = co_await async_kea_command(std::move(command));
        co_return answer;
    }
    auto answer = co_await async_daemon_command(std::move(command));
    co_return answer;
}

asio::awaitable<json::object> CommandHandler::async_daemon_command(control::Command command)
{
    if (command.name == "config-test") {
        auto answer = co_await async_config_test(std::move(command));
        co_return answer;
    }
    if (command.name == "config-reload") {
        auto answer = co_await async_config_reload(std::move(command));
        co_return answer;
    }
    if (command.name == "list-commands") {
        co_return list_commands();
    }
    if (command.name == "version-get") {
        json::object arguments;
        arguments["kea-version"] = context_.orchestrator.kea_version().str();
        co_return make_response(ResultCode::success, KEAVRFD_VERSION, std::move(arguments));
    }
    if (command.name == "status-get") {
        auto answer = co_await async_status(std::move(command));
        co_return answer;
    }
    if (command.name == "statistic-get-all") {
        co_return make_response(ResultCode::success, "", control::statistics_of(daemon_status(), timestamp()));
    }
    if (command.name == "config-get") {
        json::object arguments;
        arguments["yaml"] = config::print(*context_.orchestrator.settings());
        co_return make_response(ResultCode::success, "the effective settings", std::move(arguments));
    }
    if (command.name == "vrf-restart") {
        co_return restart(command);
    }
    if (command.name == "stop") {
        co_return stop(command);
    }
    co_return control::make_unsupported_response(command.name);
}

asio::awaitable<json::object> CommandHandler::async_kea_command(control::Command command) const
{
    if (const auto refusal = control::kea_refusal(command.name)) {
        co_return make_response(ResultCode::error, *refusal);
    }
    const auto* instance = context_.orchestrator.find(command.vrf);
    if (instance == nullptr) {
        co_return unknown(command.vrf, context_.orchestrator);
    }
    for (const auto& service : command.services) {
        if (service != "dhcp4") {
            co_return make_response(ResultCode::error,
                                    "vrf " + command.vrf.str() + ": no service '" + service + "' (dhcp4)");
        }
    }
    auto request = control::to_kea_json(command);
    auto reply = co_await instance->async_request(std::move(request));
    if (!reply) {
        co_return control::make_error_response(reply.error());
    }
    auto* object = reply->if_object();
    auto* list = reply->if_array();
    if (object == nullptr && list != nullptr && !list->empty()) {
        object = list->front().if_object();
    }
    if (object == nullptr) {
        co_return make_response(ResultCode::error,
                                "vrf " + command.vrf.str() + ": Kea gave no answer of a known shape");
    }
    json::object answer(std::move(*object)); // not a copy: it may be large
    co_return answer;
}

// Counting leases asks every Kea: only for those who want to know.
asio::awaitable<json::object> CommandHandler::async_status(control::Command command)
{
    kea::LeaseCounts leases;
    if (command.flag("leases")) {
        auto sockets = control_sockets(context_.orchestrator);
        const auto asked = Clock::now();
        std::set<VrfName> silent;
        leases = co_await leases_.async_count(std::move(sockets), &silent);
        for (const auto& vrf : silent) {
            if (auto* instance = context_.orchestrator.find(vrf)) {
                instance->note_no_answer(asked);
            }
        }
    }
    auto status = daemon_status();
    for (auto& instance : status.instances) {
        const auto count = leases.find(instance.vrf);
        if (count != leases.end()) {
            instance.leases = count->second;
        }
    }
    co_return make_response(ResultCode::success, summary(context_.orchestrator), control::to_json(status));
}

asio::awaitable<json::object> CommandHandler::async_config_test(control::Command command)
{
    const auto file = command.string_argument("file");
    if (!file && !context_.options.config) {
        co_return make_response(ResultCode::error, R"(config-test needs {"arguments": {"file": "/path"}})");
    }
    const auto report = co_await context_.reloader.async_test(file, command.peer);
    auto answer = report_response(report, "the configuration is in order", "the configuration is not in order");
    co_return answer;
}

asio::awaitable<json::object> CommandHandler::async_config_reload(control::Command command)
{
    std::optional<control::Peer> peer(std::move(command.peer));
    const auto report = co_await context_.reloader.async_reload(std::move(peer));
    auto answer = report_response(report, "the new configuration is in force",
                                  report.applied ? "applied, but not in place everywhere" : "nothing was changed");
    co_return answer;
}

json::object CommandHandler::restart(const control::Command& command) const
{
    const auto vrf = control::target_vrf(command);
    if (!vrf) {
        return control::make_error_response(vrf.error());
    }
    auto* instance = context_.orchestrator.find(*vrf);
    if (instance == nullptr) {
        return unknown(*vrf, context_.orchestrator);
    }
    const auto& machine = instance->machine();
    if (machine.state() == instance::State::waiting || instance->ending()) {
        return make_response(ResultCode::error, "vrf " + vrf->str() + ": there is no Kea to restart: " +
                                                    std::string(instance::name_of(machine.state())) + ": " +
                                                    machine.reason());
    }
    const bool runs = instance->server_pid() != ProcessId();
    instance->restart();
    return make_response(ResultCode::success, "vrf " + vrf->str() +
                                                  (runs ? ": its Kea is being replaced by a new one"
                                                        : ": no Kea runs there: one is being started"));
}

json::object CommandHandler::stop(const control::Command& command) const
{
    const auto* given = command.arguments ? command.arguments->if_contains("keep") : nullptr;
    if (given != nullptr && !given->is_bool()) {
        return make_response(ResultCode::error, "stop: keep must be true or false; nothing was done");
    }
    const bool told = given != nullptr;
    const bool keep = told ? command.flag("keep") : context_.orchestrator.settings()->on_exit == config::OnExit::keep;
    context_.stop(keep);
    return make_response(ResultCode::success, keep ? "stopping; the Kea processes go on" : "stopping");
}

control::DaemonStatus CommandHandler::daemon_status() const
{
    control::DaemonStatus status;
    status.version = KEAVRFD_VERSION;
    status.kea_version = context_.orchestrator.kea_version().str();
    status.pid = ProcessId(::getpid());
    status.uptime = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - started_);
    status.config_file = context_.options.config.value_or("");
    for (const auto& [vrf, instance] : context_.orchestrator.instances()) {
        status.instances.push_back(status_of(*instance));
    }
    status.warnings = context_.orchestrator.warnings();
    for (const auto& vrf : context_.orchestrator.without_slot()) {
        status.instances.push_back(status_without_slot(vrf));
    }
    return status;
}

} // namespace keavrf
