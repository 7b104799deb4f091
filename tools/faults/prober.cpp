#include "prober.hpp"

namespace keavrf::faults {

namespace {

using namespace std::chrono_literals;

constexpr auto probe_every = 25ms;
constexpr auto poach_every = 250ms;
// Among a tenant's clients, in messages.
constexpr unsigned prober_number = 99;

} // namespace

Prober::Prober(unsigned tenant, const test::Mac& mac, unsigned clients, Judge& judge)
    : who_{tenant, prober_number}, mac_(mac), clients_(clients), judge_(judge)
{
    know(mac);
}

void Prober::attach(const Wire& wire)
{
    socket_ = open_wire(wire, mac_);
}

void Prober::begin(Clock::time_point now)
{
    served_.reset();
    for (auto& [xid, poach] : asked_) {
        poach.since_begin = false;
    }
    next_ = now;
}

void Prober::tick(Clock::time_point now)
{
    if (!socket_) {
        return;
    }
    static_cast<void>(socket_->frames());
    while (const auto frame = socket_->receive([](const auto& any) { return any.message.op == 2; }, 0ms)) {
        take(*frame, now);
    }
    socket_->forget();
    if (now >= next_) {
        ask(now);
    }
}

void Prober::ask(Clock::time_point now)
{
    auto message = socket_->message(test::type::discover);
    const Who holder{who_.tenant, turn_++ % clients_};
    Poach poach{holder, 0, {}, true};
    if (const auto address = judge_.lease_of(holder)) {
        poach.holding = judge_.holding(holder).value_or(0);
        poach.address = *address;
        message.add(test::option::requested_address, *address);
    }
    asked_[message.xid] = poach;
    socket_->broadcast(message);
    next_ = now + (served_ ? poach_every : probe_every);
}

void Prober::take(const test::DhcpFrame& frame, Clock::time_point now)
{
    const auto& message = frame.message;
    const auto& mac = message.chaddr;
    if (mac != mac_) {
        const auto kind = message.xid >> 16U;
        if (kind == flood_xids || (kind != garbage_xids && !known_.contains(mac))) {
            judge_.answered(who_, origin_of(message), kind == flood_xids);
        }
        return;
    }
    const auto found = asked_.find(message.xid);
    judge_.answered(who_, origin_of(message), found != asked_.end());
    if (message.type() != test::type::offer || found == asked_.end()) {
        return;
    }
    const auto& poach = found->second;
    if (poach.holding != 0 && message.yiaddr == poach.address) {
        judge_.poached(poach.holder, poach.holding, poach.address);
    }
    if (poach.since_begin && !served_) {
        served_ = now;
    }
}

} // namespace keavrf::faults
