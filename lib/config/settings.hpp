// The settings model: the configuration file (docs/configuration.md) as values, defaults filled in, `defaults` merged
// under every VRF, nothing left to look up. Pure: the loader (load.hpp) makes it, everything else only reads it.
#pragma once

#include "core/ip_address.hpp"
#include "core/log.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace keavrf::config {

// A place in a file; lines and columns count from 1, 0 says unknown.
struct Mark {
    std::string file;
    int line = 0;
    int column = 0;
    friend bool operator==(const Mark&, const Mark&) = default;
};

// What happens to a client message that already bears option 82 (RFC 3046 2.1), on a trusted interface.
enum class Option82Policy { drop, replace, append, keep };

// Effective for one interface: defaults.relay, then the VRF's relay, then the interface's own keys.
struct RelaySettings {
    unsigned max_hops = 16;
    Option82Policy option82 = Option82Policy::drop;
    // Templates; ${interface}, ${vrf}, ${ifindex}, ${mac}, ${host}. Empty: the sub-option is not sent.
    std::string circuit_id = "${interface}";
    std::string remote_id = "${vrf}";
    bool trusted = false;
    bool link_selection = false;
    bool server_id_override = false;
    bool relay_flags = false;
    bool bootp = false;
    // RFC 6607: empty: not sent; otherwise the VRF's name or its VPN-ID as written.
    std::string vss;
    // Messages a second accepted from the interface, and how many at once; rate 0: no limit (burst is 0 then, and never
    // 0 otherwise).
    double rate = 0;
    double burst = 0;
    // Largest message forwarded, in bytes; 0: what the interface's MTU allows.
    unsigned max_size = 0;
    friend bool operator==(const RelaySettings&, const RelaySettings&) = default;
};

struct InterfaceSettings {
    // A pattern for glob_match(): an interface's name (with `\` before a character that a glob would read), or a glob.
    std::string pattern;
    std::optional<Ipv4Address> giaddr;
    RelaySettings relay;
    Mark mark;
};

struct VrfSettings {
    std::string pattern; // with `glob` a pattern for glob_match(), else the VRF's name as the kernel has it
    bool glob = false;
    // False for `device: none`: a domain without a kernel VRF device, always up.
    bool has_device = true;
    // True where `interfaces` is omitted, `auto`, or holds exclusions only: every member interface of the VRF that
    // excluded_interfaces does not match.
    bool automatic_interfaces = true;
    // In file order; the first that matches an interface's name counts.
    std::vector<InterfaceSettings> interfaces;
    // Globs with a leading `!`, without it.
    std::vector<std::string> excluded_interfaces;
    // For interfaces that `interfaces` does not name.
    RelaySettings relay;
    // Kea's own Dhcp4 map as merged; ${vrf}, ${table}, ${host} still stand in its strings. Without a non-empty subnet4
    // or shared-networks in it, subnets are automatic.
    boost::json::object dhcp4;
    // Present: DHCPv6 too.
    std::optional<boost::json::object> dhcp6;
    Mark mark;

    [[nodiscard]] bool automatic_subnets() const;
};

struct KeaTimeouts {
    std::chrono::milliseconds start{10000};
    std::chrono::milliseconds probe{5000};
    std::chrono::milliseconds stop{5000};
    friend bool operator==(const KeaTimeouts&, const KeaTimeouts&) = default;
};

enum class KeaLog { file, inherit };

struct KeaSettings {
    std::string dhcp4 = "/usr/sbin/kea-dhcp4";
    std::string dhcp6 = "/usr/sbin/kea-dhcp6";
    std::string user; // empty: _kea, else kea
    KeaLog log = KeaLog::file;
    KeaTimeouts timeouts;
    friend bool operator==(const KeaSettings&, const KeaSettings&) = default;
};

enum class OnExit { stop, keep };
enum class LogFormat { automatic, text, json, journal };

struct LogSettings {
    log::Level level = log::Level::info;
    LogFormat format = LogFormat::automatic;
    friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

struct Settings {
    KeaSettings kea;
    std::string runtime_dir = "/run/keavrfd";
    std::string state_dir = "/var/lib/keavrfd";
    std::string log_dir = "/var/log/keavrfd";
    std::string netns_prefix = "keavrf-";
    OnExit on_exit = OnExit::stop;
    std::string control_group = "keavrfd";
    bool control_group_given = false; // a missing group is a warning only where the file named it
    std::optional<std::string> http_listen;
    LogSettings log;
    // Shared, so that a domain made from one of them stays valid across a reload.
    std::vector<std::shared_ptr<const VrfSettings>> vrfs; // in file order

    // The entry that serves a VRF of this name: the exact one, else the first glob in file order that matches.
    // Only entries with has_device are considered; null when nobody serves it, also where a `device: none` entry holds
    // the name (two domains of one name cannot be).
    [[nodiscard]] std::shared_ptr<const VrfSettings> find(std::string_view vrf_name) const;
    // The `device: none` entry of this name; null when there is none.
    [[nodiscard]] std::shared_ptr<const VrfSettings> find_domain(std::string_view name) const;

    // Where the file gives a daemon-wide key, by its path ("kea.timeouts.start"); only keys that the file holds.
    std::map<std::string, Mark, std::less<>> marks;
};

// Settings::find for many names: a thousand VRFs may each have an entry. Borrows the settings.
class EntryFinder {
public:
    explicit EntryFinder(const Settings& settings);
    [[nodiscard]] std::shared_ptr<const VrfSettings> find(std::string_view vrf_name) const;

private:
    std::unordered_map<std::string_view, const std::shared_ptr<const VrfSettings>*> exact_;
    std::vector<const std::shared_ptr<const VrfSettings>*> globs_; // with a device; in file order
};

} // namespace keavrf::config
