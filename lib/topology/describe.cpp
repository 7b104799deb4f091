// Plans in words.
#include "core/text.hpp"
#include "topology/plan.hpp"

namespace keavrf::topology {

namespace {

struct Kind {
    std::string_view operator()(const RefuseHub&) const { return "refuse-hub"; }
    std::string_view operator()(const CreateHub&) const { return "create-hub"; }
    std::string_view operator()(const RepairHub&) const { return "repair-hub"; }
    std::string_view operator()(const Refuse&) const { return "refuse"; }
    std::string_view operator()(const TakeOver&) const { return "take-over"; }
    std::string_view operator()(const ForgetServer&) const { return "forget-server"; }
    std::string_view operator()(const ClosePort&) const { return "close-port"; }
    std::string_view operator()(const StopServer&) const { return "stop-server"; }
    std::string_view operator()(const CloseUplink&) const { return "close-uplink"; }
    std::string_view operator()(const RemovePair&) const { return "remove-pair"; }
    std::string_view operator()(const RemoveNamespace&) const { return "remove-namespace"; }
    std::string_view operator()(const ForgetRecord&) const { return "forget-record"; }
    std::string_view operator()(const CreateNamespace&) const { return "create-namespace"; }
    std::string_view operator()(const NameNamespace&) const { return "name-namespace"; }
    std::string_view operator()(const WriteRecord&) const { return "write-record"; }
    std::string_view operator()(const CreatePair&) const { return "create-pair"; }
    std::string_view operator()(const RepairPair&) const { return "repair-pair"; }
    std::string_view operator()(const OpenUplink&) const { return "open-uplink"; }
    std::string_view operator()(const OpenPort&) const { return "open-port"; }
    std::string_view operator()(const StartServer&) const { return "start-server"; }
    std::string_view operator()(const ReloadServer&) const { return "reload-server"; }
};

// The members of an action as " key=value"; a key is written for the members that there are.
template <class ActionType>
std::string fields_of(const ActionType& action)
{
    std::string text;
    if constexpr (requires { action.vrf; }) {
        text += " vrf=" + quote_for_log(action.vrf.str());
    }
    if constexpr (requires { action.index; }) {
        text += " interface=" + std::to_string(action.index.value());
    }
    if constexpr (requires { action.slot; }) {
        text += " slot=" + std::to_string(action.slot.value());
    }
    if constexpr (requires { action.pid; }) {
        text += " pid=" + std::to_string(action.pid.value());
    }
    if constexpr (requires { action.reason; }) {
        text += " reason=" + quote_for_log(action.reason);
    }
    return text;
}

} // namespace

std::string_view kind_of(const Action& action)
{
    return std::visit(Kind{}, action);
}

const VrfName* vrf_of(const Action& action)
{
    return std::visit(
        [](const auto& one) -> const VrfName* {
            if constexpr (requires { one.vrf; }) {
                return &one.vrf;
            } else {
                return nullptr;
            }
        },
        action);
}

std::string describe(const Action& action)
{
    return std::string(kind_of(action)) + std::visit([](const auto& one) { return fields_of(one); }, action);
}

} // namespace keavrf::topology
