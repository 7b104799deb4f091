// The control channel: any bytes in any pieces, to commands and answers.
#include "control/command.hpp"
#include "control/framer.hpp"
#include "control/pass_through.hpp"
#include "fuzz/target.hpp"

#include <boost/json/serialize.hpp>

namespace {

namespace control = keavrf::control;
using keavrf::fuzz::require;

void command(const boost::json::object& object)
{
    static_cast<void>(control::parse_response(object));
    const auto parsed = control::parse_command(object);
    if (!parsed) {
        require(!parsed.error().message().empty(), "an error says why");
        return;
    }
    static_cast<void>(control::changes_something(parsed->name));
    static_cast<void>(control::to_kea_json(*parsed));
    const auto again = control::parse_command(control::to_json(*parsed));
    require(again.has_value(), "a command that was understood can be sent on");
    require(again->name == parsed->name && again->vrf == parsed->vrf && again->services == parsed->services &&
                again->keep_open == parsed->keep_open && again->arguments == parsed->arguments,
            "and means the same");
}

} // namespace

FUZZ_TARGET(control)
{
    keavrf::fuzz::Input input(bytes);
    const std::size_t piece = 1 + input.number(64);
    control::Framer framer(512, 2048);
    while (!input.empty()) {
        auto text = keavrf::fuzz::text(input.take(piece));
        while (!text.empty()) {
            const auto taken = framer.feed(text);
            require(taken <= text.size(), "no more than there is");
            text.remove_prefix(taken);
            require(framer.size() <= 2048, "no object longer than the limit");
            if (framer.state() == control::Framer::State::complete) {
                command(framer.take());
            } else if (framer.state() == control::Framer::State::failed) {
                require(!framer.error().message().empty(), "an error says why");
                return;
            } else {
                require(text.empty(), "all of it, until something is complete");
            }
        }
    }
}
