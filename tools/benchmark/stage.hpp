// One contestant on its stage: wiring, server, relay and clients of one measurement, made anew for each and gone with
// the object.
#pragma once

#include "contestants.hpp"
#include "kea_server.hpp"
#include "load.hpp"
#include "options.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace keavrf::bench {

// Exchanges that are outstanding in a closed loop.
inline constexpr unsigned outstanding = 128;

Clock::duration seconds(double value);
// This thread, which is the clients and the instant server, goes to its own processor.
void prepare();
// Those that --only names, else all; with --kea "kea alone" too. A name that nobody has ends the run.
std::vector<Entry> wanted(const Options& options);

class Stage {
public:
    Stage(const Entry& entry, bool kea);
    // Why nothing can be measured; empty where exchanges come through.
    [[nodiscard]] std::string failure();
    LoadResult run(const LoadOptions& options) { return load_->run(options); }
    // Processor seconds that the relay has used.
    [[nodiscard]] double relay_cpu() const;
    [[nodiscard]] const Wiring& wiring() const noexcept { return wiring_; }

private:
    Wiring wiring_;
    std::optional<KeaServer> kea_;
    std::optional<InstantServer> instant_;
    std::unique_ptr<Contestant> contestant_;
    std::optional<Load> load_;
};

} // namespace keavrf::bench
