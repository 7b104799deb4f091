#include "core/log.hpp"

#include "core/types.hpp"

#include <unistd.h>
namespace keavrf::log {
bool enabled(Level level) noexcept
{
    return level != Level::debug;
}
void write(Level level, std::string_view event, std::string_view vrf, std::string_view message, Fields fields)
{
    const Record record{level, event, vrf, message, fields.begin(), fields.size()};
    const auto line = format_text(record, "") + "\n";
    if (::write(2, line.data(), line.size()) < 0) {
        return;
    }
}
void write(Level level, std::string_view event, const VrfName& vrf, std::string_view message, Fields fields)
{
    write(level, event, std::string_view(vrf.str()), message, fields);
}
} // namespace keavrf::log
