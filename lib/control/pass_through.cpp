#include "control/pass_through.hpp"

#include "core/text.hpp"

#include <array>

namespace keavrf::control {

namespace {

struct Refusal {
    std::string_view pattern;
    std::string_view reason;
};

// What changes Kea's configuration or its life behind keavrfd's back. What changes leases, host reservations in a
// database or statistics is the operator's right.
constexpr std::string_view owned =
    "keavrfd writes this Kea's configuration: change keavrfd's own file instead, and then "
    "run `keavrfctl reload`";
constexpr std::string_view lost = "keavrfd would not know of the change, and its next reload would undo it: change "
                                  "keavrfd's own file instead, and then run `keavrfctl reload`";
constexpr std::string_view life =
    "keavrfd would start this Kea again at once: use `keavrfctl restart VRF` to restart it, "
    "or remove the VRF from keavrfd's file and run `keavrfctl reload`";

constexpr std::string_view deaf =
    "keavrfd would take this Kea, which then answers no client and no probe, for hung, and "
    "replace it by one that serves: remove the VRF or its interfaces from keavrfd's file "
    "instead, and then run `keavrfctl reload`";

constexpr std::string_view asked =
    "it would keep this Kea from its clients for as long as it takes, and have it load what hook libraries are named "
    "in it: check a file of keavrfd's instead, with `keavrfctl check FILE`";

constexpr std::array refusals{
    Refusal{"config-test", asked},
    Refusal{"config-set", owned},
    Refusal{"config-reload", owned},
    Refusal{"config-write", owned},
    Refusal{"shutdown", life},
    Refusal{"dhcp-disable", deaf},
    Refusal{"subnet[46]-add", lost},
    Refusal{"subnet[46]-update", lost},
    Refusal{"subnet[46]-del", lost},
    Refusal{"subnet[46]-delta-*", lost},
    Refusal{"network[46]-add", lost},
    Refusal{"network[46]-del", lost},
    Refusal{"network[46]-subnet-*", lost},
    Refusal{"class-add", lost},
    Refusal{"class-update", lost},
    Refusal{"class-del", lost},
};

// Our commands about one VRF: "vrf" names their object, not their destination.
bool ours(std::string_view command_name)
{
    return command_name == "vrf-restart" || command_name == "vrf-purge" || command_name == "watch";
}

} // namespace

std::optional<std::string> kea_refusal(std::string_view command_name)
{
    for (const auto& refusal : refusals) {
        if (glob_match(refusal.pattern, command_name)) {
            return "'" + std::string(command_name) + "' is not passed on to Kea: " + std::string(refusal.reason);
        }
    }
    return std::nullopt;
}

Destination destination(const Command& command)
{
    return command.vrf.empty() || ours(command.name) ? Destination::daemon : Destination::kea;
}

Result<VrfName> target_vrf(const Command& command)
{
    if (!command.vrf.empty()) {
        return command.vrf;
    }
    if (const auto name = command.string_argument("vrf"); name && !name->empty()) {
        return VrfName(*name);
    }
    return Error("'" + command.name + R"(' needs the name of a VRF: {"command": ")" + command.name +
                 R"(", "arguments": {"vrf": "NAME"}})");
}

} // namespace keavrf::control
