#include "control/status.hpp"

#include "control/object_reader.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace keavrf::control {

namespace json = boost::json;

namespace {

json::object to_json(const PortStatus& port)
{
    json::object object;
    object["interface"] = port.interface;
    object["index"] = port.index.value();
    if (port.giaddr) {
        object["giaddr"] = port.giaddr->str();
    }
    object["trusted"] = port.trusted;
    if (!port.reason.empty()) {
        object["reason"] = port.reason;
    }
    return object;
}

template <class Map>
json::object numbers(const Map& map)
{
    json::object object;
    for (const auto& [name, number] : map) {
        object[name] = number;
    }
    return object;
}

PortStatus read_port(ObjectReader& reader)
{
    PortStatus port;
    reader.read("interface", port.interface);
    port.index = InterfaceIndex(reader.number<int>("index"));
    port.giaddr = reader.address("giaddr");
    reader.read("trusted", port.trusted);
    reader.read("reason", port.reason);
    return port;
}

InstanceStatus read_instance(ObjectReader& reader)
{
    InstanceStatus status;
    std::string vrf;
    reader.read("vrf", vrf);
    status.vrf = VrfName(vrf);
    reader.read("state", status.state);
    status.since = std::chrono::seconds(reader.number<std::int64_t>("since"));
    reader.read("reason", status.reason);
    reader.read("warnings", status.warnings);
    if (reader.has("slot")) {
        status.slot = Slot(reader.number<std::uint32_t>("slot"));
    }
    reader.read("namespace", status.network_namespace);
    status.kea = ProcessId(reader.number<pid_t>("kea-pid"));
    status.restarts = reader.number<std::uint64_t>("restarts");
    reader.each("ports", [&](ObjectReader& port) { status.ports.push_back(read_port(port)); });
    reader.read("subnets", status.subnets);
    if (reader.has("leases")) {
        status.leases = reader.number<std::uint64_t>("leases");
    }
    status.messages_in = reader.number<std::uint64_t>("messages-in");
    status.messages_out = reader.number<std::uint64_t>("messages-out");
    reader.read("drops", status.drops);
    status.option82_overflow = reader.number<std::uint64_t>("option82-overflow");
    return status;
}

void add_statistic(json::object& all, const VrfName& vrf, const std::string& name, std::uint64_t value,
                   const std::string& timestamp)
{
    json::array sample;
    sample.emplace_back(value);
    sample.emplace_back(timestamp);
    json::array samples;
    samples.emplace_back(std::move(sample));
    all["vrf[" + vrf.str() + "]." + name] = std::move(samples);
}

} // namespace

std::map<std::string, std::size_t> counts_by_state(const DaemonStatus& status)
{
    std::map<std::string, std::size_t> counts;
    for (const auto& instance : status.instances) {
        ++counts[instance.state];
    }
    return counts;
}

json::object to_json(const InstanceStatus& status)
{
    json::object object;
    object["vrf"] = status.vrf.str();
    object["state"] = status.state;
    object["since"] = status.since.count();
    object["reason"] = status.reason;
    object["warnings"] = json::array(status.warnings.begin(), status.warnings.end());
    if (status.slot) {
        object["slot"] = status.slot->value();
    }
    object["namespace"] = status.network_namespace;
    object["kea-pid"] = status.kea.value();
    object["restarts"] = status.restarts;
    json::array ports;
    for (const auto& port : status.ports) {
        ports.emplace_back(to_json(port));
    }
    object["ports"] = std::move(ports);
    object["subnets"] = json::array(status.subnets.begin(), status.subnets.end());
    if (status.leases) {
        object["leases"] = *status.leases;
    }
    object["messages-in"] = status.messages_in;
    object["messages-out"] = status.messages_out;
    object["drops"] = numbers(status.drops);
    object["option82-overflow"] = status.option82_overflow;
    return object;
}

json::object to_json(const DaemonStatus& status)
{
    json::object object;
    object["version"] = status.version;
    object["kea-version"] = status.kea_version;
    object["pid"] = status.pid.value();
    object["uptime"] = status.uptime.count();
    object["config-file"] = status.config_file;
    object["warnings"] = json::array(status.warnings.begin(), status.warnings.end());
    object["counts"] = numbers(counts_by_state(status));
    json::array instances;
    for (const auto& instance : status.instances) {
        instances.emplace_back(to_json(instance));
    }
    object["instances"] = std::move(instances);
    return object;
}

Result<DaemonStatus> daemon_status_from_json(const json::object& json)
{
    DaemonStatus status;
    std::string problem;
    ObjectReader reader(json, "", problem);
    reader.read("version", status.version);
    reader.read("kea-version", status.kea_version);
    status.pid = ProcessId(reader.number<pid_t>("pid"));
    status.uptime = std::chrono::seconds(reader.number<std::int64_t>("uptime"));
    reader.read("config-file", status.config_file);
    reader.read("warnings", status.warnings);
    reader.each("instances", [&](ObjectReader& instance) { status.instances.push_back(read_instance(instance)); });
    if (!problem.empty()) {
        return Error("the daemon's status cannot be read: " + problem)
            .hint("are keavrfd and keavrfctl of one version?");
    }
    return status;
}

json::object statistics_of(const DaemonStatus& status, const std::string& timestamp)
{
    json::object all;
    for (const auto& instance : status.instances) {
        add_statistic(all, instance.vrf, "messages-in", instance.messages_in, timestamp);
        add_statistic(all, instance.vrf, "messages-out", instance.messages_out, timestamp);
        add_statistic(all, instance.vrf, "restarts", instance.restarts, timestamp);
        if (instance.leases) {
            add_statistic(all, instance.vrf, "leases", *instance.leases, timestamp);
        }
        for (const auto& [reason, count] : instance.drops) {
            add_statistic(all, instance.vrf, "drops[" + reason + "]", count, timestamp);
        }
        add_statistic(all, instance.vrf, "option82-overflow", instance.option82_overflow, timestamp);
    }
    return all;
}

} // namespace keavrf::control
