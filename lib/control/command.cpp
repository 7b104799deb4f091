#include "control/command.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>

namespace keavrf::control {

namespace json = boost::json;

namespace {

std::string quoted(std::string_view text)
{
    return "'" + std::string(text) + "'";
}

Result<std::string> parse_string(const json::value& value, std::string_view key)
{
    const auto* text = value.if_string();
    if (text == nullptr || text->empty()) {
        return Error(quoted(key) + " must be a string that is not empty");
    }
    return success(std::string(*text));
}

// Kea takes a list of services; a single name is taken as a list of one.
Result<std::vector<std::string>> parse_services(const json::value& value)
{
    static constexpr std::string_view expected = R"('service' must be a name, or a list of names, such as ["dhcp4"])";
    std::vector<std::string> services;
    if (const auto* name = value.if_string()) {
        services.emplace_back(*name);
        return services;
    }
    const auto* list = value.if_array();
    if (list == nullptr) {
        return Error(std::string(expected));
    }
    for (const auto& element : *list) {
        if (!element.is_string()) {
            return Error(std::string(expected));
        }
        services.emplace_back(element.get_string());
    }
    return services;
}

Result<void> parse_member(Command& command, std::string_view key, const json::value& value)
{
    if (key == "command" || key == "vrf") {
        auto text = parse_string(value, key);
        if (!text) {
            return text.error();
        }
        if (key == "vrf") {
            command.vrf = VrfName(*text);
        } else {
            command.name = *text;
        }
    } else if (key == "service") {
        auto services = parse_services(value);
        if (!services) {
            return services.error();
        }
        command.services = *services;
    } else if (key == "arguments") {
        if (!value.is_object()) {
            return Error(R"('arguments' must be a map, such as {"keep": true})");
        }
        command.arguments = value.get_object();
    } else if (key == "keep-open") {
        if (!value.is_bool()) {
            return Error("'keep-open' must be true or false");
        }
        command.keep_open = value.get_bool();
    } else if (key != "remote-address") { // Kea's control agent adds it; it means nothing here
        return Error("unknown key " + quoted(key) + " (known are command, service, vrf, arguments, keep-open)");
    }
    return {};
}

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> endings)
{
    return std::any_of(endings.begin(), endings.end(), [name](std::string_view end) { return name.ends_with(end); });
}

} // namespace

std::optional<std::string> Command::string_argument(std::string_view argument) const
{
    const auto* value = arguments ? arguments->if_contains(argument) : nullptr;
    if (value == nullptr || !value->is_string()) {
        return std::nullopt;
    }
    return std::string(value->get_string());
}

bool Command::flag(std::string_view argument) const
{
    const auto* value = arguments ? arguments->if_contains(argument) : nullptr;
    return value != nullptr && value->is_bool() && value->get_bool();
}

Result<Command> parse_command(const json::object& json)
{
    Command command;
    for (const auto& member : json) {
        const auto parsed = parse_member(command, member.key(), member.value());
        if (!parsed) {
            return parsed.error();
        }
    }
    if (command.name.empty()) {
        return Error(R"('command' is missing (a command looks like {"command": "status-get"}))");
    }
    return command;
}

json::object to_json(const Command& command)
{
    auto object = to_kea_json(command);
    if (!command.services.empty()) {
        object["service"] = json::array(command.services.begin(), command.services.end());
    }
    if (!command.vrf.empty()) {
        object["vrf"] = command.vrf.str();
    }
    if (command.keep_open) {
        object["keep-open"] = true;
    }
    return object;
}

json::object to_kea_json(const Command& command)
{
    json::object object;
    object["command"] = command.name;
    if (command.arguments) {
        object["arguments"] = *command.arguments;
    }
    return object;
}

json::object make_response(ResultCode result, std::string_view text)
{
    json::object response;
    response["result"] = static_cast<int>(result);
    response["text"] = text;
    return response;
}

json::object make_response(ResultCode result, std::string_view text, json::object arguments)
{
    auto response = make_response(result, text);
    response["arguments"] = std::move(arguments);
    return response;
}

json::object make_error_response(const Error& error)
{
    return make_response(ResultCode::error, error.message());
}

json::object make_unsupported_response(std::string_view command_name)
{
    return make_response(ResultCode::unsupported, quoted(command_name) + " command not supported.");
}

Result<Response> parse_response(const json::object& json)
{
    Response response;
    const auto* result = json.if_contains("result");
    if (result == nullptr || !result->is_int64()) {
        return Error("the answer has no 'result': this is not Kea's form");
    }
    response.result = static_cast<int>(result->get_int64());
    if (const auto* text = json.if_contains("text"); text != nullptr && text->is_string()) {
        response.text = text->get_string();
    }
    if (const auto* arguments = json.if_contains("arguments")) {
        response.arguments = *arguments;
    }
    return response;
}

bool changes_something(std::string_view command_name)
{
    static constexpr std::array reading{"list-commands", "config-test", "watch", "build-report"};
    if (std::find(reading.begin(), reading.end(), command_name) != reading.end()) {
        return false;
    }
    // Kea names its readers alike: status-get, lease4-get-by-hw-address, statistic-get-all, subnet4-list.
    return command_name.find("-get-") == std::string_view::npos &&
           !ends_with_any(command_name, {"-get", "-list", "-status", "-status-get"});
}

} // namespace keavrf::control
