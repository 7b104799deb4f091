// Finds the leases in a lease file that no client was told of. Pure; some 40 bytes of memory for each lease.
//
// A row that Kea could not write for want of space stays in its stream, and is written when there is room again, while
// Kea itself has refused that lease and gives the client another one. Its file then names two addresses for one client,
// which Kea itself never has (it removes the old lease before it acknowledges another), and the next Kea to load the
// file goes by the first it finds: the ghost. It refuses the client's own address, and the lease is lost.
#pragma once

#include "kea/lease_row.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace keavrf::kea {

class LeaseGhosts {
public:
    // `seed`: any number that no client can know, so that none makes two clients look like one.
    explicit LeaseGhosts(std::uint64_t seed) : seed_(seed) {}

    // The file that comes next was sorted by address by kea-lfc: which of two rows is the later tells their time alone.
    void sorted(bool is) noexcept { sorted_ = is; }
    // Each whole row, in the order in which Kea reads them.
    void see(const LeaseColumns& columns);

    [[nodiscard]] std::size_t count() const noexcept { return ghosts_.size(); }
    // Rows that release them, as Kea writes them itself, to be put behind all others.
    [[nodiscard]] std::string releases() const;

private:
    struct Holding {
        std::uint32_t address = 0;
        std::uint32_t since = 0; // the client's last transmission, in seconds
    };
    [[nodiscard]] std::uint64_t client_of(const LeaseColumns& columns) const;
    void hold(std::uint64_t client, Holding holding, const LeaseColumns& columns);

    std::uint64_t seed_;
    bool sorted_ = false;
    boost::unordered_flat_map<std::uint64_t, Holding> latest_;        // of each client
    boost::unordered_flat_map<std::uint32_t, std::uint64_t> clients_; // by address
    std::map<std::uint32_t, std::string> ghosts_;                     // the row that releases it
};

} // namespace keavrf::kea
