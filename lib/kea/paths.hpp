// Where everything of one VRF's Kea lies (DESIGN section 6). Pure: names only, nothing is looked up.
#pragma once

#include "core/types.hpp"

#include <string>

namespace keavrf::kea {

struct ServerPaths {
    std::string runtime_folder; // runtime-dir/<vrf>: root's, readable by Kea
    std::string configuration;  // runtime-dir/<vrf>/kea-dhcp4.conf
    std::string kea_folder;     // runtime-dir/<vrf>/kea: Kea's own; pid file, lock file, control socket
    std::string control_socket; // runtime-dir/<vrf>/kea/kea-dhcp4.sock
    std::string state_folder;   // state-dir/<vrf>: Kea's own
    std::string lease_file;     // state-dir/<vrf>/kea-leases4.csv
    std::string lease_lock;     // state-dir/.locks/<vrf>: root's, where Kea puts nothing in its place
    std::string former_lock;    // state-dir/<vrf>/.keavrfd.lock: where an earlier keavrfd had it
    std::string log_folder;     // log-dir/<vrf>: Kea's own
    std::string log_file;       // log-dir/<vrf>/kea-dhcp4.log
    std::string output_file;    // log-dir/<vrf>/kea-dhcp4.out: stdout and stderr, anew at each start
    friend bool operator==(const ServerPaths&, const ServerPaths&) = default;
};

// The VRF's name is escaped, so that no name leaves its folder and no two share one.
ServerPaths dhcp4_paths(const std::string& runtime_dir, const std::string& state_dir, const std::string& log_dir,
                        const VrfName& vrf);

} // namespace keavrf::kea
