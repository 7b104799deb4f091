#include "config/loader.hpp"
#include "config/names.hpp"
#include "core/text.hpp"

#include <algorithm>

namespace keavrf::config {

namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, 5> kea_keys{"dhcp4", "dhcp6", "log", "timeouts", "user"};
constexpr std::array<std::string_view, 3> timeout_keys{"probe", "start", "stop"};
constexpr std::array<std::string_view, 1> control_keys{"group"};
constexpr std::array<std::string_view, 1> http_keys{"listen"};
constexpr std::array<std::string_view, 2> log_keys{"format", "level"};
constexpr std::array<std::pair<std::string_view, KeaLog>, 2> kea_logs{
    {{"file", KeaLog::file}, {"inherit", KeaLog::inherit}}};
constexpr std::array<std::pair<std::string_view, OnExit>, 2> exits{{{"stop", OnExit::stop}, {"keep", OnExit::keep}}};
constexpr std::array<std::pair<std::string_view, log::Level>, 4> levels{{{"debug", log::Level::debug},
                                                                         {"info", log::Level::info},
                                                                         {"warning", log::Level::warning},
                                                                         {"error", log::Level::error}}};
constexpr std::array<std::pair<std::string_view, LogFormat>, 4> formats{{{"auto", LogFormat::automatic},
                                                                         {"text", LogFormat::text},
                                                                         {"json", LogFormat::json},
                                                                         {"journal", LogFormat::journal}}};

// Reads one key by `read` into `target`, which keeps its default where the key is missing or wrong, and remembers
// where it stands.
class DaemonReader {
public:
    explicit DaemonReader(Settings& settings) : settings_(settings) {}

    template <class Target, class Read>
    void key(const MapField& map, std::string_view name, Target& target, Read read)
    {
        const auto field = map.find(name);
        if (!field) {
            return;
        }
        settings_.marks[field->path.str()] = field->node->origin.mark();
        if (auto value = read(*field)) {
            target = std::move(*value);
        }
    }

    static std::optional<MapField> map(const MapField& parent, std::string_view name, Keys keys)
    {
        const auto field = parent.find(name);
        if (!field) {
            return std::nullopt;
        }
        MapField found(*field, "a map");
        found.only(keys);
        return found;
    }

private:
    Settings& settings_;
};

std::optional<std::string> user_or_group(const Field& field, std::string_view what)
{
    auto name = read_text(field);
    if (name && !valid_user_name(*name)) {
        field.must_be(std::string("the name of a ") + std::string(what) + " (not a number)");
        return std::nullopt;
    }
    return name;
}

std::optional<std::string> listen_address(const Field& field)
{
    auto text = read_text(field);
    if (text && !valid_listen_address(*text)) {
        field.must_be(R"(an address and a port, such as "127.0.0.1:9767" or "[::1]:9767")");
        return std::nullopt;
    }
    return text;
}

// A prefix of file names below /run/netns: 255 bytes hold it and the longest escaped VRF name (45) with room to spare.
std::optional<std::string> namespace_prefix(const Field& field)
{
    auto text = read_text(field);
    if (text && (text->empty() || text->size() > 64 || escape_path_component(*text) != *text)) {
        field.must_be("1 to 64 letters, digits, or any of -_.+:@, (and not start with a dot)");
        return std::nullopt;
    }
    return text;
}

void load_kea(DaemonReader& reader, const MapField& root, KeaSettings& kea)
{
    const auto map = DaemonReader::map(root, "kea", kea_keys);
    if (!map) {
        return;
    }
    reader.key(*map, "dhcp4", kea.dhcp4, read_path);
    reader.key(*map, "dhcp6", kea.dhcp6, read_path);
    reader.key(*map, "user", kea.user, [](const Field& field) { return user_or_group(field, "user"); });
    reader.key(*map, "log", kea.log, [](const Field& field) { return read_choice(field, kea_logs); });
    const auto timeouts = DaemonReader::map(*map, "timeouts", timeout_keys);
    if (!timeouts) {
        return;
    }
    const auto duration = [](const Field& field) {
        return read_duration(field, milliseconds(100), std::chrono::minutes(10));
    };
    reader.key(*timeouts, "start", kea.timeouts.start, duration);
    reader.key(*timeouts, "probe", kea.timeouts.probe, duration);
    reader.key(*timeouts, "stop", kea.timeouts.stop, duration);
}

bool inside(const std::string& path, const std::string& folder)
{
    return path == folder || path.starts_with(folder + '/');
}

// Each of the three has a folder a VRF: one inside the other would collide with a VRF of that name.
void check_folders(const MapField& root, const Settings& settings)
{
    const std::array<std::pair<std::string_view, const std::string*>, 3> folders{
        {{"runtime-dir", &settings.runtime_dir}, {"state-dir", &settings.state_dir}, {"log-dir", &settings.log_dir}}};
    for (const auto& [key, path] : folders) {
        const auto field = root.find(key);
        for (const auto& [other_key, other] : folders) {
            if (key == other_key || !inside(*path, *other)) {
                continue;
            }
            const bool same = *path == *other;
            const auto outer = root.find(other_key);
            if (field && (!same || key > other_key || !outer)) {
                field->error("must not lie inside " + std::string(other_key) + " (" + *other + ")");
            } else if (!field && !same && outer) {
                outer->error("must not hold " + std::string(key) + ", which is " + *path +
                             " unless the file says otherwise (set both)");
            }
        }
    }
}

// The name of a VRF that a glob finds is not known yet: 15 characters.
void check_socket_paths(const MapField& root, const Settings& settings)
{
    const auto field = root.find("runtime-dir");
    const auto length = settings.runtime_dir.size() + 1 + 15 + longest_socket_name.size();
    if (field && length > max_socket_path) {
        field->error("is too long: with a VRF name of 15 characters Kea's socket path would have " +
                     std::to_string(length) + " characters, and the kernel allows " + std::to_string(max_socket_path) +
                     " (shorten it by " + std::to_string(length - max_socket_path) + ")");
    }
}

} // namespace

void load_daemon(const MapField& root, Settings& settings)
{
    DaemonReader reader(settings);
    load_kea(reader, root, settings.kea);
    reader.key(root, "runtime-dir", settings.runtime_dir, read_path);
    reader.key(root, "state-dir", settings.state_dir, read_path);
    reader.key(root, "log-dir", settings.log_dir, read_path);
    reader.key(root, "netns-prefix", settings.netns_prefix, namespace_prefix);
    reader.key(root, "on-exit", settings.on_exit, [](const Field& field) { return read_choice(field, exits); });
    if (const auto control = DaemonReader::map(root, "control", control_keys)) {
        settings.control_group_given = control->find("group").has_value();
        reader.key(*control, "group", settings.control_group,
                   [](const Field& field) { return user_or_group(field, "group"); });
    }
    if (const auto http = DaemonReader::map(root, "http", http_keys)) {
        reader.key(*http, "listen", settings.http_listen, listen_address);
    }
    if (const auto map = DaemonReader::map(root, "log", log_keys)) {
        reader.key(*map, "level", settings.log.level, [](const Field& field) { return read_choice(field, levels); });
        reader.key(*map, "format", settings.log.format, [](const Field& field) { return read_choice(field, formats); });
    }
    check_folders(root, settings);
    check_socket_paths(root, settings);
}

} // namespace keavrf::config
