#include "relay/vigil.hpp"

namespace keavrf::relay {

bool Vigil::begin(TimePoint now, std::size_t requests, TimePoint& last) noexcept
{
    const auto before = heard_;
    heard_ = now;
    if (requests != 1 || (before && now - *before < quiet) || now - last < apart || !worth_it()) {
        return false;
    }
    last = now;
    until_ = now + length;
    return true;
}

void Vigil::answered(TimePoint now) noexcept
{
    if (kept(now)) {
        in_vain_ = 0;
        until_.reset();
    }
}

bool Vigil::worth_it() noexcept
{
    if (until_) { // the last one was not answered
        until_.reset();
        ++in_vain_;
    }
    if (in_vain_ < vain_most) {
        return true;
    }
    passed_ = (passed_ + 1) % rarely;
    return passed_ == 0;
}

} // namespace keavrf::relay
