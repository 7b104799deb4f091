#include "command_handler.hpp"

#include "config/print.hpp"
#include "control/arguments.hpp"
#include "control/pass_through.hpp"
#include "instance/rendering.hpp"
#include "orchestrator/patience.hpp"
#include "status.hpp"

#include <boost/json/array.hpp>

#include <unistd.h>

#include <array>
#include <chrono>
#include <ctime>

namespace keavrf {

namespace {

namespace json = boost::json;
using control::make_response;
using control::ResultCode;

// Less than keavrfctl waits for an answer. A Kea with very many leases takes longer to start, and goes on with that.
constexpr std::chrono::seconds longest_restart{45};

static_assert(control::longest_reload > orchestrator::Patience::most);

json::object list_commands()
{
    json::array names;
    for (const auto& command : control::own_commands()) {
        names.emplace_back(command.name);
    }
    auto response = make_response(ResultCode::success, "with \"vrf\", any command of Kea goes to that VRF's Kea");
    response["arguments"] = std::move(names); // a list, as Kea has it
    return response;
}

json::object report_response(const orchestrator::ReloadReport& report, const std::string& success,
                             const std::string& failure)
{
    if (report.complaints.empty()) {
        json::object arguments;
        arguments["changed"] = report.changed;
        return make_response(ResultCode::success, success, std::move(arguments));
    }
    json::array errors;
    for (const auto& complaint : report.complaints) {
        errors.emplace_back(complaint.text);
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

// Of the Keas that run.
std::map<VrfName, std::string> control_sockets(const orchestrator::Orchestrator& orchestrator)
{
    std::map<VrfName, std::string> sockets;
    for (const auto& [vrf, instance] : orchestrator.instances()) {
        if (instance->server_pid().value() > 0) {
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
    if (const auto fault = control::argument_fault(command)) {
        co_return make_response(ResultCode::error, *fault);
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
        auto answer = co_await async_restart(std::move(command));
        co_return answer;
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
        leases = co_await leases_.async_count(std::move(sockets));
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

// Answered when the new Kea serves, or has failed.
CommandHandler::Reply CommandHandler::async_restart(control::Command command) const
{
    const auto vrf = control::target_vrf(command);
    if (!vrf) {
        co_return control::make_error_response(vrf.error());
    }
    auto* instance = context_.orchestrator.find(*vrf);
    if (instance == nullptr) {
        co_return unknown(*vrf, context_.orchestrator);
    }
    const auto front = "vrf " + vrf->str() + ": ";
    const auto& machine = instance->machine();
    if (machine.state() == instance::State::waiting || instance->ending()) {
        co_return make_response(ResultCode::error, front + "there is no Kea to restart: " +
                                                       std::string(instance::name_of(machine.state())) + ": " +
                                                       machine.reason());
    }
    const auto before = instance->server_pid();
    instance->restart();
    const auto settled = co_await instance->async_settled(longest_restart);
    if (!settled) {
        co_return control::make_error_response(settled.error());
    }
    instance = context_.orchestrator.find(*vrf);
    if (instance == nullptr || instance->ending()) {
        co_return make_response(ResultCode::error, front + "it is no longer wanted, and ends");
    }
    const bool ran = before != ProcessId();
    if (ran && instance->server_pid() == before) {
        co_return make_response(ResultCode::error, front + "its Kea does not end: the log says why");
    }
    co_return make_response(ResultCode::success, front + (ran ? "its Kea has been replaced by a new one"
                                                              : "no Kea ran there: one has been started"));
}

json::object CommandHandler::stop(const control::Command& command) const
{
    const bool told = command.arguments && command.arguments->contains("keep");
    const bool keep = told ? command.flag("keep") : context_.orchestrator.settings()->on_exit == config::OnExit::keep;
    const auto hindrance = keep ? context_.orchestrator.hindrance_to_keeping() : std::string();
    if (told && !hindrance.empty()) {
        return make_response(ResultCode::error, "nothing was done: the Kea processes cannot be left running: " +
                                                    hindrance + " (without keep, stop ends them too)");
    }
    context_.stop(keep);
    return make_response(ResultCode::success,
                         keep && hindrance.empty() ? "stopping; the Kea processes go on" : "stopping");
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
    for (const auto& vrf : context_.orchestrator.without_slot()) {
        status.instances.push_back(status_without_slot(vrf));
    }
    return status;
}

} // namespace keavrf
