#include "kea/reply.hpp"

#include <boost/json/array.hpp>

#include <limits>

namespace keavrf::kea {

const boost::json::object* reply_object(const boost::json::value& reply)
{
    if (const auto* list = reply.if_array()) {
        return list->empty() ? nullptr : list->front().if_object();
    }
    return reply.if_object();
}

int reply_result(const boost::json::value& reply)
{
    const auto* object = reply_object(reply);
    const auto* result = object == nullptr ? nullptr : object->if_contains("result");
    const auto* number = result == nullptr ? nullptr : result->if_int64();
    const bool small = number != nullptr && *number >= 0 && *number <= std::numeric_limits<int>::max();
    return small ? static_cast<int>(*number) : -1;
}

std::string reply_text(const boost::json::value& reply)
{
    const auto* object = reply_object(reply);
    const auto* text = object == nullptr ? nullptr : object->if_contains("text");
    const auto* string = text == nullptr ? nullptr : text->if_string();
    return string == nullptr ? std::string{} : std::string(string->data(), string->size());
}

const boost::json::object* reply_arguments(const boost::json::value& reply)
{
    const auto* object = reply_object(reply);
    const auto* arguments = object == nullptr ? nullptr : object->if_contains("arguments");
    return arguments == nullptr ? nullptr : arguments->if_object();
}

namespace {

// "(<wire>:0:691)" is a place in what went over the control channel, which nobody ever sees.
std::string without_place(std::string text)
{
    for (auto begin = text.find(" (<wire>:"); begin != std::string::npos; begin = text.find(" (<wire>:")) {
        const auto end = text.find(')', begin);
        text.erase(begin, end == std::string::npos ? end : end + 1 - begin);
    }
    return text;
}

} // namespace

Result<void> require_success(std::string_view command, const boost::json::value& reply)
{
    const int result = reply_result(reply);
    if (result == 0) {
        return {};
    }
    const auto text = reply_text(reply);
    const auto reason = text.empty() ? "result " + std::to_string(result) + " without a reason" : text;
    return Error(std::string(command) + ": " + without_place(reason));
}

CleanupRefusal cleanup_refusal(const boost::json::value& reply)
{
    const auto text = reply_text(reply);
    if (reply_result(reply) == 0 || text.find("lease file cleanup") == std::string::npos) {
        return CleanupRefusal::none;
    }
    // "Can not update configuration while lease file cleanup process is running."
    return text.find("Can not update") != std::string::npos ? CleanupRefusal::untouched : CleanupRefusal::changed;
}

} // namespace keavrf::kea
