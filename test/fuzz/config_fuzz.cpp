// The configuration file. What is accepted can be printed, and what is printed is accepted again and means the same.
#include "config/load.hpp"
#include "config/print.hpp"
#include "fuzz/target.hpp"

#include <string>

namespace {

namespace config = keavrf::config;

} // namespace

FUZZ_TARGET(config)
{
    // Behind a NUL stands the Kea configuration that every `dhcp4-file` names.
    const auto all = keavrf::fuzz::text(bytes);
    const auto end = std::min(all.find('\0'), all.size());
    const std::string file(all.substr(std::min(end + 1, all.size())));
    const config::FileReader reader = [&](const std::string&) { return keavrf::success(file); };
    const auto loaded = config::load_text(all.substr(0, end), "fuzz.yaml", reader);
    keavrf::fuzz::require(loaded.settings.has_value() == loaded.errors.empty(), "settings or errors");
    keavrf::fuzz::require(loaded.errors.size() <= config::max_diagnostics + 1, "a bounded number of errors");
    if (!loaded.settings) {
        return;
    }
    const auto printed = config::print(*loaded.settings);
    const auto again = config::load_text(printed, "printed.yaml", reader);
    for (const auto& error : again.errors) {
        std::fprintf(stderr, "%s\n", error.text().c_str());
    }
    if (!again.settings) {
        std::fprintf(stderr, "%s\n", printed.c_str());
    }
    keavrf::fuzz::require(again.settings.has_value(), "what is printed can be loaded");
    keavrf::fuzz::require(config::print(*again.settings) == printed, "and means the same");
}
