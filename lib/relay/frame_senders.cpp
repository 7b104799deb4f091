#include "relay/frame_senders.hpp"

#include "netns/scoped_enter.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <new>

namespace keavrf::relay {

namespace {

// A port that has one of its own looks so often whether it can do without.
constexpr std::chrono::seconds own_for{60};
// The shared one is put aside when it has been full for so long: whoever fills it has one of its own by then.
constexpr std::chrono::seconds stuck_after{1};
// Without a complaint for so long it was not full in between.
constexpr std::chrono::seconds full_forgotten{5};

} // namespace

Result<std::shared_ptr<FrameSenders>> FrameSenders::open()
{
    auto shared = FrameSender::open();
    if (!shared) {
        return shared.error();
    }
    return std::make_shared<FrameSenders>(std::move(*shared));
}

Result<FrameSender> FrameSenders::apart(Clock::time_point now)
{
    note_full(now);
    return unused();
}

void FrameSenders::note_full(Clock::time_point now)
{
    if (!full_since_ || now - full_last_ > full_forgotten) {
        full_since_ = now;
    }
    full_last_ = now;
    if (now - *full_since_ < stuck_after) {
        return;
    }
    auto another = unused();
    if (another) {
        give_back(std::exchange(shared_, std::move(*another)));
        full_since_.reset();
    }
}

void FrameSenders::give_back(FrameSender sender) noexcept
{
    try {
        spare_.push_back(std::move(sender));
    } catch (const std::bad_alloc&) { // it is closed, then
        return;
    }
}

bool FrameSenders::shares(int descriptor) const noexcept
{
    // One that was put aside a moment ago may still be named by what is queued.
    return descriptor == shared() || std::any_of(spare_.begin(), spare_.end(), [&](const FrameSender& spare) {
               return spare.descriptor() == descriptor;
           });
}

Result<FrameSender> FrameSenders::unused()
{
    const auto found =
        std::find_if(spare_.begin(), spare_.end(), [](const FrameSender& spare) { return spare.unsent() == 0; });
    if (found == spare_.end()) {
        return FrameSender::open();
    }
    auto sender = std::move(*found);
    spare_.erase(found);
    return sender;
}

Result<std::shared_ptr<FrameSender>> FrameSenders::in_hub(int hub_namespace)
{
    struct stat status {};
    if (::fstat(hub_namespace, &status) != 0) {
        return Error::from_errno("cannot look at the hub's namespace");
    }
    const std::pair identity(status.st_dev, status.st_ino);
    if (!hub_ || identity != hub_namespace_) {
        auto sender = netns::run_in(hub_namespace, [] { return FrameSender::open(); });
        if (!sender) {
            return sender.error();
        }
        hub_ = std::make_shared<FrameSender>(std::move(*sender));
        hub_namespace_ = identity;
    }
    return hub_;
}

int PortFrames::descriptor()
{
    if (!own_) {
        return senders_->shared();
    }
    const auto now = Clock::now();
    if (now >= own_until_) {
        own_until_ = now + own_for;
        if (own_.unsent() == 0) {
            close();
            return senders_->shared();
        }
    }
    return own_.descriptor();
}

int PortFrames::after_full(int descriptor)
{
    if (descriptor == own_.descriptor() || !senders_->shares(descriptor)) {
        return -1; // where it is its own, it is this interface that transmits too little
    }
    if (!own_) {
        const auto now = Clock::now();
        auto own = senders_->apart(now);
        if (!own) {
            return -1;
        }
        own_ = std::move(*own);
        own_until_ = now + own_for;
    }
    return own_.descriptor();
}

void PortFrames::close()
{
    if (own_) {
        senders_->give_back(std::exchange(own_, FrameSender()));
    }
}

} // namespace keavrf::relay
