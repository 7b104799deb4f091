#include "judge.hpp"

#include <algorithm>
#include <utility>

namespace keavrf::faults {

std::string describe(const Who& who)
{
    return "tenant " + std::to_string(who.tenant) + " client " + std::to_string(who.client);
}

void Judge::expect(unsigned tenant, std::string domain, std::vector<Ipv4Address> servers)
{
    expected_[tenant] = {std::move(domain), std::move(servers)};
}

void Judge::answered(Who who, const Origin& origin, bool asked)
{
    if (!asked) {
        violation(who, "got an answer to what nobody of this tenant asked");
    }
    const auto found = expected_.find(who.tenant);
    if (found == expected_.end()) {
        return;
    }
    const auto& expected = found->second;
    if (origin.domain != expected.domain) {
        violation(who, "got an answer of another tenant's server: domain \"" + origin.domain + "\" instead of \"" +
                           expected.domain + '"');
    }
    const auto& servers = expected.servers;
    if (!origin.server || std::find(servers.begin(), servers.end(), *origin.server) == servers.end()) {
        violation(who, "got an answer with server identifier " + (origin.server ? origin.server->str() : "none") +
                           ", which is not an address of its relay");
    }
}

void Judge::acknowledged(Who who, Ipv4Address address, Clock::time_point now, Clock::duration lifetime)
{
    ++acknowledgements_;
    for (const auto& [other, lease] : leases_) {
        if (other.tenant == who.tenant && other != who && lease.address == address && lease.until > now) {
            violation(who, "was given " + address.str() + ", which " + describe(other) + " holds");
        }
    }
    const auto mine = leases_.find(who);
    if (mine != leases_.end() && mine->second.address != address && mine->second.until > now) {
        violation(who, "lost " + mine->second.address.str() + ": the server gave it " + address.str() + " instead");
    }
    const bool kept = mine != leases_.end() && mine->second.address == address;
    leases_[who] = {address, now + lifetime, kept ? mine->second.holding : ++next_holding_};
}

void Judge::released(Who who)
{
    leases_.erase(who);
}

void Judge::refused(Who who, Clock::time_point now)
{
    const auto mine = leases_.find(who);
    if (mine == leases_.end() || mine->second.until <= now) {
        return;
    }
    if (excused_) {
        ++excused_refusals_;
        return;
    }
    violation(who, "lost " + mine->second.address.str() + ": the server refuses it");
    leases_.erase(mine);
}

std::optional<std::uint64_t> Judge::holding(Who who) const
{
    const auto mine = leases_.find(who);
    return mine == leases_.end() ? std::nullopt : std::optional(mine->second.holding);
}

void Judge::poached(Who holder, std::uint64_t holding, Ipv4Address address)
{
    const auto held = leases_.find(holder);
    if (held != leases_.end() && held->second.holding == holding && held->second.address == address) {
        violation(holder, "lost " + address.str() + ": the server offers it to another");
    }
}

std::optional<Ipv4Address> Judge::lease_of(Who who) const
{
    const auto mine = leases_.find(who);
    return mine == leases_.end() ? std::nullopt : std::optional(mine->second.address);
}

void Judge::violation(Who who, const std::string& what)
{
    auto text = describe(who) + " " + what;
    if (std::find(violations_.begin(), violations_.end(), text) == violations_.end()) {
        violations_.push_back(std::move(text));
    }
}

} // namespace keavrf::faults
