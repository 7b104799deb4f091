// The supervision of an instance's Kea on the data path: carries out what Health decides.
#include "core/log.hpp"
#include "instance/health.hpp"
#include "instance/instance.hpp"

namespace keavrf::instance {

namespace {

constexpr std::chrono::seconds channel_limit{1};

} // namespace

// What is not Kea's fault: while its configuration changes, or its wiring is not in order.
bool Instance::excused() const
{
    return reloading_ || !relay_.uplink_open() || pair_.state != topology::PairState::ready;
}

asio::awaitable<void> Instance::watch_health()
{
    std::optional<Health> health;
    Health::Heard heard;
    ProcessId watched;
    while (true) {
        if (!service_.ready() || leaving_) {
            watched = ProcessId();
            co_await health_changed_.async_wait();
            continue;
        }
        const auto now = Clock::now();
        if (service_.pid() != watched) {
            watched = service_.pid();
            health.emplace(now, environment_.settings->kea.timeouts.probe, service_.answers_probes());
            heard = {};
        }
        health->set_interval(now, environment_.settings->kea.timeouts.probe);
        heard.probe = relay_.probe_answered();
        heard.any = relay_.last_answer();
        heard.reloading = excused();
        const auto step = health->next(now, heard);
        act_on(step);
        if (health->proved() && service_.note_that_it_answers_probes()) {
            note_in_record();
        }
        if (step.ask_channel) {
            const auto alive = co_await service_.async_check_alive(channel_limit);
            heard.channel = alive ? std::optional(Clock::now()) : heard.channel;
        }
        co_await health_changed_.async_wait_until(step.wake);
    }
}

void Instance::act_on(const Health::Step& step)
{
    if (step.send_probe) {
        relay_.send_probe();
    }
    if (step.fell_back && !std::exchange(probe_warned_, true)) {
        log::warning("kea.no-probes", vrf_,
                     "this configuration does not answer the relay's own DHCPINFORM, so whether Kea is well is asked "
                     "on its control channel alone");
    }
    if (step.hung) {
        log::error("kea.hung", vrf_, "kea-dhcp4 does not answer any more; it is killed, and a new one started",
                   {{"pid", service_.pid().value()}});
        service_.kill_hung();
    }
}

} // namespace keavrf::instance
