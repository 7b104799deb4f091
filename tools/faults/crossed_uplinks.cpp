#include "crossed_uplinks.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>

#include <string>

namespace keavrf::faults {

namespace {

using namespace std::chrono_literals;

test::RawClient listen(const std::string& name_space, const std::string& link)
{
    const UniqueFd opened(::open(("/run/netns/" + name_space).c_str(), O_RDONLY | O_CLOEXEC));
    BOOST_REQUIRE_MESSAGE(opened.valid(), "there is no namespace " << name_space);
    return {opened.get(), link, {}};
}

} // namespace

CrossedUplinks::Uplink::Uplink(const Tenant& tenant)
    : relay_end(listen("keavrf-hub", tenant.vrf)), kea_end(listen("keavrf-" + tenant.vrf, "kea0"))
{
}

CrossedUplinks::CrossedUplinks(const Tenant& one, const Tenant& other) : one_(one), other_(other) {}

void CrossedUplinks::carry()
{
    carry(one_, other_);
    carry(other_, one_);
}

void CrossedUplinks::carry(Uplink& from, Uplink& to)
{
    static_cast<void>(from.relay_end.frames());
    const auto any = [](const test::DhcpFrame&) { return true; };
    while (auto frame = from.relay_end.receive(any, 0ms)) {
        if (frame->message.op == 1) {
            from.request = *frame;
            if (to.request) {
                frame->destination = to.request->destination;
                frame->destination_mac = to.request->destination_mac;
                to.foreign.insert(frame->message.xid);
                to.relay_end.send(*frame);
            }
        } else if (to.request && from.foreign.contains(frame->message.xid)) {
            frame->source = to.request->destination;
            frame->source_mac = to.request->destination_mac;
            frame->destination_mac = to.request->source_mac;
            to.kea_end.send(*frame);
            ++answers_;
        }
    }
    from.relay_end.forget();
}

} // namespace keavrf::faults
