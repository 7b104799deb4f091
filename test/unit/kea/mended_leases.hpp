// What the tests of the lease mender begin with: rows as Kea writes them, and a mended text with its report.
#pragma once

#include "kea/lease_mender.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace keavrf::test {

using namespace keavrf::kea;

inline const std::string header =
    "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context\n";

inline const LeaseSubnets subnets{{1, *Ipv4Prefix::parse("10.50.0.0/24")}, {2, *Ipv4Prefix::parse("192.168.1.0/24")}};

inline std::string row(const std::string& address, const std::string& mac = "02:00:00:00:01:03",
                       const std::string& rest = "1")
{
    return address + "," + mac + ",,3600,1795851295," + rest + ",0,0,,0,";
}

struct Mended {
    std::string text;
    LeaseReport report;
    std::size_t ghosts = 0;
};

inline Mended mend(const std::string& text, const LeaseSubnets& known = subnets, std::size_t piece = std::string::npos)
{
    LeaseGhosts ghosts(7);
    LeaseMender mender(known, ghosts);
    Mended mended;
    for (std::size_t at = 0; at < text.size(); at += std::min(piece, text.size() - at)) {
        mender.feed(std::string_view(text).substr(at, piece), mended.text);
    }
    mender.finish(mended.text);
    mended.report = mender.report();
    mended.ghosts = ghosts.count();
    return mended;
}

} // namespace keavrf::test
