#include "leases.hpp"

#include "views.hpp"

#include <boost/json/serialize.hpp>

#include <chrono>
#include <ostream>

namespace keavrf::ctl {

namespace json = boost::json;

namespace {

int explain_no_leases(const Answer& answer, const Options& options, const Output& output)
{
    if (answer.response.result != static_cast<int>(control::ResultCode::unsupported) || options.json) {
        return print_sentence(answer, options, output);
    }
    return fail(options, output,
                "the Kea of VRF '" + options.vrf +
                    "' cannot list its leases: it needs its lease_cmds hook; in keavrfd's file, under this VRF: "
                    "dhcp4: {hooks-libraries: [{library: .../libdhcp_lease_cmds.so}]}");
}

} // namespace

int show_leases(Answer page, const Options& options, const Output& output)
{
    json::array leases;
    while (page.response.ok()) {
        const auto* some = arguments_of(page).if_contains("leases");
        if (some == nullptr || !some->is_array() || some->get_array().empty()) {
            break;
        }
        leases.insert(leases.end(), some->get_array().begin(), some->get_array().end());
        const auto* last = leases.back().is_object() ? leases.back().get_object().if_contains("ip-address") : nullptr;
        if (some->get_array().size() < lease_page || last == nullptr || !last->is_string()) {
            break;
        }
        auto command = command_for(options);
        (*command.arguments)["from"] = last->get_string();
        auto next = ask(options, command);
        if (!next) {
            return fail(options, output, next.error().message());
        }
        page = std::move(*next);
    }
    // Kea says "empty" behind the last page.
    if (!page.response.ok() && page.response.result != static_cast<int>(control::ResultCode::empty)) {
        return explain_no_leases(page, options, output);
    }
    if (options.json) {
        json::object all;
        all["leases"] = std::move(leases);
        output.out << json::serialize(control::make_response(control::ResultCode::success, "", std::move(all))) << '\n';
    } else {
        output.out << leases_text(leases, std::chrono::system_clock::now(), output.style);
    }
    return exit_success;
}

} // namespace keavrf::ctl
