// What keavrfd tells of itself and its VRFs, for people.
#include "views.hpp"

#include "core/text.hpp"

#include <numeric>

namespace keavrf::ctl {

using control::DaemonStatus;
using control::InstanceStatus;

namespace {

Colour colour_of(std::string_view state)
{
    if (state == "serving") {
        return Colour::good;
    }
    if (state == "backoff" || state == "rejected" || state == "failed") {
        return Colour::bad;
    }
    return state == "stopped" ? Colour::none : Colour::warn;
}

std::string number(std::uint64_t value)
{
    return std::to_string(value);
}

std::uint64_t sum_of_drops(const InstanceStatus& instance)
{
    const auto add = [](std::uint64_t sum, const auto& drop) { return sum + drop.second; };
    return std::accumulate(instance.drops.begin(), instance.drops.end(), std::uint64_t{0}, add);
}

std::string first_and_count(const std::vector<std::string>& list)
{
    if (list.empty()) {
        return "-";
    }
    return list.size() == 1 ? list[0] : list[0] + " +" + std::to_string(list.size() - 1);
}

std::string ports_of(const InstanceStatus& instance)
{
    std::vector<std::string> names;
    for (const auto& port : instance.ports) {
        names.push_back(port.interface);
    }
    return first_and_count(names);
}

// Why it does not serve, else the first thing to look at.
Cell note_of(const InstanceStatus& instance)
{
    if (instance.reason.empty() && !instance.warnings.empty()) {
        const auto more = instance.warnings.size() - 1;
        return {"warning: " + instance.warnings[0] + (more > 0 ? " (+" + number(more) + ")" : ""), Colour::warn};
    }
    const auto colour = colour_of(instance.state);
    return {instance.reason, colour == Colour::good ? Colour::none : colour};
}

std::string daemon_lines(const DaemonStatus& status)
{
    std::string text = "keavrfd " + status.version + ", Kea " + status.kea_version + ", pid " +
                       std::to_string(status.pid.value()) + ", up " + duration_text(status.uptime);
    text += status.config_file.empty() ? "" : ", " + status.config_file;
    std::string counts;
    for (const auto& [state, count] : control::counts_by_state(status)) {
        counts += (counts.empty() ? "" : ", ") + std::to_string(count) + ' ' + state;
    }
    text = escape_controls(text) + '\n' + (counts.empty() ? "no VRF to serve" : escape_controls(counts)) + '\n';
    for (const auto& warning : status.warnings) {
        text += "warning: " + escape_controls(warning) + '\n'; // whole, whatever its length
    }
    return text;
}

std::string property(std::string_view name, std::string_view value, Style style, Colour colour = Colour::none)
{
    std::string label = std::string(name) + ':';
    label.resize(12, ' ');
    const auto room = style.width > 12 ? style.width - 12 : std::size_t{0};
    const auto safe = escape_controls(value);
    return label + coloured(room > 0 ? cut_to(safe, room) : safe, colour, style) + '\n';
}

std::string join(const std::vector<std::string>& list)
{
    std::string text;
    for (const auto& element : list) {
        text += (text.empty() ? "" : ", ") + element;
    }
    return text.empty() ? "-" : text;
}

std::string drops_of(const InstanceStatus& instance)
{
    std::vector<std::string> drops;
    for (const auto& [reason, count] : instance.drops) {
        if (count > 0) {
            drops.push_back(reason + ' ' + std::to_string(count));
        }
    }
    return join(drops);
}

std::string ports_table(const InstanceStatus& instance, Style style)
{
    Table table({{"PORT"}, {"INDEX", true, 0, 2}, {"GIADDR"}, {"TRUSTED", false, 0, 1}, {"REASON", false, 10, 3}});
    for (const auto& port : instance.ports) {
        table.add({port.interface, std::to_string(port.index.value()), port.giaddr ? port.giaddr->str() : "-",
                   port.trusted ? "yes" : "no", Cell(port.reason, Colour::warn)});
    }
    return table.empty() ? "" : '\n' + table.render(style);
}

} // namespace

std::string overview_text(const DaemonStatus& status, Style style)
{
    Table table({{"VRF"},
                 {"STATE"},
                 {"SINCE", false, 0, 2},
                 {"PORTS", false, 6, 1},
                 {"SUBNETS", false, 9, 3},
                 {"LEASES", true, 0, 4},
                 {"IN", true, 0, 7},
                 {"OUT", true, 0, 7},
                 {"DROPS", true, 0, 6},
                 {"KEA", true, 0, 9},
                 {"RESTARTS", true, 0, 8},
                 {"REASON", false, 20, 5}});
    for (const auto& instance : status.instances) {
        const auto colour = colour_of(instance.state);
        table.add({instance.vrf.str(), Cell(instance.state, colour), duration_text(instance.since), ports_of(instance),
                   first_and_count(instance.subnets), instance.leases ? number(*instance.leases) : "-",
                   number(instance.messages_in), number(instance.messages_out), number(sum_of_drops(instance)),
                   instance.kea.value() > 0 ? std::to_string(instance.kea.value()) : "-", number(instance.restarts),
                   note_of(instance)});
    }
    return daemon_lines(status) + (table.empty() ? "" : '\n' + table.render(style));
}

std::string instance_text(const InstanceStatus& instance, Style style)
{
    std::string text = property("VRF", instance.vrf.str(), style, Colour::strong);
    text +=
        property("State", instance.state + " since " + duration_text(instance.since), style, colour_of(instance.state));
    if (!instance.reason.empty()) {
        text += "Reason:     " + escape_controls(instance.reason) + '\n'; // whole, whatever its length
    }
    for (const auto& warning : instance.warnings) {
        text += "Warning:    " + escape_controls(warning) + '\n';
    }
    text += property("Kea", instance.kea.value() > 0 ? "pid " + std::to_string(instance.kea.value()) : "not running",
                     style);
    text += property("Restarts", number(instance.restarts), style);
    text += property("Namespace", instance.network_namespace.empty() ? "-" : instance.network_namespace, style);
    text += property("Slot", instance.slot ? std::to_string(instance.slot->value()) : "-", style);
    text += property("Subnets", join(instance.subnets), style);
    text += property("Leases", instance.leases ? number(*instance.leases) : "-", style);
    text +=
        property("Messages", number(instance.messages_in) + " in, " + number(instance.messages_out) + " out", style);
    text += property("Drops", drops_of(instance), style);
    if (instance.option82_overflow > 0) {
        text += property(
            "No room", number(instance.option82_overflow) + " forwarded without option 82 (option82-overflow)", style);
    }
    return text + ports_table(instance, style);
}

} // namespace keavrf::ctl
