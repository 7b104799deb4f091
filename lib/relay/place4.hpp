// Where an answer of Kea's belongs: the port, the exchange it answers if that is still known, the downstream relay if
// there is one. DESIGN section 5, second list, 1 and 4.
#pragma once

#include "dhcp/message4.hpp"
#include "relay/domain.hpp"
#include "relay/drop_reason.hpp"

#include <variant>

namespace keavrf::relay {

struct Place {
    Port* port = nullptr;
    Exchange* exchange = nullptr;
    const Downstream* downstream = nullptr;
};

// Valid until the domain changes; or why it belongs nowhere.
std::variant<Place, DropReason> find_place(Domain& domain, const dhcp::Message4& message) noexcept;

} // namespace keavrf::relay
