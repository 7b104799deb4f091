// A folder with a lease file, and what is to be looked at there.
#pragma once

#include "kea/lease_file.hpp"
#include "temporary_folder.hpp"

#include <boost/asio/io_context.hpp>

namespace keavrf::test {

struct LeaseFolder : TemporaryFolder {
    boost::asio::io_context context;

    [[nodiscard]] kea::LeaseTask task() const
    {
        kea::LeaseTask task;
        task.vrf = VrfName("red");
        task.lease_file = path("leases.csv");
        task.subnets = {{1, *Ipv4Prefix::parse("10.50.0.0/24")}};
        return task;
    }
};

} // namespace keavrf::test
