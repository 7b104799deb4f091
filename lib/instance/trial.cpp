#include "instance/trial.hpp"

namespace keavrf::instance {

void Trial::begin(bool replaces)
{
    outstanding_ = true;
    replaces_ = replaces;
    failure_.reset();
}

void Trial::end() noexcept
{
    outstanding_ = false;
}

void Trial::forget() noexcept
{
    outstanding_ = false;
    failure_.reset();
}

Failure Trial::failed(Failure failure, bool of_kea, const std::string& reason)
{
    if (!outstanding_) {
        return failure;
    }
    outstanding_ = false;
    if (failure != Failure::rejected && !(of_kea && replaces_)) {
        return failure;
    }
    failure_ = reason;
    return Failure::rejected;
}

} // namespace keavrf::instance
