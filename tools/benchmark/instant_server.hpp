// A DHCP server that costs almost nothing: a DISCOVER is offered, anything else acknowledged, by frames straight to the
// relay's end of the pair. It takes its turns on the generator's thread.
#pragma once

#include "batch.hpp"
#include "core/unique_fd.hpp"

namespace keavrf::bench {

class InstantServer {
public:
    // On kea0 of this namespace.
    explicit InstantServer(int network_namespace);
    [[nodiscard]] int descriptor() const noexcept { return requests_.get(); }
    // Answers one batch; false where nothing was there.
    bool turn();

private:
    UniqueFd requests_;
    UniqueFd frames_;
    Batch in_;
    Batch out_;
};

} // namespace keavrf::bench
