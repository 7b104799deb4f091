// A Kea configuration with comments and all (`dhcp4-file`), behind a file that does nothing but name it.
#include "config/load.hpp"
#include "fuzz/target.hpp"

#include <string>

FUZZ_TARGET(kea_json)
{
    const std::string file(keavrf::fuzz::text(bytes));
    const keavrf::config::FileReader reader = [&](const std::string&) { return keavrf::success(file); };
    const auto loaded = keavrf::config::load_text("vrfs: {red: {dhcp4-file: red.json}}\n", "fuzz.yaml", reader);
    keavrf::fuzz::require(loaded.settings.has_value() == loaded.errors.empty(), "settings or errors");
}
