#include "kea/paths.hpp"

#include "core/text.hpp"
#include "kea/environment.hpp"

namespace keavrf::kea {

ServerPaths dhcp4_paths(const std::string& runtime_dir, const std::string& state_dir, const std::string& log_dir,
                        const VrfName& vrf)
{
    const auto folder = "/" + escape_path_component(vrf.str());
    ServerPaths paths;
    paths.runtime_folder = runtime_dir + folder;
    paths.configuration = paths.runtime_folder + "/kea-dhcp4.conf";
    paths.kea_folder = paths.runtime_folder + "/kea";
    paths.control_socket = paths.kea_folder + "/kea-dhcp4.sock";
    paths.state_folder = state_dir + folder;
    paths.lease_file = paths.state_folder + "/kea-leases4.csv";
    paths.lease_lock = state_dir + "/.locks" + folder;
    paths.former_lock = paths.state_folder + "/.keavrfd.lock";
    paths.log_folder = log_dir + folder;
    paths.log_file = paths.log_folder + "/kea-dhcp4.log";
    paths.output_file = paths.log_folder + "/kea-dhcp4.out";
    return paths;
}

std::vector<std::string> kea_environment(const ServerPaths& paths)
{
    return {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",      "KEA_PIDFILE_DIR=" + paths.kea_folder,
            "KEA_LOCKFILE_DIR=" + paths.kea_folder,    "KEA_CONTROL_SOCKET_DIR=" + paths.kea_folder,
            "KEA_DHCP_DATA_DIR=" + paths.state_folder, "KEA_LOG_FILE_DIR=" + paths.log_folder,
            "KEA_LEGAL_LOG_DIR=" + paths.log_folder};
}

} // namespace keavrf::kea
