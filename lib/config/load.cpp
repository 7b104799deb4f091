#include "config/load.hpp"

#include "config/loader.hpp"
#include "config/yaml_reader.hpp"
#include "core/file.hpp"

namespace keavrf::config {

namespace {

std::string folder_of(const std::string& file_name)
{
    const auto slash = file_name.rfind('/');
    return slash == std::string::npos ? "" : file_name.substr(0, slash + 1);
}

LoadResult failure(const std::string& file_name, std::string problem)
{
    return {std::nullopt, {Diagnostic{Mark{file_name, 0, 0}, "", std::move(problem)}}, {}};
}

} // namespace

LoadResult load_text(std::string_view text, const std::string& file_name, const FileReader& reader, const Pause& pause)
{
    Report report(file_name, pause);
    Settings settings;
    const Origin file{std::make_shared<const std::string>(file_name), 0, 0};
    if (const auto node = read_yaml(text, file, report); node && node->is_null()) {
        report.error(file, {}, "the file is empty (the shortest that serves every VRF is: vrfs: {\"*\": {}})");
    } else if (node) {
        const MapField root(Field{node, {}, &report}, "a map, such as vrfs: {\"*\": {}}");
        root.only(root_keys, {relay_at_root});
        load_daemon(root, settings);
        if (node->kind == Node::Kind::map) {
            VrfLoader(report, reader, folder_of(file_name)).load(root, settings);
        }
        check_vrfs(settings, report);
    }
    LoadResult result{std::nullopt, report.errors(), report.warnings()};
    if (!report.failed()) {
        result.settings = std::move(settings);
    }
    return result;
}

LoadResult load_file(const std::string& path, const FileReader& reader, const Pause& pause)
{
    const auto text = reader(path);
    return text ? load_text(*text, path, reader, pause) : failure(path, text.error().message());
}

Result<std::string> read_configuration_file(const std::string& path)
{
    auto text = read_file(path, max_file_size);
    if (text) {
        return text;
    }
    const auto& error = text.error();
    if (error.is(ENOENT)) {
        return Error(error.code(), "there is no such file (check the name)");
    }
    if (error.is(EISDIR)) {
        return Error(error.code(), "this is a directory (name the file in it)");
    }
    if (error.is(EACCES) || error.is(EPERM)) {
        return Error(error.code(),
                     "this user may not read it (run as root, or change its mode or that of its folders)");
    }
    if (error.is(EFBIG)) {
        return Error(error.code(),
                     "the file is larger than 16 MiB (a configuration is small: is this the right file?)");
    }
    if (error.is(EINVAL)) {
        return Error(error.code(), "this is not a regular file (pipes and devices cannot be read again at a reload)");
    }
    return Error(error.code(), error.code().message());
}

} // namespace keavrf::config
