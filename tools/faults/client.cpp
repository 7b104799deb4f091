#include "client.hpp"

#include <sstream>

namespace keavrf::faults {

namespace {

using test::Milliseconds;
using namespace std::chrono_literals;

constexpr auto retransmit = 400ms;
constexpr auto haste = Milliseconds(10);
constexpr std::size_t journal_lines = 40;

Clock::duration lifetime_of(const test::DhcpMessage& message)
{
    const auto seconds = message.address_option(test::option::lease_time);
    return std::chrono::seconds(seconds ? seconds->value() : 0);
}

} // namespace

std::unique_ptr<test::RawClient> open_wire(const Wire& wire, const test::Mac& mac)
{
    auto socket = std::make_unique<test::RawClient>(wire.network_namespace, "eth0", mac);
    socket->ignore_outgoing();
    return socket;
}

Origin origin_of(const test::DhcpMessage& message)
{
    Origin origin;
    if (const auto* domain = message.option(test::option::domain_name)) {
        origin.domain.assign(domain->begin(), domain->end());
    }
    origin.server = message.address_option(test::option::server_id);
    return origin;
}

Client::Client(Who who, const test::Mac& mac, bool sleepy, Judge& judge, Random& random)
    : who_(who), mac_(mac), sleepy_(sleepy), judge_(judge), random_(random)
{
}

void Client::attach(const Wire& wire)
{
    wire_ = wire;
    socket_ = open_wire(wire, mac_);
    if (address_) {
        socket_->hold(*address_);
    }
}

void Client::tick(Clock::time_point now)
{
    if (!socket_) {
        return;
    }
    static_cast<void>(socket_->frames());
    const auto mine = [this](const test::DhcpFrame& frame) {
        return frame.message.op == 2 && frame.message.chaddr == mac_;
    };
    while (const auto frame = socket_->receive(mine, 0ms)) {
        take(*frame, now);
    }
    socket_->forget();
    if (now >= next_) {
        act(now);
    }
}

void Client::take(const test::DhcpFrame& frame, Clock::time_point now)
{
    const auto& message = frame.message;
    note(now, "<- " + test::describe(frame));
    const bool asked = asked_.contains(message.xid);
    if (message.type() == test::type::nak) {
        if (asked && message.xid == message_.xid && state_ != State::bound && state_ != State::resting) {
            refused(now);
        }
        return;
    }
    judge_.answered(who_, origin_of(message), asked);
    if (message.xid != message_.xid) {
        return;
    }
    if (message.type() == test::type::offer && state_ == State::selecting) {
        request_offer(message, now);
    } else if (message.type() == test::type::ack && state_ != State::selecting && state_ != State::bound &&
               state_ != State::resting && state_ != State::starting) {
        acknowledged(message, now);
    }
}

void Client::acknowledged(const test::DhcpMessage& message, Clock::time_point now)
{
    judge_.acknowledged(who_, message.yiaddr, now, lifetime_of(message));
    address_ = message.yiaddr;
    server_ = message.address_option(test::option::server_id).value_or(Ipv4Address());
    socket_->hold(*address_);
    const bool proved = verifying_ && (state_ == State::rebinding || state_ == State::requesting);
    state_ = proved ? State::resting : State::bound;
    const auto rest =
        sleepy_ ? Milliseconds(30s) + Milliseconds(random_() % 30'000) : Milliseconds(200 + random_() % 1300);
    next_ = verifying_ ? now : now + (hurried_ ? haste : rest);
}

void Client::refused(Clock::time_point now)
{
    if (state_ != State::requesting) {
        judge_.refused(who_, now);
    }
    address_.reset();
    state_ = State::starting;
    next_ = now + retransmit;
}

void Client::act(Clock::time_point now)
{
    switch (state_) {
    case State::starting:
        return discover(now);
    case State::resting:
        return;
    case State::bound: {
        const auto choice = verifying_ ? 70 : random_() % 100;
        return choice < 70   ? (verifying_ ? rebind(now) : renew(now))
               : choice < 85 ? rebind(now)
               : choice < 95 ? reboot(now)
                             : release(now);
    }
    default:
        return give_up(now);
    }
}

// No answer yet: the same again, or another way, as RFC 2131 4.4.5 has it.
void Client::give_up(Clock::time_point now)
{
    if (state_ == State::renewing && sent_ >= 3) {
        return rebind(now);
    }
    if (state_ == State::rebooting && sent_ >= 5) {
        return rebind(now);
    }
    if (state_ == State::requesting && sent_ >= 4) {
        return discover(now);
    }
    transmit(now);
}

void Client::begin(State state, test::DhcpMessage message, Clock::time_point now)
{
    state_ = state;
    message_ = std::move(message);
    asked_.insert(message_.xid);
    sent_ = 0;
    transmit(now);
}

void Client::transmit(Clock::time_point now)
{
    ++sent_;
    note(now, "-> type " + std::to_string(message_.type()) + " xid " + std::to_string(message_.xid) + " ciaddr " +
                  message_.ciaddr.str());
    if (state_ == State::renewing) {
        unicast(message_);
    } else {
        socket_->broadcast(message_);
    }
    next_ = now + retransmit;
}

void Client::discover(Clock::time_point now)
{
    auto message = socket_->message(test::type::discover);
    message.broadcast = who_.client % 2 == 0;
    begin(State::selecting, std::move(message), now);
}

void Client::request_offer(const test::DhcpMessage& offer, Clock::time_point now)
{
    auto message = socket_->message(test::type::request);
    message.broadcast = who_.client % 2 == 0;
    message.add(test::option::requested_address, offer.yiaddr);
    message.add(test::option::server_id, offer.address_option(test::option::server_id).value_or(Ipv4Address()));
    begin(State::requesting, std::move(message), now);
}

void Client::renew(Clock::time_point now)
{
    auto message = socket_->message(test::type::request);
    message.ciaddr = *address_;
    begin(State::renewing, std::move(message), now);
}

void Client::rebind(Clock::time_point now)
{
    auto message = socket_->message(test::type::request);
    message.ciaddr = *address_;
    begin(State::rebinding, std::move(message), now);
}

void Client::reboot(Clock::time_point now)
{
    auto message = socket_->message(test::type::request);
    message.broadcast = true;
    message.add(test::option::requested_address, *address_);
    begin(State::rebooting, std::move(message), now);
}

void Client::release(Clock::time_point now)
{
    auto message = socket_->message(test::type::release);
    message.ciaddr = *address_;
    message.add(test::option::server_id, server_);
    note(now, "-> release of " + address_->str());
    judge_.released(who_);
    unicast(message);
    address_.reset();
    state_ = State::starting;
    next_ = now + retransmit;
}

void Client::unicast(const test::DhcpMessage& message)
{
    test::DhcpFrame frame;
    frame.source_mac = mac_;
    frame.destination_mac = wire_.gateway_mac;
    frame.source = message.ciaddr;
    frame.destination = server_;
    frame.source_port = 68;
    frame.destination_port = 67;
    frame.message = message;
    socket_->send(frame);
}

void Client::hurry(bool on)
{
    hurried_ = on;
    if (on && state_ == State::bound) {
        next_ = {};
    }
}

void Client::verify()
{
    verifying_ = true;
    if (state_ == State::bound) {
        next_ = {};
    }
}

void Client::note(Clock::time_point now, const std::string& text)
{
    const auto since = std::chrono::duration_cast<Milliseconds>(now.time_since_epoch()).count();
    journal_.push_back(std::to_string(since) + " " + text);
    if (journal_.size() > journal_lines) {
        journal_.pop_front();
    }
}

std::string Client::journal() const
{
    std::ostringstream text;
    for (const auto& line : journal_) {
        text << "  " << line << '\n';
    }
    return text.str();
}

} // namespace keavrf::faults
