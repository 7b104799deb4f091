#include "core/log.hpp"
#include "core/text.hpp"
namespace keavrf::log {
Field::Field(std::string_view key, double value) : key_(key), value_(std::to_string(value)), literal_(true) {}
std::string format_text(const Record& record, std::string_view timestamp)
{
    std::string line(timestamp);
    line += std::string(record.vrf) + " " + std::string(record.event) + " " + std::string(record.message);
    for (std::size_t i = 0; i < record.field_count; ++i) {
        line += " " + std::string(record.fields[i].key()) + "=" + quote_for_log(record.fields[i].value());
    }
    return line;
}
} // namespace keavrf::log
