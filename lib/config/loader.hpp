// The parts of the loader, one for each part of the file; behind load.hpp.
#pragma once

#include "config/fields.hpp"
#include "config/load.hpp"
#include "config/settings.hpp"

#include <array>
#include <map>
#include <string>
#include <string_view>

namespace keavrf::config {

inline constexpr std::array<std::string_view, 11> root_keys{"kea",          "runtime-dir", "state-dir", "log-dir",
                                                            "netns-prefix", "on-exit",     "control",   "http",
                                                            "log",          "defaults",    "vrfs"};
inline constexpr std::array<std::string_view, 13> relay_keys{
    "bootp", "burst",       "circuit-id", "link-selection",     "max-hops", "max-size", "option82",
    "rate",  "relay-flags", "remote-id",  "server-id-override", "trusted",  "vss"};

// Advice where keys stand in the wrong place, and an example of the map that was expected.
inline constexpr std::array<std::string_view, 1> giaddr_key{"giaddr"};
inline constexpr std::array<std::string_view, 1> relay_key{"relay"};
inline constexpr std::string_view a_relay_map = "a map, such as {trusted: true}";
inline constexpr Misplaced relay_keys_outside{relay_keys, "it belongs under relay, such as relay: {trusted: true}"};
inline constexpr Misplaced giaddr_outside{
    giaddr_key, "it belongs to an interface, such as interfaces: {eth1: {giaddr: 192.168.1.1}}"};
inline constexpr Misplaced relay_in_interface{
    relay_key, "the keys of relay stand here without it: {trusted: true} instead of {relay: {trusted: true}}"};
inline constexpr Misplaced relay_at_root{relay_key, "it belongs under defaults or under a VRF, such as defaults: "
                                                    "{relay: {max-hops: 4}}"};

// All but `defaults` and `vrfs` (load_daemon.cpp).
void load_daemon(const MapField& root, Settings& settings);

// Effective relay settings from maps that are merged already (load_relay.cpp); the keys themselves are checked by
// whoever knows what else stands in the map. Null: all default.
RelaySettings load_relay(const std::optional<Field>& field);
// Whether the sub-options fit into option 82 for an interface and a VRF with names as long as these.
void check_option82(const RelaySettings& relay, const std::optional<Field>& field, std::size_t interface_length,
                    std::size_t vrf_length);

// Each `option82` of the file, and whether it counts anywhere: where nobody is trusted, what has option 82 is dropped
// before it is asked (load_relay.cpp).
class Option82Keys {
public:
    // `relay` is a map merged with what is above it. A key is told by the first path that met it.
    void meet(const std::optional<Field>& relay);
    // Interfaces go by it, with these settings.
    void use(const std::optional<Field>& relay, const RelaySettings& settings);
    // Warns of those that count nowhere.
    void warn() const;

private:
    struct Key {
        Field field;
        bool used = false;
        bool counts = false;
    };
    Key* key(const std::optional<Field>& relay);

    std::map<const Node*, Key> keys_;
};

// What the parts of a VRF share.
struct VrfContext {
    Path path;
    Report* report = nullptr;
    // defaults.relay and the VRF's own, merged; null where neither is given.
    NodePtr relay;
    Option82Keys* option82 = nullptr;
};
// interfaces, excluded_interfaces, automatic_interfaces of `vrf`, whose pattern and has_device are set already
// (load_interfaces.cpp).
void load_interfaces(const std::optional<Field>& field, const VrfContext& context, VrfSettings& vrf);

// `defaults` and `vrfs` (load_vrfs.cpp).
class VrfLoader {
public:
    VrfLoader(Report& report, const FileReader& reader, std::string folder)
        : report_(report), reader_(reader), folder_(std::move(folder))
    {
    }
    void load(const MapField& root, Settings& settings);

private:
    void load_defaults(const std::optional<Field>& field);
    void load_vrf(const Member& member, const Path& path, Settings& settings);
    bool load_name(const Member& member, const Path& path, VrfSettings& vrf);
    static void load_device(const MapField& map, VrfSettings& vrf);
    void load_kea(const MapField& map, VrfSettings& vrf);
    NodePtr own_kea_map(const MapField& map, Path& path);
    NodePtr kea_file(const Field& field);
    NodePtr read_kea_file(const Field& field, const std::string& path);

    Report& report_;
    const FileReader& reader_;
    std::string folder_; // of the YAML file, with a slash at its end; empty: the working directory
    NodePtr default_relay_;
    Option82Keys option82_;
    NodePtr default_dhcp4_;
    std::map<std::string, NodePtr> files_; // read already, by path
    std::size_t values_ = 0;               // in all Kea maps together
};

// What no VRF can see alone (check_vrfs.cpp).
void check_vrfs(const Settings& settings, Report& report);

} // namespace keavrf::config
