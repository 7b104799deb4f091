// Finds the leases in a lease file that no client was told of. Pure; some 50 bytes of memory for each lease.
//
// A row that Kea could not write for want of space stays in its stream, and is written when there is room again, while
// Kea itself has refused that lease. Its file then names two addresses for one client, which Kea itself never has (it
// removes the old lease before it acknowledges another), and the next Kea to load the file goes by the first it finds.
// Where that is the ghost, it refuses the client's own address, and the lease is lost. Which is the ghost:
//
// - The client had nothing, was refused one address, and got another when there was room: the earlier.
// - The client had an address, asked for another, and was refused that: the later. Kea has the first in its memory, so
//   had it given the second, it would have removed the first. That it has it is certain where the row of the first was
//   written as a whole, in front of the part of a row that a full disk leaves (the first row that has no room fills up
//   the file's last block, and is written again behind that).
//
// So an address from in front of a part counts before one from behind it, and else the later one. What cannot be told
// is two addresses behind a part, or where kea-lfc has sorted the rows and dropped the part: both stories leave
// the same bytes. The later counts then too: whoever asked for another address than its own was on its way to that
// (RFC 2131, 4.4.1: it is in INIT and uses none).
#pragma once

#include "kea/lease_row.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace keavrf::kea {

class LeaseGhosts {
public:
    // `seed`: any number that no client can know, so that none makes two clients look like one.
    explicit LeaseGhosts(std::uint64_t seed) : seed_(seed) {}

    // Another file comes. Sorted by address, by kea-lfc: which of two rows is the later tells their time alone.
    void begin_file(bool sorted) noexcept;
    // A part of a row stands here: what follows in this file was written when there had been no room.
    void part() noexcept { behind_part_ = true; }
    // Each whole row, in the order in which Kea reads them.
    void see(const LeaseColumns& columns);

    [[nodiscard]] std::size_t count() const;
    // Rows that release them, as Kea writes them itself, to be put behind all others.
    [[nodiscard]] std::string releases() const;

private:
    struct Holding {
        std::uint32_t address = 0;
        std::uint32_t since = 0; // the client's last transmission, in seconds
        bool sure = false;       // Kea has it in its memory
        bool behind_part = false;
        bool sorted = false;
    };
    // A client that the file gives more than one address; each by the number of its last row.
    struct Contest {
        std::map<std::uint32_t, std::uint64_t> rows;
        std::map<std::uint64_t, Holding> held;
        std::string release; // what comes behind the address
    };
    [[nodiscard]] std::uint64_t client_of(const LeaseColumns& columns) const;
    void hold(std::uint64_t client, Holding holding, const LeaseColumns& columns);
    void let_go(std::uint32_t address);
    void compare(Contest& contest, Holding holding, const LeaseColumns& columns);
    static std::uint32_t real_one(const Contest& contest);
    [[nodiscard]] std::map<std::uint32_t, std::string_view> ghosts() const;

    std::uint64_t seed_;
    bool sorted_ = false;
    bool behind_part_ = false;
    std::uint64_t row_ = 0;
    boost::unordered_flat_map<std::uint64_t, Holding> latest_;        // of each client
    boost::unordered_flat_map<std::uint32_t, std::uint64_t> clients_; // by address
    std::map<std::uint64_t, Contest> contests_;                       // by client
};

} // namespace keavrf::kea
