#include "kea/render_parts.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace keavrf::kea {

namespace json = boost::json;

namespace {

void rename_key(json::object& object, std::string_view from, std::string_view to)
{
    const auto* value = object.if_contains(from);
    if (value == nullptr) {
        return;
    }
    if (!object.contains(to)) {
        json::value copy = *value;
        object[to] = std::move(copy);
    }
    object.erase(from);
}

void rename_log_outputs(json::object& dhcp4, const Version& version)
{
    const bool hyphen = version >= Version{2, 6, 2};
    for (auto& entry : dhcp4["loggers"].as_array()) {
        if (auto* logger = entry.if_object()) {
            rename_key(*logger, hyphen ? "output_options" : "output-options",
                       hyphen ? "output-options" : "output_options");
        }
    }
}

// `reservation-mode` is gone since 2.6.0; the three switches exist since 1.9.2.
void replace_reservation_mode(json::object& scope)
{
    const auto* value = scope.if_contains("reservation-mode");
    const auto* text = value == nullptr ? nullptr : value->if_string();
    if (text == nullptr) {
        return;
    }
    const std::string mode(text->data(), text->size());
    const bool global = mode == "global";
    const bool in_subnet = mode == "all" || mode == "out-of-pool";
    if (!global && !in_subnet && mode != "disabled") {
        return; // Kea's own message is better than a guess of ours
    }
    scope.erase("reservation-mode");
    scope["reservations-global"] = global;
    scope["reservations-in-subnet"] = in_subnet;
    scope["reservations-out-of-pool"] = mode == "out-of-pool";
}

bool uses_database(const json::object& dhcp4, std::string_view type)
{
    const auto is_of_type = [type](const json::value& value) {
        const auto* database = value.if_object();
        const auto* kind = database == nullptr ? nullptr : database->if_contains("type");
        return kind != nullptr && kind->is_string() && kind->get_string() == type;
    };
    for (const auto* key : {"lease-database", "hosts-database"}) {
        const auto* value = dhcp4.if_contains(key);
        if (value != nullptr && is_of_type(*value)) {
            return true;
        }
    }
    const auto* value = dhcp4.if_contains("hosts-databases");
    const auto* list = value == nullptr ? nullptr : value->if_array();
    return list != nullptr && std::any_of(list->begin(), list->end(), is_of_type);
}

bool loads_library(const json::array& libraries, std::string_view name)
{
    return std::any_of(libraries.begin(), libraries.end(), [name](const json::value& value) {
        const auto* entry = value.if_object();
        const auto* library = entry == nullptr ? nullptr : entry->if_contains("library");
        return library != nullptr && library->is_string() &&
               std::string_view(library->get_string().data(), library->get_string().size()).ends_with(name);
    });
}

// The database backends are hook libraries since 2.7.4. A bare name is looked for in Kea's own folder, the only one
// that it loads from.
void load_database_backends(json::object& dhcp4)
{
    constexpr std::array<std::pair<std::string_view, std::string_view>, 2> backends{
        {{"mysql", "libdhcp_mysql.so"}, {"postgresql", "libdhcp_pgsql.so"}}};
    for (const auto& [type, library] : backends) {
        if (!uses_database(dhcp4, type)) {
            continue;
        }
        auto* given = dhcp4["hooks-libraries"].if_array();
        json::array libraries = given == nullptr ? json::array{} : *given;
        if (!loads_library(libraries, library)) {
            json::object entry;
            entry["library"] = library;
            libraries.push_back(std::move(entry));
        }
        dhcp4["hooks-libraries"] = std::move(libraries);
    }
}

} // namespace

void adapt_to_version(json::object& dhcp4, const RenderInput& input)
{
    rename_log_outputs(dhcp4, input.version);
    if (input.version >= Version{2, 6, 0}) {
        replace_reservation_mode(dhcp4);
        for_each_scope(dhcp4, replace_reservation_mode);
    }
    if (input.version >= Version{2, 7, 4}) {
        load_database_backends(dhcp4);
    }
}

} // namespace keavrf::kea
