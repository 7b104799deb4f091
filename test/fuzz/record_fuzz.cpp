// instance.json.
#include "fuzz/target.hpp"
#include "instance/record.hpp"

FUZZ_TARGET(record)
{
    namespace instance = keavrf::instance;
    const auto record = instance::parse_record(keavrf::fuzz::text(bytes));
    if (!record) {
        keavrf::fuzz::require(!record.error().message().empty(), "an error says why");
        return;
    }
    const auto again = instance::parse_record(instance::to_json(*record));
    keavrf::fuzz::require(again.has_value() && *again == *record, "what was read is written the same");
}
