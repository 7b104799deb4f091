#include "asking.hpp"

#include "control/client.hpp"
#include "views.hpp"

#include <boost/json/serialize.hpp>

#include <cerrno>
#include <ostream>

namespace keavrf::ctl {

namespace json = boost::json;

int fail(const Options& options, const Output& output, std::string_view text)
{
    if (options.json) {
        output.out << json::serialize(control::make_response(control::ResultCode::error, text)) << '\n';
        return exit_failure;
    }
    output.error << "keavrfctl: " << printable(text);
    return exit_failure;
}

Result<Answer> ask(const Options& options, const control::Command& command)
{
    auto client = control::Client::connect(options.socket, timeout_of(options));
    if (!client) {
        return client.error();
    }
    auto object = client->call(control::to_json(command));
    if (!object && options.action == Action::reload && object.error().is(ETIMEDOUT)) {
        return object.error().hint("the reload goes on: keavrfd's log says what comes of it, or systemctl status");
    }
    if (!object) {
        return object.error();
    }
    auto response = control::parse_response(*object);
    if (!response) {
        return response.error().in("keavrfd at " + options.socket);
    }
    Answer answer;
    answer.object = std::move(*object);
    answer.response = std::move(*response);
    return answer;
}

const json::object& arguments_of(const Answer& answer)
{
    static const json::object nothing;
    const auto& arguments = answer.response.arguments;
    return arguments && arguments->is_object() ? arguments->get_object() : nothing;
}

int print_sentence(const Answer& answer, const Options& options, const Output& output)
{
    const bool ok = answer.response.ok();
    if (options.json) {
        output.out << json::serialize(answer.object) << '\n';
        return ok ? exit_success : exit_failure;
    }
    if (ok) {
        output.out << printable(answer.response.text);
        return exit_success;
    }
    fail(options, output, answer.response.text.empty() ? "the command failed" : answer.response.text);
    const auto* errors = arguments_of(answer).if_contains("errors");
    if (errors != nullptr && errors->is_array()) {
        for (const auto& error : errors->get_array()) {
            output.error << printable(error.is_string() ? std::string(error.get_string()) : json::serialize(error));
        }
    }
    return exit_failure;
}

} // namespace keavrf::ctl
