#include "instance/descriptors.hpp"

#include "core/unique_fd.hpp"

#include <fcntl.h>
#include <sys/resource.h>

namespace keavrf::instance {

namespace {

constexpr rlim_t kept_descriptors = 16;

} // namespace

// The kernel hands out the lowest number that is free: all below it are in use.
bool few_descriptors_left()
{
    rlimit limit{};
    const UniqueFd next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    return !next || (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
                     static_cast<rlim_t>(next.get()) + kept_descriptors >= limit.rlim_cur);
}

} // namespace keavrf::instance
