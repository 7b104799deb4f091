// What a reload tells whoever asked for it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace keavrf::orchestrator {

// Of a VRF for which there is none.
inline constexpr std::string_view no_slot =
    "there is no slot for it: each VRF needs a /30 of 169.254.0.0/16, and all 16,256 are taken (leave VRFs out that "
    "need no DHCP: vrfs names those that are served)";

// In place of what Kea says of a configuration.
inline constexpr std::string_view untold =
    "Kea cannot run what the configuration says here; why is told to those who may read the file (try as root)";

// Why a reload did nothing, or what is not in place.
struct Complaint {
    std::string text;  // a sentence
    std::string place; // for who may not read the configuration: without what it says, which Kea quotes

    friend bool operator==(const Complaint&, const Complaint&) = default;
};

// One that quotes nothing.
Complaint plain_complaint(const std::string& text);

// What a reload did, or why it did nothing.
struct ReloadReport {
    std::vector<Complaint> complaints; // empty: everything is in place
    bool applied = false;              // false: nothing was changed
    std::size_t changed = 0;           // instances that were touched

    void add(const std::vector<Complaint>& more);
};

} // namespace keavrf::orchestrator
