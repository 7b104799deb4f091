// What an instance tells of itself: one line for each change of its state, and how it is at this moment.
#include "core/log.hpp"
#include "instance/instance.hpp"

namespace keavrf::instance {

Outlook Instance::outlook() const
{
    const auto now = Clock::now();
    const auto since = [now](const std::optional<Clock::time_point>& begin) {
        return begin ? std::optional<Clock::duration>(now - *begin) : std::nullopt;
    };
    Sight sight;
    sight.state = machine_.state();
    sight.reason = machine_.reason();
    sight.kea_ready = service_.ready();
    sight.kea_stopping = service_.stopping();
    sight.to_go = service_.running() ? service_.distrusted_because() : std::string();
    sight.engaged = since(engagement_.since());
    sight.tests = engagement_.work() == Engagement::Work::test;
    sight.silent = since(silent_since_);
    return outlook_of(sight);
}

std::vector<std::string> Instance::warnings() const
{
    auto all = domain_.warnings;
    if (!name_warning_.empty()) {
        all.push_back(name_warning_);
    }
    if (!lease_trouble_.empty()) {
        all.push_back(lease_trouble_);
    }
    return all;
}

bool Instance::answers() const
{
    const bool busy = engagement_.since() && Clock::now() - *engagement_.since() >= worth_telling;
    return service_.ready() && !service_.stopping() && service_.distrusted_because().empty() && !silent_since_ && !busy;
}

void Instance::log_change(State before, const std::string& reason_before) const
{
    const auto now = machine_.state();
    if (now == before && machine_.reason() == reason_before) {
        return;
    }
    if (environment_.on_change) {
        environment_.on_change();
    }
    const auto event = "instance." + std::string(name_of(now));
    switch (now) {
    case State::serving:
        if (machine_.reason().empty()) {
            log::info(event, vrf_, "serving DHCPv4",
                      {{"kea_pid", service_.pid().value()}, {"ports", ports_.open_ports().size()}});
        } else {
            log::warning(event, vrf_, "serving, but: " + machine_.reason());
        }
        break;
    case State::rejected:
        log::error(event, vrf_,
                   trial_.failed_otherwise()
                       ? "the new configuration cannot be put in place: " + machine_.reason()
                       : "Kea refuses the configuration; it will be tried again when it has changed: " +
                             machine_.reason());
        break;
    case State::refused:
        log::error(event, vrf_, machine_.reason());
        break;
    case State::backoff:
        log::warning(event, vrf_, machine_.reason());
        break;
    case State::waiting:
        log::info(event, vrf_, machine_.reason());
        break;
    case State::preparing:
    case State::starting:
    case State::stopping:
        log::debug(event, vrf_, machine_.reason());
        break;
    }
}

} // namespace keavrf::instance
