#include "actions.hpp"

#include "asking.hpp"
#include "leases.hpp"
#include "views.hpp"

#include <boost/json/serialize.hpp>

#include <filesystem>
#include <ostream>

namespace keavrf::ctl {

namespace json = boost::json;
using control::Command;

namespace {

Command named(std::string_view name)
{
    Command command;
    command.name = name;
    return command;
}

std::string unknown_vrf(const std::string& name, const control::DaemonStatus& status)
{
    std::string known;
    for (const auto& instance : status.instances) {
        known += (known.empty() ? "" : ", ") + instance.vrf.str();
    }
    return "keavrfd serves no VRF called '" + name + "' (" + (known.empty() ? "it knows none" : "it knows " + known) +
           ")";
}

// Leaves only the instance of that name in a status.
void keep_instance(json::object& arguments, const std::string& vrf)
{
    auto* instances = arguments.if_contains("instances");
    if (instances == nullptr || !instances->is_array()) {
        return;
    }
    json::array kept;
    for (const auto& instance : instances->get_array()) {
        const auto* name = instance.is_object() ? instance.get_object().if_contains("vrf") : nullptr;
        if (name != nullptr && name->is_string() && name->get_string() == vrf) {
            kept.push_back(instance);
        }
    }
    *instances = std::move(kept);
}

int show_status(Answer answer, const Options& options, const Output& output)
{
    const auto status = control::daemon_status_from_json(arguments_of(answer));
    if (!status) {
        return fail(options, output, status.error().message());
    }
    const control::InstanceStatus* wanted = nullptr;
    for (const auto& instance : status->instances) {
        wanted = instance.vrf.str() == options.vrf ? &instance : wanted;
    }
    if (!options.vrf.empty() && wanted == nullptr) {
        return fail(options, output, unknown_vrf(options.vrf, *status));
    }
    if (options.json) {
        if (wanted != nullptr) {
            keep_instance(answer.object["arguments"].as_object(), options.vrf);
        }
        output.out << json::serialize(answer.object) << '\n';
        return exit_success;
    }
    output.out << (wanted != nullptr ? instance_text(*wanted, output.style) : overview_text(*status, output.style));
    return exit_success;
}

int print_statistics(Answer answer, json::object statistics, const Options& options, const Output& output)
{
    if (options.json) {
        answer.object["arguments"] = std::move(statistics);
        output.out << json::serialize(answer.object) << '\n';
    } else {
        output.out << statistics_text(statistics, output.style);
    }
    return exit_success;
}

int show_statistics(Answer answer, const Options& options, const Output& output)
{
    json::object statistics;
    const std::string prefix = "vrf[" + options.vrf + "].";
    for (const auto& member : arguments_of(answer)) {
        if (options.vrf.empty() || member.key().starts_with(prefix)) {
            statistics[member.key()] = member.value();
        }
    }
    if (options.vrf.empty()) {
        return print_statistics(std::move(answer), std::move(statistics), options, output);
    }
    auto command = named("statistic-get-all");
    command.vrf = VrfName(options.vrf);
    auto of_kea = ask(options, command);
    if (!of_kea) {
        return fail(options, output, of_kea.error().message());
    }
    for (const auto& member : arguments_of(*of_kea)) {
        statistics[member.key()] = member.value();
    }
    // Those of keavrfd say the more where there is no Kea.
    if (!of_kea->response.ok() && !statistics.empty()) {
        static_cast<void>(print_statistics(*of_kea, std::move(statistics), options, output));
        return options.json ? exit_failure : print_sentence(*of_kea, options, output);
    }
    return of_kea->response.ok() ? print_statistics(std::move(answer), std::move(statistics), options, output)
                                 : print_sentence(*of_kea, options, output);
}

int show_kea(const Answer& answer, const Options& options, const Output& output)
{
    if (!answer.response.ok()) {
        return print_sentence(answer, options, output);
    }
    output.out << (options.json ? json::serialize(answer.object) + '\n' : pretty_json(answer.object));
    return exit_success;
}

int show_version(const Answer& answer, const Options& options, const Output& output)
{
    if (!options.json) {
        output.out << "keavrfctl " << output.version << '\n';
    }
    return print_sentence(answer, options, output);
}

} // namespace

Command command_for(const Options& options)
{
    Command command;
    switch (options.action) {
    case Action::status:
        command = named("status-get");
        command.arguments.emplace();
        (*command.arguments)["leases"] = true;
        return command;
    case Action::stats:
        return named("statistic-get-all");
    case Action::version:
        return named("version-get");
    case Action::reload:
        return named("config-reload");
    case Action::leases:
        command = named(lease_page_command);
        command.vrf = VrfName(options.vrf);
        command.arguments.emplace();
        (*command.arguments)["from"] = "start";
        (*command.arguments)["limit"] = lease_page;
        return command;
    case Action::check:
        command = named("config-test");
        command.arguments.emplace();
        (*command.arguments)["file"] = std::filesystem::absolute(options.file).lexically_normal().string();
        return command;
    case Action::restart:
        command = named("vrf-restart");
        command.arguments.emplace();
        (*command.arguments)["vrf"] = options.vrf;
        return command;
    case Action::stop:
        command = named("stop");
        command.arguments.emplace();
        (*command.arguments)["keep"] = options.keep;
        return command;
    case Action::kea:
        command = named(options.kea_command);
        command.vrf = VrfName(options.vrf);
        command.arguments = options.kea_arguments;
        if (!options.service.empty()) {
            command.services.push_back(options.service);
        }
        return command;
    }
    return command;
}

int run(const Options& options, const Output& output)
{
    auto answer = ask(options, command_for(options));
    if (!answer) {
        if (options.action == Action::version && !options.json) {
            output.out << "keavrfctl " << output.version << '\n';
        }
        return fail(options, output, answer.error().message());
    }
    if (options.action == Action::kea) {
        return show_kea(*answer, options, output);
    }
    if (options.action == Action::leases) {
        return show_leases(std::move(*answer), options, output);
    }
    if (!answer->response.ok()) {
        return print_sentence(*answer, options, output);
    }
    switch (options.action) {
    case Action::status:
        return show_status(std::move(*answer), options, output);
    case Action::stats:
        return show_statistics(std::move(*answer), options, output);
    case Action::version:
        return show_version(*answer, options, output);
    default:
        return print_sentence(*answer, options, output);
    }
}

} // namespace keavrf::ctl
