// Reads the configuration file (docs/configuration.md): text in, settings or every error in it out.
//
// A mistake never stops the reading, except one of YAML's or JSON's own grammar, after which nothing can be told from
// the rest of that file. Bounded whatever the text holds: 16 MiB, a million values (aliases counted as often as they
// are used), 64 levels deep, 100 errors told.
#pragma once

#include "config/diagnostic.hpp"
#include "config/settings.hpp"
#include "core/error.hpp"
#include "core/pause.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keavrf::config {

inline constexpr std::size_t max_file_size = std::size_t{16} << 20U;
inline constexpr std::size_t max_diagnostics = 100;

struct LoadResult {
    std::optional<Settings> settings; // only where there are no errors
    // Both sorted by place, the YAML file before the files it names. Where there were more than max_diagnostics, the
    // last one says how many.
    std::vector<Diagnostic> errors;
    std::vector<Diagnostic> warnings;
};

// Reads a file that the configuration names (dhcp4-file). The path is absolute, or relative to the working directory
// as the YAML file's own name is. The error's message is a sentence without the path in front.
using FileReader = std::function<Result<std::string>(const std::string& path)>;

// Pure but for what `reader` does. `file_name` stands in the marks, and relative paths inside the text start at its
// folder. `pause` may throw, `reader` too: that comes out.
LoadResult load_text(std::string_view text, const std::string& file_name, const FileReader& reader,
                     const Pause& pause = {});

// A regular file of at most max_file_size bytes; never blocks on a FIFO or a device. Fails with what is wrong and what
// to do, without the path in front.
Result<std::string> read_configuration_file(const std::string& path);

// load_text of a file; what cannot be read is an error like any other.
LoadResult load_file(const std::string& path, const FileReader& reader = read_configuration_file,
                     const Pause& pause = {});

} // namespace keavrf::config
