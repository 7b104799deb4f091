#include "kea/render.hpp"

#include "core/text.hpp"
#include "kea/render_parts.hpp"

#include <map>

namespace keavrf::kea {

namespace json = boost::json;

namespace {

// Kea's own default, written out because a list of our own hides it: one megabyte would rotate within minutes.
constexpr std::int64_t log_file_size = 10'485'760;
constexpr std::int64_t log_file_count = 4;
// Kea looks again for an interface that was not up when it started, this often; without these two keys it stays deaf,
// and says "ready" (Kea 2.2; with them status-get says "retrying").
constexpr std::int64_t socket_retries = 1'000'000;
constexpr std::int64_t socket_retry_milliseconds = 500;

using Variables = std::map<std::string, std::string, std::less<>>;

void expand(json::value& value, const Variables& variables, const Pause& pause)
{
    if (auto* text = value.if_string()) {
        const std::string_view given(text->data(), text->size());
        if (given.find("${") != std::string_view::npos) {
            *text = expand_variables(given, variables);
        }
    } else if (auto* list = value.if_array()) {
        for (auto& entry : *list) {
            pause_by(pause);
            expand(entry, variables, pause);
        }
    } else if (auto* object = value.if_object()) {
        for (auto& entry : *object) {
            expand(entry.value(), variables, pause);
        }
    }
}

std::string_view text_of(const json::object& object, std::string_view key)
{
    const auto* value = object.if_contains(key);
    const auto* text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? std::string_view{} : std::string_view(text->data(), text->size());
}

void set_lease_database(json::object& dhcp4, const RenderInput& input)
{
    auto* given = dhcp4["lease-database"].if_object();
    json::object database = given == nullptr ? json::object{} : *given;
    const auto type = text_of(database, "type");
    if (type.empty() || type == "memfile") {
        database["type"] = "memfile";
        database["name"] = input.paths.lease_file;
        if (!database.contains("persist")) {
            database["persist"] = true;
        }
        if (!database.contains("lfc-interval")) {
            database["lfc-interval"] = 3600;
        }
    }
    dhcp4["lease-database"] = std::move(database);
}

json::object log_file(const RenderInput& input)
{
    json::object output;
    output["output"] = input.paths.log_file;
    output["maxsize"] = log_file_size;
    output["maxver"] = log_file_count;
    output["flush"] = true;
    return output;
}

// A logger without outputs writes to our file, one without severity (mandatory in Kea) is of the usual one.
void complete_logger(json::object& logger, const RenderInput& input)
{
    if (!logger.contains("severity")) {
        logger["severity"] = "INFO";
    }
    if (!logger.contains("output_options") && !logger.contains("output-options")) {
        logger["output_options"] = json::array{log_file(input)};
    }
}

void set_loggers(json::object& dhcp4, const RenderInput& input)
{
    auto* given = dhcp4["loggers"].if_array();
    json::array loggers = given == nullptr ? json::array{} : *given;
    if (loggers.empty()) {
        json::object logger;
        logger["name"] = "kea-dhcp4";
        loggers.push_back(std::move(logger));
    }
    for (auto& entry : loggers) {
        if (auto* logger = entry.if_object()) {
            complete_logger(*logger, input);
        }
    }
    dhcp4["loggers"] = std::move(loggers);
}

} // namespace

void expand_strings(json::value& value, const RenderInput& input)
{
    expand(value, {{"vrf", input.vrf}, {"table", std::to_string(input.table)}, {"host", input.host}}, input.pause);
}

void set_owned(json::object& dhcp4, const RenderInput& input)
{
    json::object interfaces;
    interfaces["interfaces"] = json::array{json::value(input.interface + "/" + input.kea_address.str())};
    interfaces["dhcp-socket-type"] = "udp";
    interfaces["re-detect"] = true;
    interfaces["service-sockets-max-retries"] = socket_retries;
    interfaces["service-sockets-retry-wait-time"] = socket_retry_milliseconds;
    dhcp4["interfaces-config"] = std::move(interfaces);

    json::object socket;
    socket["socket-type"] = "unix";
    socket["socket-name"] = input.paths.control_socket;
    dhcp4.erase("control-socket");
    dhcp4.erase("control-sockets");
    if (input.version >= Version{2, 7, 2}) {
        dhcp4["control-sockets"] = json::array{std::move(socket)};
    } else {
        dhcp4["control-socket"] = std::move(socket);
    }
    set_lease_database(dhcp4, input);
}

void set_defaults(json::object& dhcp4, const RenderInput& input)
{
    set_loggers(dhcp4, input);
    // Threads cost CPU with many instances on few cores; off was the default until Kea 2.3.5.
    if (!dhcp4.contains("multi-threading")) {
        dhcp4["multi-threading"] = json::object{{"enable-multi-threading", false}};
    }
    if (!dhcp4.contains("dhcp-ddns")) {
        dhcp4["dhcp-ddns"] = json::object{{"enable-updates", false}};
    }
}

Result<json::object> render_dhcp4(const RenderInput& input)
{
    json::value user(input.user);
    expand_strings(user, input);
    auto& dhcp4 = user.as_object();
    set_owned(dhcp4, input);
    set_defaults(dhcp4, input);
    add_automatic_subnets(dhcp4, input);
    if (auto numbered = number_subnets(dhcp4); !numbered) {
        return numbered.error();
    }
    adapt_to_version(dhcp4, input);
    json::object configuration;
    configuration["Dhcp4"] = with_sorted_keys(dhcp4, input.pause);
    return configuration;
}

} // namespace keavrf::kea
