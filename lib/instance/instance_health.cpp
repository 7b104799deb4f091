// The supervision of an instance's Kea on the data path: carries out what Health decides.
#include "core/log.hpp"
#include "instance/health.hpp"
#include "instance/instance.hpp"
#include "kea/control_channel.hpp"

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

namespace keavrf::instance {

namespace {

constexpr std::chrono::seconds channel_limit{1};
// A Kea on record as ready has had its time.
constexpr std::chrono::seconds inherited_limit{2};
constexpr std::chrono::milliseconds shortest_poll{5};
constexpr std::chrono::milliseconds longest_poll{250};
// Between two Keas that are replaced for being deaf, where no new one has helped; doubling.
constexpr std::chrono::minutes spared_first{1};
constexpr unsigned most_doublings = 4;

} // namespace

// What keavrfd itself lacks for it is told as an error, whatever lacks it.
asio::awaitable<Result<void>> Instance::async_ask_channel(Clock::duration limit) const
{
    try {
        const auto alive = co_await service_.async_check_alive(limit);
        co_return alive;
    } catch (const std::bad_alloc&) {
        co_return Error::from_errno("cannot ask Kea", ENOMEM);
    }
}

// Whether the Kea of an earlier keavrfd is well. Nothing waits for that: its ports are open meanwhile.
asio::awaitable<void> Instance::watch_inherited()
{
    const auto pid = service_.pid();
    const auto limit = service_.loading() ? service_.start_allowance() : Clock::duration(inherited_limit);
    auto deadline = Clock::now() + limit;
    Result<void> alive;
    for (auto pause = shortest_poll;; pause = std::min(pause * 2, longest_poll)) {
        const auto left = std::max<Clock::duration>(deadline - Clock::now(), shortest_poll);
        alive = co_await async_ask_channel(left);
        if (!alive && kea::is_own_shortage(alive.error())) {
            deadline = Clock::now() + limit;
        }
        if (alive || service_.pid() != pid || Clock::now() >= deadline) {
            break;
        }
        co_await async_sleep(pause);
    }
    if (service_.pid() != pid) {
        co_return; // it has ended, or been replaced
    }
    if (alive) {
        service_.confirm_ready();
        const auto written = write_record();
        (void)written; // the next keavrfd would only be more patient than it had to be
    } else {
        service_.distrust("it does not answer: " + alive.error().message());
    }
    look_again();
}

// What is not Kea's fault: while it works on a configuration, or it could not be asked, or its wiring is not in order.
bool Instance::excused()
{
    return std::exchange(unasked_, false) || engagement_.since() || !relay_.uplink_open() ||
           pair_.state != topology::PairState::ready;
}

asio::awaitable<void> Instance::watch_health()
{
    std::optional<Health> health;
    Health::Heard heard;
    ProcessId watched;
    Clock::time_point asked;
    while (true) {
        if (!service_.ready() || leaving_) {
            watched = ProcessId();
            silent_since_.reset();
            unanswered_.reset();
            environment_.paths.leave(vrf_);
            co_await health_changed_.async_wait();
            continue;
        }
        const auto now = Clock::now();
        if (service_.pid() != watched) {
            watched = service_.pid();
            const bool same = service_.configuration_hash() == answered_hash_;
            health.emplace(now, environment_.settings->kea.timeouts.probe, service_.answers_probes(),
                           same ? spared_until_ : std::nullopt);
            heard = {};
            unanswered_.reset();
        }
        health->set_interval(now, environment_.settings->kea.timeouts.probe);
        heard.probe = relay_.probe_answered();
        heard.any = relay_.last_answer();
        heard.reloading = excused();
        heard.suspicion = suspicion_;
        environment_.paths.answered(vrf_, heard.any);
        heard.others_silent = environment_.paths.others_silent_since(vrf_, health->first_missed());
        const auto step = health->next(now, heard);
        act_on(step, heard.others_silent);
        note_silence(*health, heard);
        if (health->proved() && service_.note_that_it_answers_probes()) {
            note_in_record();
        }
        if (health->proved() && heard.probe && std::exchange(noted_answer_, heard.probe) != heard.probe) {
            note_answer();
        }
        // Asked again so soon, after a miss: the wiring is looked at before Kea is blamed, and not at the next audit.
        if (step.send_probe || step.ask_channel) {
            inspection_due_ = inspection_due_ || now - asked < environment_.settings->kea.timeouts.probe;
            asked = now;
        }
        if (inspection_due_) {
            wakeup_.notify();
        }
        if (step.ask_channel) {
            const auto alive = co_await async_ask_channel(channel_limit);
            heard.channel = alive ? std::optional(Clock::now()) : heard.channel;
            unasked_ = unasked_ || (!alive && kea::is_own_shortage(alive.error()));
        }
        co_await health_changed_.async_wait_until(step.wake);
    }
}

// For the status. A Kea that was asked in vain by somebody else has its say at once: a probe.
void Instance::note_silence(const Health& health, const Health::Heard& heard)
{
    const auto& answered = health.by_channel() ? heard.channel : heard.probe;
    if (unanswered_ && answered && *answered > *unanswered_) {
        unanswered_.reset();
    }
    const auto missed = health.silent_since();
    silent_since_ = missed && unanswered_ ? std::min(missed, unanswered_) : missed ? missed : unanswered_;
}

void Instance::note_no_answer(Clock::time_point asked)
{
    if (!service_.ready() || (noted_answer_ && *noted_answer_ > asked)) {
        return; // it has ended, or answered since
    }
    unanswered_ = unanswered_.value_or(asked);
    silent_since_ = silent_since_.value_or(asked);
    suspicion_ = Clock::now();
    health_changed_.notify();
}

// To a probe: so it does by this configuration.
void Instance::note_answer()
{
    environment_.paths.join(vrf_, [this] {
        suspicion_ = Clock::now();
        health_changed_.notify();
    });
    environment_.paths.answered(vrf_, relay_.last_answer());
    answered_hash_ = asked_hash_;
    spared_until_.reset();
    deaf_in_a_row_ = 0;
    if (environment_.paths.note_mended()) {
        log::info("hub.path-mended", "", "DHCP messages come back from Kea again by way of the hub");
    }
    if (!std::exchange(path_trouble_, {}).empty()) {
        log::info("kea.path-mended", vrf_, "DHCP messages come back from its Kea again");
        wakeup_.notify();
    }
}

// It is replaced, as it may help. Where it does not, the next one is spared for longer each time.
void Instance::note_deafness()
{
    if (service_.answers_probes() && answered_hash_.empty()) {
        answered_hash_ = service_.configuration_hash(); // as the keavrfd before saw it
    }
    spared_until_ = Clock::now() + spared_first * (1U << std::min(deaf_in_a_row_, most_doublings));
    ++deaf_in_a_row_;
}

void Instance::note_path_broken(bool others_silent)
{
    const auto hub = environment_.settings->netns_prefix + "hub";
    environment_.paths.hold_broken(vrf_);
    if (others_silent && environment_.paths.note_broken()) {
        log::error("hub.path-broken", "",
                   "no DHCP message comes back from any Kea, while they answer on their control channels: something in "
                   "the namespace " +
                       hub +
                       " swallows them, so no Kea is replaced (look there for filter rules: nft list ruleset, tc "
                       "filter show)");
    }
    const auto trouble = others_silent
                             ? "no DHCP message comes back from any Kea: look for filter rules in " + hub
                             : "its Kea answers on its control channel, but no DHCP message comes back from it, and a "
                               "new one did not help: look for filter rules in " +
                                   namespace_name() + " and " + hub + " (nft list ruleset, tc filter show)";
    if (std::exchange(path_trouble_, trouble) != trouble) {
        log::error("kea.path-broken", vrf_, trouble);
        wakeup_.notify();
    }
}

bool Instance::send_probe()
{
    try {
        unasked_ = !relay_.send_probe();
    } catch (const std::bad_alloc&) {
        unasked_ = true;
    }
    return !unasked_;
}

void Instance::act_on(const Health::Step& step, bool others_silent)
{
    if (step.send_probe && send_probe()) {
        asked_hash_ = service_.configuration_hash();
        environment_.paths.asked(vrf_, Clock::now());
    }
    if (step.fell_back) {
        path_trouble_.clear();
    }
    if (step.missed && path_trouble_.empty()) {
        environment_.paths.suspect(vrf_);
    }
    if (step.path_broken) {
        note_path_broken(others_silent);
    }
    if (step.deaf) {
        note_deafness();
    }
    if (step.fell_back && !std::exchange(probe_warned_, true)) {
        log::warning("kea.no-probes", vrf_,
                     "this configuration does not answer the relay's own DHCPINFORM, so whether Kea is well is asked "
                     "on its control channel alone");
    }
    if (step.hung) {
        end_hung(service_.pid(), "does not answer any more");
    }
}

// Not where another runs by now.
void Instance::end_hung(ProcessId kea, const std::string& how)
{
    if (service_.pid() != kea) {
        return;
    }
    if (service_.kill_hung()) {
        log::error("kea.hung", vrf_, "kea-dhcp4 " + how + "; it is killed, and a new one started",
                   {{"pid", kea.value()}});
    } else {
        service_.distrust("it does not answer, and a kill has not ended it yet");
        wakeup_.notify();
    }
}

} // namespace keavrf::instance
