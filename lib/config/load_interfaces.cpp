#include "config/loader.hpp"
#include "config/names.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <string>

namespace keavrf::config {

namespace {

constexpr std::string_view forms = "auto, a list of names, or a map from names to their keys";

class InterfaceLoader {
public:
    InterfaceLoader(const VrfContext& context, VrfSettings& vrf) : context_(context), vrf_(vrf) {}

    // One name with its keys; `keys` is null in a list.
    void add(const Field& name, std::string_view text, const std::optional<Field>& keys)
    {
        const bool excluded = text.starts_with('!');
        const auto pattern = text.substr(excluded ? 1 : 0);
        if (!check_pattern(name, pattern)) {
            return;
        }
        if (excluded) {
            add_exclusion(name, pattern, keys);
        } else {
            add_interface(name, pattern, keys);
        }
    }

private:
    bool check_pattern(const Field& name, std::string_view pattern)
    {
        const bool glob = is_glob(pattern);
        const auto plain = glob ? std::string(pattern) : unescape_glob(pattern);
        const auto problem = glob ? glob_problem(pattern) : interface_name_problem(plain);
        if (!problem.empty()) {
            name.error(quoted(plain) + ' ' + problem);
            return false;
        }
        if (!glob && vrf_.has_device && !vrf_.glob && plain == vrf_.pattern) {
            name.error(quoted(plain) + " is the VRF device itself (name its member interfaces)");
            return false;
        }
        return true;
    }

    void add_exclusion(const Field& name, std::string_view pattern, const std::optional<Field>& keys)
    {
        if (keys && !keys->node->is_null() && (keys->node->kind != Node::Kind::map || !keys->node->members.empty())) {
            keys->error("an excluded interface has no keys");
        }
        if (given_.contains(pattern)) {
            name.error(quoted(pattern) + " is both named and excluded");
        }
        excluded_.emplace(pattern);
        vrf_.excluded_interfaces.emplace_back(pattern);
    }

    void add_interface(const Field& name, std::string_view pattern, const std::optional<Field>& keys)
    {
        if (!given_.emplace(pattern).second) {
            name.error(quoted(pattern) + " is here twice");
            return;
        }
        if (excluded_.contains(pattern)) {
            name.error(quoted(pattern) + " is both named and excluded");
        }
        InterfaceSettings interface {
            std::string(pattern), {}, vrf_.relay, name.node->origin.mark()
        };
        if (keys) {
            load_keys(*keys, interface);
        } else {
            check_fit(interface, context_.relay, context_.path / "relay");
        }
        vrf_.interfaces.push_back(std::move(interface));
    }

    void load_keys(const Field& keys, InterfaceSettings& interface)
    {
        const MapField map(keys, a_relay_map);
        std::vector<std::string_view> allowed(relay_keys.begin(), relay_keys.end());
        allowed.insert(std::upper_bound(allowed.begin(), allowed.end(), "giaddr"), "giaddr");
        map.only(allowed, {relay_in_interface});
        if (const auto giaddr = map.find("giaddr")) {
            load_giaddr(*giaddr, interface);
        }
        const auto merged = merge(context_.relay, without(without(map.field().node, "giaddr"), "relay"));
        interface.relay = load_relay(Field{merged, keys.path, keys.report});
        check_fit(interface, merged, keys.path);
    }

    static void load_giaddr(const Field& field, InterfaceSettings& interface)
    {
        constexpr std::string_view allowed = "an IPv4 address of four numbers, such as 192.168.1.1";
        const auto text = read_written(field, allowed);
        if (!text) {
            return;
        }
        interface.giaddr = Ipv4Address::parse(*text);
        if (!interface.giaddr) {
            field.must_be(allowed);
            return;
        }
        if (const auto problem = giaddr_problem(*interface.giaddr); !problem.empty()) {
            field.error(quoted(*text) + ' ' + problem + " (give an address of this interface)");
        } else if (is_glob(interface.pattern)) {
            field.error("a giaddr belongs to one interface, and " + quoted(interface.pattern) +
                        " can match many (name the interface)");
        }
    }

    void check_fit(const InterfaceSettings& interface, const NodePtr& relay, const Path& path) const
    {
        const auto length = [](bool glob, const std::string& name) { return glob ? std::size_t{15} : name.size(); };
        const auto field = relay ? std::optional(Field{relay, path, context_.report}) : std::nullopt;
        context_.option82->use(field, interface.relay);
        check_option82(interface.relay, field, length(is_glob(interface.pattern), unescape_glob(interface.pattern)),
                       length(vrf_.glob, vrf_.pattern));
    }

    const VrfContext& context_;
    VrfSettings& vrf_;
    // The patterns so far: there may be thousands.
    std::set<std::string, std::less<>> given_;
    std::set<std::string, std::less<>> excluded_;
};

void load_list(const Field& field, InterfaceLoader& loader)
{
    for (std::size_t at = 0; at < field.node->items.size(); ++at) {
        const Field item{field.node->items[at], field.path[at], field.report};
        if (item.node->kind == Node::Kind::map) {
            item.error("must be a name, not a map (to give an interface keys, write all of interfaces as a map)");
        } else if (const auto name = read_name(item)) {
            loader.add(item, *name, std::nullopt);
        }
    }
}

void load_map(const Field& field, InterfaceLoader& loader)
{
    for (const auto& member : field.node->members) {
        const auto path = field.path / member.key;
        // An error about the name itself belongs to the key's place.
        auto name = std::make_shared<Node>();
        name->text = member.key;
        name->quoted = true;
        name->origin = member.origin;
        loader.add(Field{name, path, field.report}, member.key, Field{member.value, path, field.report});
    }
}

} // namespace

void load_interfaces(const std::optional<Field>& field, const VrfContext& context, VrfSettings& vrf)
{
    if (!field || field->node->is_null() || (field->node->kind == Node::Kind::scalar && field->node->text == "auto")) {
        return;
    }
    if (field->node->kind == Node::Kind::scalar) {
        field->must_be(forms);
        return;
    }
    if (field->node->items.empty() && field->node->members.empty()) {
        field->error("is empty, so that nobody is served (leave it out, or write auto, for every member of the VRF)");
        return;
    }
    InterfaceLoader loader(context, vrf);
    field->node->kind == Node::Kind::list ? load_list(*field, loader) : load_map(*field, loader);
    vrf.automatic_interfaces = vrf.interfaces.empty();
}

} // namespace keavrf::config
