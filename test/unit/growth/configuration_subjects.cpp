#include "config/diff.hpp"
#include "config/load.hpp"
#include "unit/growth/subject.hpp"

#include <cstdlib>
#include <memory>
#include <string>

namespace keavrf::growth {

namespace {

config::LoadResult load(const std::string& text)
{
    const auto none = [](const std::string&) { return Result<std::string>(Error("no such file")); };
    return config::load_text(text, "c.yaml", none);
}

// A subject that does not do what it is there for counts nothing.
config::Settings loaded(const std::string& text)
{
    auto result = load(text);
    if (!result.settings) {
        std::abort();
    }
    return std::move(*result.settings);
}

Work loading(std::string text)
{
    return [text = std::move(text)] { loaded(text); };
}

std::string number(int at)
{
    return std::to_string(at);
}

Work list_of_interfaces(int count)
{
    std::string text = "vrfs:\n  red:\n    interfaces:\n";
    for (int at = 0; at < count; ++at) {
        text += "      - m" + number(at) + "\n      - \"g" + number(at) + "*\"\n      - \"!x" + number(at) + "\"\n";
    }
    return loading(text);
}

Work map_of_interfaces(int count)
{
    std::string text = "vrfs:\n  red:\n    device: none\n    interfaces:\n";
    for (int at = 0; at < count; ++at) {
        const auto giaddr = "10." + number(at / 250) + '.' + number(at % 250) + ".1";
        text += "      m" + number(at) + ": {giaddr: " + giaddr + ", trusted: true}\n";
    }
    return loading(text);
}

std::string many_vrfs(int count, int changed = -1)
{
    std::string text = "defaults:\n  relay: {max-hops: 4}\nvrfs:\n";
    for (int at = 0; at < count; ++at) {
        text += "  red" + number(at) + ":\n    interfaces: [m" + number(at) +
                "]\n    dhcp4: {valid-lifetime: " + number(at == changed ? 60 : 600) + "}\n";
    }
    return text;
}

Work vrfs(int count)
{
    return loading(many_vrfs(count));
}

// Four for each of `count`.
std::string many_subnets(int count)
{
    std::string text = "vrfs:\n  red:\n    dhcp4:\n      subnet4:\n";
    for (int at = 0; at < 4 * count; ++at) {
        const auto net = number(10 + at / 65536) + '.' + number(at / 256 % 256) + '.' + number(at % 256) + '.';
        text += "        - {subnet: " + net + "0/24, pools: [{pool: " + net + "10 - " + net + "200}]}\n";
    }
    return text;
}

Work subnets(int count)
{
    return loading(many_subnets(count));
}

Work same_subnets(int count)
{
    const auto running = std::make_shared<config::Settings>(loaded(many_subnets(count)));
    const auto wanted = std::make_shared<config::Settings>(loaded(many_subnets(count)));
    return [running, wanted] {
        if (config::with_unchanged_entries(*running, *wanted)->vrfs != running->vrfs) {
            std::abort();
        }
    };
}

Work reload_of_one_vrf(int count)
{
    const auto running = std::make_shared<config::Settings>(loaded(many_vrfs(count)));
    const auto wanted = std::make_shared<config::Settings>(loaded(many_vrfs(count, 7)));
    return [running, wanted] {
        const auto merged = config::with_unchanged_entries(*running, *wanted);
        if (merged->vrfs.at(6) != running->vrfs.at(6) || merged->vrfs.at(7) == running->vrfs.at(7) ||
            !config::unchangeable(*running, *merged).empty()) {
            std::abort();
        }
    };
}

} // namespace

std::vector<Subject> configuration_subjects()
{
    return {{"loading a list of interfaces, patterns and exclusions", list_of_interfaces, linear},
            {"loading a map of interfaces", map_of_interfaces, linear},
            {"loading VRFs", vrfs, linear},
            {"loading the subnets of one VRF", subnets, sorted},
            {"comparing subnets that have not changed", same_subnets, linear},
            {"comparing settings of which one VRF has changed", reload_of_one_vrf, linear}};
}

} // namespace keavrf::growth
