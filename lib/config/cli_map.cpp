#include "config/cli_map.hpp"

#include "config/names.hpp"
#include "config/words.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace keavrf::config {

namespace {

struct Mapping {
    std::string interface;
    std::string vrf;
    std::optional<Ipv4Address> giaddr;
};

// IF:VRF[:GIADDR]; names cannot hold a colon.
std::vector<std::string> split(const std::string& text)
{
    std::vector<std::string> parts;
    std::size_t at = 0;
    while (true) {
        const auto colon = text.find(':', at);
        parts.push_back(text.substr(at, colon - at));
        if (colon == std::string::npos) {
            return parts;
        }
        at = colon + 1;
    }
}

class MapReader {
public:
    void add(const std::string& argument)
    {
        argument_ = argument;
        const auto parts = split(argument);
        if (parts.size() < 2 || parts.size() > 3) {
            fail("must be INTERFACE:VRF or INTERFACE:VRF:GIADDR, such as eth1:vrf-red:192.168.1.1");
            return;
        }
        const auto mapping = read(parts);
        if (mapping && check_owner(*mapping)) {
            store(*mapping);
        }
    }

    CliMapResult result()
    {
        CliMapResult result;
        if (order_.empty() && errors_.empty()) {
            errors_.emplace_back("-m is missing (such as -m eth1:vrf-red:192.168.1.1)");
        }
        result.errors = errors_;
        if (!errors_.empty()) {
            return result;
        }
        result.settings.emplace();
        for (const auto& vrf : order_) {
            result.settings->vrfs.push_back(vrf);
        }
        return result;
    }

private:
    void fail(const std::string& problem) { errors_.push_back("-m " + quote_for_log(argument_) + ": " + problem); }

    bool check_name(std::string_view what, const std::string& name, const std::string& problem)
    {
        if (is_glob(name)) {
            fail("the " + std::string(what) + " name " + quoted(name) + " is a glob (globs need a file: -c FILE)");
            return false;
        }
        if (!problem.empty()) {
            fail("the " + std::string(what) + " name " + quoted(name) + ' ' + problem);
        }
        return problem.empty();
    }

    std::optional<Mapping> read(const std::vector<std::string>& parts)
    {
        Mapping mapping{parts[0], parts[1], {}};
        bool good = check_name("interface", mapping.interface, interface_name_problem(mapping.interface));
        good = check_name("VRF", mapping.vrf, vrf_name_problem(mapping.vrf)) && good;
        if (good && mapping.interface == mapping.vrf) {
            fail(quoted(mapping.vrf) + " is the VRF device itself (name its member interfaces)");
            good = false;
        }
        if (parts.size() == 3) {
            mapping.giaddr = read_giaddr(parts[2]);
            good = good && mapping.giaddr;
        }
        return good ? std::optional(mapping) : std::nullopt;
    }

    std::optional<Ipv4Address> read_giaddr(const std::string& text)
    {
        const auto address = Ipv4Address::parse(text);
        if (!address) {
            fail("the giaddr " + quoted(text) + " is no IPv4 address (such as 192.168.1.1)");
            return std::nullopt;
        }
        if (const auto problem = giaddr_problem(*address); !problem.empty()) {
            fail("the giaddr " + quoted(text) + ' ' + problem + " (give an address of this interface)");
            return std::nullopt;
        }
        return address;
    }

    bool check_owner(const Mapping& mapping)
    {
        const auto [owner, is_new] = owners_.emplace(mapping.interface, mapping.vrf);
        if (is_new) {
            return true;
        }
        fail("the interface " + quoted(mapping.interface) + " is given " +
             (owner->second == mapping.vrf
                  ? "twice"
                  : "to the VRF " + quoted(owner->second) + " already; an interface is in one VRF only"));
        return false;
    }

    void store(const Mapping& mapping)
    {
        entry(mapping.vrf)
            .interfaces.push_back(InterfaceSettings{escape_glob(mapping.interface), mapping.giaddr, {}, {}});
    }

    VrfSettings& entry(const std::string& name)
    {
        const auto known =
            std::find_if(order_.begin(), order_.end(), [&](const auto& vrf) { return vrf->pattern == name; });
        if (known != order_.end()) {
            return **known;
        }
        auto vrf = std::make_shared<VrfSettings>();
        vrf->pattern = name;
        vrf->automatic_interfaces = false;
        order_.push_back(std::move(vrf));
        return *order_.back();
    }

    std::string argument_;
    std::vector<std::string> errors_;
    std::vector<std::shared_ptr<VrfSettings>> order_;
    std::map<std::string, std::string> owners_; // interface -> VRF
};

} // namespace

CliMapResult settings_from_map(std::span<const std::string> arguments)
{
    MapReader reader;
    for (const auto& argument : arguments) {
        reader.add(argument);
    }
    return reader.result();
}

} // namespace keavrf::config
