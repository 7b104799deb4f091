// Kea's answers on its control channel.
#include "fuzz/target.hpp"
#include "kea/reply.hpp"

#include <boost/json/parse.hpp>

FUZZ_TARGET(kea_reply)
{
    boost::system::error_code failure;
    const auto value = boost::json::parse(keavrf::fuzz::text(bytes), failure);
    if (failure) {
        return;
    }
    namespace kea = keavrf::kea;
    const auto success = kea::require_success("config-set", value);
    keavrf::fuzz::require(success.has_value() == (kea::reply_result(value) == 0), "success is result 0");
    keavrf::fuzz::require(success || !success.error().message().empty(), "a failure says why");
    keavrf::fuzz::require(kea::reply_object(value) != nullptr || kea::reply_arguments(value) == nullptr, "no answer");
    static_cast<void>(kea::reply_text(value));
}
