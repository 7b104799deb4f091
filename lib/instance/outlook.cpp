#include "instance/outlook.hpp"

namespace keavrf::instance {

namespace {

using Duration = std::chrono::steady_clock::duration;

std::string seconds_of(Duration duration)
{
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) + " s";
}

// Silence is what is to be expected of one that is engaged; not so where it has begun before.
std::string before_that(const Sight& sight)
{
    const bool longer = sight.silent && *sight.silent >= *sight.engaged + worth_telling;
    return longer ? ", nor anything else for " + seconds_of(*sight.silent) : std::string();
}

// What is so by now, whatever the state machine knows; empty: nothing that it would not know.
std::string news(const Sight& sight)
{
    if (!sight.to_go.empty()) {
        return "its Kea is replaced by a new one: " + sight.to_go;
    }
    if (sight.kea_stopping) {
        return "its Kea is being stopped";
    }
    if (sight.state == State::serving && !sight.kea_ready) {
        return "its Kea has ended";
    }
    if (sight.engaged && *sight.engaged >= worth_telling) {
        return "its Kea was " + std::string(sight.tests ? "asked to test a" : "told a new") + " configuration " +
               seconds_of(*sight.engaged) + " ago and has not answered yet" + before_that(sight) +
               "; requests wait for it";
    }
    if (sight.silent && *sight.silent >= worth_telling) {
        return "its Kea has not answered for " + seconds_of(*sight.silent);
    }
    return {};
}

} // namespace

Outlook outlook_of(const Sight& sight)
{
    Outlook outlook{sight.state, news(sight)};
    if (sight.state == State::serving && sight.kea_stopping) {
        outlook.state = State::starting;
    } else if (sight.state == State::serving && !sight.kea_ready) {
        outlook.state = State::backoff;
    }
    if (outlook.reason.empty()) {
        outlook.reason = sight.reason;
    } else if (!sight.reason.empty() && sight.reason.find(outlook.reason) == std::string::npos) {
        outlook.reason += "; " + sight.reason;
    }
    return outlook;
}

} // namespace keavrf::instance
