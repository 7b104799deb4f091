// A lease file, in whatever state it is.
#include "fuzz/target.hpp"
#include "kea/lease_mender.hpp"

#include <set>
#include <string>

namespace {

using namespace keavrf::kea;
using keavrf::fuzz::require;

const LeaseSubnets& subnets()
{
    static const LeaseSubnets known{{1, *keavrf::Ipv4Prefix::parse("10.50.0.0/24")}};
    return known;
}

std::string mend(std::string_view text, std::size_t piece, LeaseReport& report, std::size_t& ghosts_seen)
{
    LeaseGhosts ghosts(1);
    LeaseMender mender(subnets(), ghosts);
    std::string mended;
    while (!text.empty()) {
        mender.feed(text.substr(0, piece), mended);
        text.remove_prefix(std::min(piece, text.size()));
    }
    mender.finish(mended);
    report = mender.report();
    ghosts_seen = ghosts.count();
    return mended + ghosts.releases();
}

std::multiset<std::string> lines_of(std::string_view text)
{
    std::multiset<std::string> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size() - 1);
        lines.emplace(text.substr(0, end + 1));
        text.remove_prefix(end + 1);
    }
    return lines;
}

} // namespace

FUZZ_TARGET(lease_file)
{
    const auto text = keavrf::fuzz::text(bytes);
    LeaseReport report;
    std::size_t ghosts = 0;
    const auto mended = mend(text, text.size() + 1, report, ghosts);
    LeaseReport again;
    std::size_t still = 0;
    require(mend(text, 7, again, still) == mended, "the same in pieces");
    require(report.changes() || ghosts > 0 || mended == text, "what is whole is not touched");
    require(mend(mended, mended.size() + 1, again, still) == mended, "what was mended is whole");
    require(still == 0, "no ghost is left");
    if (const auto header = LeaseHeader::parse(text.substr(0, text.find('\n'))); header && header->begin == 0) {
        const auto kept = lines_of(mended);
        for (const auto& line : lines_of(text)) {
            const bool ended = line.ends_with('\n') && line.size() < 60000;
            const auto columns = split_columns(std::string_view(line).substr(0, line.size() - 1));
            require(!ended || !whole_row(columns, header->columns, subnets()) || kept.contains(line),
                    "a row that can be read is kept");
        }
    }
}
