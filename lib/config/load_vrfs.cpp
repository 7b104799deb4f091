#include "config/json_reader.hpp"
#include "config/kea_map.hpp"
#include "config/loader.hpp"
#include "config/names.hpp"
#include "core/text.hpp"

namespace keavrf::config {

namespace {

constexpr std::array<std::string_view, 3> default_keys{"dhcp4", "dhcp6", "relay"};
constexpr std::array<std::string_view, 7> vrf_keys{"device",   "dhcp4",      "dhcp4-file", "dhcp6",
                                                   "external", "interfaces", "relay"};
// In the Kea maps of all VRFs together: `defaults` counts once for each.
constexpr std::size_t most_kea_values = max_values;

void refuse_unsupported(const MapField& map, std::string_view key, std::string_view what)
{
    if (const auto field = map.find(key)) {
        if (field->node->kind != Node::Kind::map && !field->node->is_null()) {
            field->must_be("a map");
            return;
        }
        field->error(std::string(what) + " not yet supported by this version of keavrfd (remove the key)");
    }
}

// Of a map that may be missing; a wrong type is reported and taken for missing.
NodePtr checked_map(const std::optional<Field>& field, std::string_view allowed)
{
    return field ? MapField(*field, allowed).field().node : nullptr;
}

} // namespace

void VrfLoader::load(const MapField& root, Settings& settings)
{
    load_defaults(root.find("defaults"));
    const auto vrfs = root.find("vrfs");
    if (!vrfs) {
        root.field().error("\"vrfs\" is missing, so that nothing would be served (vrfs: {\"*\": {}} serves every VRF, "
                           "vrfs: {} none)");
        return;
    }
    const MapField map(*vrfs, "a map from VRF names to their settings, such as {vrf-red: {}}");
    for (const auto& member : map.members()) {
        report_.pause();
        load_vrf(member, vrfs->path / member.key, settings);
    }
    option82_.warn();
    if (vrfs->node->kind == Node::Kind::map && map.members().empty()) {
        vrfs->warning("is empty: nothing is served (\"*\": {} serves every VRF)");
    }
}

void VrfLoader::load_defaults(const std::optional<Field>& field)
{
    if (!field) {
        return;
    }
    const MapField map(*field, "a map");
    map.only(default_keys, {relay_keys_outside, giaddr_outside});
    refuse_unsupported(map, "dhcp6", "DHCPv6 is");
    default_relay_ = checked_map(map.find("relay"), a_relay_map);
    if (default_relay_) {
        const Field relay{default_relay_, field->path / "relay", &report_};
        MapField(relay, a_relay_map).only(relay_keys, {giaddr_outside});
        load_relay(relay);
        option82_.meet(relay);
    }
    default_dhcp4_ = checked_map(map.find("dhcp4"), "a map (Kea's Dhcp4)");
    if (default_dhcp4_) {
        const Field dhcp4{default_dhcp4_, field->path / "dhcp4", &report_};
        // Where the leases go can be judged only with what a VRF adds.
        refuse_owned(dhcp4, true);
        check_subnets(dhcp4);
        to_json(dhcp4);
    }
}

void VrfLoader::load_vrf(const Member& member, const Path& path, Settings& settings)
{
    const MapField map(Field{member.value, path, &report_}, "a map, such as {}");
    map.only(vrf_keys, {relay_keys_outside, giaddr_outside});
    auto vrf = std::make_shared<VrfSettings>();
    vrf->mark = member.origin.mark();
    const bool named = load_name(member, path, *vrf);
    load_device(map, *vrf);
    const auto relay = map.find("relay");
    const auto own_relay = checked_map(relay, a_relay_map);
    if (own_relay) {
        MapField(Field{own_relay, path / "relay", &report_}, a_relay_map).only(relay_keys, {giaddr_outside});
    }
    const VrfContext context{path, &report_, merge(default_relay_, own_relay), &option82_};
    const auto merged = context.relay ? std::optional(Field{context.relay, path / "relay", &report_}) : std::nullopt;
    vrf->relay = load_relay(merged);
    check_option82(vrf->relay, merged, 15, vrf->glob ? 15 : vrf->pattern.size());
    option82_.meet(merged);
    const auto interfaces = map.find("interfaces");
    load_interfaces(interfaces, context, *vrf);
    if (vrf->automatic_interfaces) {
        option82_.use(merged, vrf->relay);
    }
    if (!vrf->has_device && vrf->automatic_interfaces) {
        report_.error(
            interfaces ? interfaces->node->origin : member.origin, path / "interfaces",
            "must name at least one interface: with device: none there is no VRF whose members could be found");
    }
    refuse_unsupported(map, "dhcp6", "DHCPv6 is");
    refuse_unsupported(map, "external", "an external interface for Kea is");
    load_kea(map, *vrf);
    if (named) {
        settings.vrfs.push_back(std::move(vrf));
    }
}

bool VrfLoader::load_name(const Member& member, const Path& path, VrfSettings& vrf)
{
    vrf.glob = is_glob(member.key);
    vrf.pattern = vrf.glob ? member.key : unescape_glob(member.key);
    const auto problem = vrf.glob ? glob_problem(vrf.pattern) : vrf_name_problem(vrf.pattern);
    if (!problem.empty()) {
        report_.error(member.origin, path, quoted(vrf.pattern) + ' ' + problem);
    }
    return problem.empty();
}

void VrfLoader::load_device(const MapField& map, VrfSettings& vrf)
{
    const auto field = map.find("device");
    if (!field) {
        return;
    }
    if (field->node->kind != Node::Kind::scalar || field->node->text != "none") {
        field->must_be("none (or left out: then the VRF device of this name counts)");
        return;
    }
    vrf.has_device = false;
    if (vrf.glob) {
        field->error("a domain without a device needs a name of its own, not the glob " + quoted(vrf.pattern));
    }
}

void VrfLoader::load_kea(const MapField& map, VrfSettings& vrf)
{
    Path path = map.field().path / "dhcp4";
    const auto merged = merge(default_dhcp4_, own_kea_map(map, path));
    if (!merged) {
        return;
    }
    values_ += merged->weight;
    if (values_ > most_kea_values) {
        map.field().error("the Kea maps of all VRFs together have more than " + std::to_string(most_kea_values) +
                          " values, defaults counted for each VRF");
        return;
    }
    const Field field{merged, path, &report_};
    if (const auto* outer = merged->find("Dhcp4")) {
        report_.error(outer->origin, path / "Dhcp4", "write what is inside Dhcp4 directly here");
        return;
    }
    refuse_owned(field, has_database(*merged));
    check_subnets(field);
    check_loggers(field);
    vrf.dhcp4 = to_json(field);
}

// The VRF's Dhcp4 map without defaults, from dhcp4 or dhcp4-file; `path` becomes that of its keys in error messages.
NodePtr VrfLoader::own_kea_map(const MapField& map, Path& path)
{
    const auto dhcp4 = map.find("dhcp4");
    const auto file = map.find("dhcp4-file");
    if (dhcp4 && file) {
        file->error("dhcp4 and dhcp4-file exclude each other (put all of it into one of them)");
        return nullptr;
    }
    if (!file) {
        return checked_map(dhcp4, "a map (Kea's Dhcp4)");
    }
    const auto root = kea_file(*file);
    if (!root) {
        return nullptr;
    }
    const auto* inner = root->find("Dhcp4");
    path = inner != nullptr ? Path() / "Dhcp4" : Path();
    for (const auto& member : root->members) {
        if (inner != nullptr && member.key != "Dhcp4") {
            report_.error(member.origin, Path() / member.key, "only Dhcp4 can stand here");
        }
    }
    const Field field{inner != nullptr ? inner->value : root, path, &report_};
    const auto node = MapField(field, "a map (Kea's Dhcp4)").field().node;
    const auto effective = merge(default_dhcp4_, node);
    return drop_owned(Field{node, path, &report_}, has_database(*effective));
}

NodePtr VrfLoader::kea_file(const Field& field)
{
    const auto name = read_text(field);
    if (!name) {
        return nullptr;
    }
    if (name->empty()) {
        field.must_be("the name of a file");
        return nullptr;
    }
    const auto path = name->starts_with('/') ? *name : folder_ + *name;
    const auto known = files_.find(path);
    if (known != files_.end()) {
        return known->second;
    }
    return files_[path] = read_kea_file(field, path);
}

NodePtr VrfLoader::read_kea_file(const Field& field, const std::string& path)
{
    const auto text = reader_(path);
    if (!text) {
        field.error("cannot read " + quoted(path) + ": " + text.error().message());
        return nullptr;
    }
    const Origin file{std::make_shared<const std::string>(path), 0, 0};
    auto root = read_json(*text, file, report_);
    if (root && root->kind != Node::Kind::map) {
        report_.error(root->origin, {}, "must be a map: {\"Dhcp4\": {...}}, or what is inside Dhcp4");
        return nullptr;
    }
    return root;
}

} // namespace keavrf::config
