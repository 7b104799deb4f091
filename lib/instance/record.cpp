#include "instance/record.hpp"

#include "topology/plan.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>

namespace keavrf::instance {

namespace {

namespace json = boost::json;

constexpr std::int64_t format_version = 1;

// 0, and `ok` false, when it is missing, of another type or out of the range of Number.
template <class Number>
Number number(const json::object& object, std::string_view key, bool& ok)
{
    const auto* value = object.if_contains(key);
    boost::system::error_code error;
    const Number read = value != nullptr ? value->to_number<Number>(error) : Number{};
    ok = ok && value != nullptr && !error;
    return ok ? read : Number{};
}

std::string text(const json::object& object, std::string_view key, bool& ok)
{
    const auto* value = object.if_contains(key);
    ok = ok && value != nullptr && value->is_string();
    return ok ? std::string(value->get_string()) : std::string();
}

// Empty where there is none, as an earlier keavrfd wrote it.
std::string optional_text(const json::object& object, std::string_view key, bool& ok)
{
    return object.contains(key) ? text(object, key, ok) : std::string();
}

Error malformed(std::string_view what)
{
    return Error("not an instance record of keavrfd: " + std::string(what));
}

std::optional<RecordedServer> parse_server(const json::value& value, bool& ok)
{
    if (!value.is_object()) {
        ok = false;
        return std::nullopt;
    }
    const auto& object = value.get_object();
    RecordedServer server;
    server.pid = ProcessId(number<pid_t>(object, "pid", ok));
    server.start_time = number<std::uint64_t>(object, "start-time", ok);
    server.executable = text(object, "executable", ok);
    server.configuration_hash = text(object, "configuration-hash", ok);
    const auto* answers = object.if_contains("answers-probes");
    server.answers_probes = answers != nullptr && answers->is_bool() && answers->get_bool();
    if (object.contains("ready")) {
        const auto& ready = object.at("ready");
        ok = ok && ready.is_bool();
        server.ready = ok && ready.get_bool();
    }
    // 0 and 1 are never a Kea of ours, and as arguments of kill(2) they would reach far.
    ok = ok && server.pid.value() > 1;
    return server;
}

} // namespace

std::string to_json(const Record& record)
{
    json::object object;
    object["format"] = format_version;
    object["vrf"] = record.vrf.str();
    object["slot"] = record.slot.value();
    object["namespace"] = record.name_space;
    object["namespace-inode"] = record.inode.value();
    object["namespace-cookie"] = record.cookie;
    object["boot"] = record.boot;
    object["runtime-dir"] = record.runtime_dir;
    object["state-dir"] = record.state_dir;
    if (record.dhcp4) {
        json::object server;
        server["pid"] = record.dhcp4->pid.value();
        server["start-time"] = record.dhcp4->start_time;
        server["executable"] = record.dhcp4->executable;
        server["configuration-hash"] = record.dhcp4->configuration_hash;
        server["answers-probes"] = record.dhcp4->answers_probes;
        server["ready"] = record.dhcp4->ready;
        object["dhcp4"] = std::move(server);
    }
    return json::serialize(object) + "\n";
}

Result<Record> parse_record(std::string_view input)
{
    boost::system::error_code error;
    const auto value = json::parse(input, error);
    if (error || !value.is_object()) {
        return malformed(error ? error.message() : "a JSON object was expected");
    }
    const auto& object = value.get_object();
    bool ok = true;
    if (number<std::int64_t>(object, "format", ok) != format_version || !ok) {
        return malformed("unknown format");
    }
    Record record;
    record.vrf = VrfName(text(object, "vrf", ok));
    record.slot = Slot(number<std::uint32_t>(object, "slot", ok));
    record.name_space = text(object, "namespace", ok);
    record.inode = NamespaceInode(number<std::uint64_t>(object, "namespace-inode", ok));
    if (object.contains("namespace-cookie")) {
        record.cookie = number<std::uint64_t>(object, "namespace-cookie", ok);
    }
    record.boot = optional_text(object, "boot", ok);
    record.runtime_dir = optional_text(object, "runtime-dir", ok);
    record.state_dir = optional_text(object, "state-dir", ok);
    if (const auto* server = object.if_contains("dhcp4"); server != nullptr) {
        record.dhcp4 = parse_server(*server, ok);
    }
    if (!ok || record.vrf.empty() || record.slot.value() >= topology::slot_limit) {
        return malformed("a key is missing or out of range");
    }
    return record;
}

} // namespace keavrf::instance
