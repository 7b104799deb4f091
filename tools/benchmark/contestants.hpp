// Those who relay, one after the other: each is a process of its own, on a core of its own, in the wiring it needs.
#pragma once

#include "wiring.hpp"

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace keavrf::bench {

// A relay that runs; ended with the object.
class Contestant {
public:
    Contestant() = default;
    Contestant(const Contestant&) = delete;
    Contestant& operator=(const Contestant&) = delete;
    virtual ~Contestant() = default;
    [[nodiscard]] virtual pid_t pid() const = 0;
    // For a contestant that does not answer: what it said.
    [[nodiscard]] virtual std::string complaint() const = 0;
};

struct Entry {
    std::string_view name;
    Uplink uplink = Uplink::in_host;
    std::function<std::unique_ptr<Contestant>(const Wiring&)> start;
};

// keavrfd, plain, frame, dhcrelay, dnsmasq, dhcp-helper; in the order of the table.
const std::vector<Entry>& contestants();

// Pins a process to one processor; a failure ends the run.
void pin(pid_t process, unsigned processor);

} // namespace keavrf::bench
