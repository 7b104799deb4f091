// What an instance sees of itself: at each turn by looking at what costs nothing, at an audit and after events by
// asking the kernel about its namespaces.
#include "core/log.hpp"
#include "instance/disk_watch.hpp"
#include "instance/instance.hpp"
#include "instance/record_file.hpp"
#include "instance/wiring.hpp"
#include "topology/resolve.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

namespace keavrf::instance {

namespace {

using namespace std::chrono_literals;

// Thirty files to read, and nobody changes them by accident.
constexpr auto settings_interval = 60s;
// A pair that is mended so often in a row without being well is made anew.
constexpr unsigned most_mendings = 3;
// Between two proofs that leases could be put back, as a multiple of what one takes.
constexpr int pause_part = 9;
constexpr auto longest_pause = 60s;

bool there(const std::string& path)
{
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0;
}

} // namespace

asio::awaitable<void> Instance::async_inspect()
{
    if (!std::exchange(inspection_due_, false) || !name_space_) {
        co_return;
    }
    inspect_files();
    co_await async_inspect_leases();
    if (inside_) {
        co_await async_inspect_pair();
    }
}

void Instance::inspect_files()
{
    recorded_ = recorded_ && there(record_path(vrf_, *environment_.settings));
    if (recorded_ && record_due_) {
        note_in_record();
    }
    if (recorded_ && !there(record_copy_path(vrf_, *environment_.settings))) {
        copy_due_ = true;
    }
    // One that still loads its leases has none yet.
    if (service_.ready() && !service_.control_socket_there()) {
        service_.distrust("its control socket is gone");
    }
    const auto now = Clock::now();
    if (now >= settings_due_) {
        settings_due_ = now + settings_interval;
        const auto restored = restore_settings(name_space_->fd.get());
        if (!restored) {
            log::warning("namespace.settings", vrf_, restored.error().message());
        }
    }
}

// Kea writes on to what has no name any more, and the next one would forget it. So that is put back; but a Kea whose
// leases could not be put back is the last that knows them, and serves on.
asio::awaitable<void> Instance::async_inspect_leases()
{
    if (!service_.ready() || engagement_.since()) {
        co_return;
    }
    const auto now = Clock::now();
    if (!service_.leases_gone()) {
        lease_trouble_.clear();
        co_await async_inspect_copy(now);
        co_return;
    }
    if (now < next_proof_) {
        co_return;
    }
    const auto proved = co_await async_prove_leases();
    if (proved) {
        service_.distrust(leases_gone);
        lease_trouble_.clear();
        co_return;
    }
    const auto end = Clock::now();
    next_proof_ = end + std::min<Clock::duration>(pause_part * (end - now), longest_pause); // others want that disk too
    auto trouble = proved.error().message() + "; its Kea serves on, but the next one will not know its leases";
    if (trouble != lease_trouble_) {
        log::error("leases.gone", vrf_, trouble);
    }
    lease_trouble_ = std::move(trouble);
}

// Not over a disk that hangs: whoever waits for it there cannot be ended.
asio::awaitable<Result<void>> Instance::async_prove_leases()
{
    auto disks = environment_.disks;
    const auto answers = co_await async_ask_all(std::move(disks));
    if (!answers) {
        co_return answers;
    }
    const auto proved = co_await service_.async_prove_leases();
    co_return proved;
}

// One that stays, since there is no room to use it, is looked at seldom.
asio::awaitable<void> Instance::async_inspect_copy(Clock::time_point now)
{
    if (now < next_comparison_ || !service_.copy_kept()) {
        co_return;
    }
    next_comparison_ = now + longest_pause;
    const bool more = co_await service_.async_copy_knows_more();
    if (more) {
        service_.distrust("a copy of its lease file knows leases that the file does not");
    }
}

asio::awaitable<void> Instance::async_inspect_pair()
{
    const auto client = *inside_;
    const auto picture = co_await async_picture(client);
    if (!picture) {
        log::warning("instance.inspection", vrf_, "cannot look at its namespace: " + picture.error().message());
        co_return;
    }
    const auto hub = environment_.hub->picture_of(vrf_.str(), pair_set_up_);
    auto found = examine_pair(relay_end(vrf_.str(), addresses_), hub, kea_end(addresses_), *picture);
    if (found.state == topology::PairState::damaged && mended_ >= most_mendings) {
        found.state = topology::PairState::broken;
    }
    if (found.state == topology::PairState::ready) {
        mended_ = 0;
    } else if (!found.fault.empty() && found.fault != pair_.fault) {
        log::warning("pair.fault", vrf_, found.fault);
    }
    pair_ = std::move(found);
}

// Why the pair that is there does not do; for a Kea that lives on it, and has to go with it.
std::string Instance::pair_trouble() const
{
    if (!name_space_) {
        return "its namespace is gone";
    }
    if (environment_.hub->link(vrf_.str()) == nullptr) {
        return "the hub's end of its veth pair is gone";
    }
    return pair_.fault.empty() ? "its veth pair is another than the one that was made for it" : pair_.fault;
}

// A Kea that another has to take the place of, over what is not its fault, is told of as one that is no good.
std::string Instance::why_it_stops()
{
    if (tasks_.failed()) {
        return "a part of this VRF's service failed, and all of it is made anew";
    }
    if (leaving_ || !domain_.servable()) {
        return domain_.waiting_for.empty() ? "this VRF is not served any more" : domain_.waiting_for;
    }
    if (!in_the_way_.empty()) {
        return in_the_way_;
    }
    if (service_.running() && service_.distrusted_because().empty()) {
        service_.distrust(pair_trouble());
    }
    return service_.distrusted_because();
}

Result<NamespaceInode> Instance::find_namespace() const
{
    const auto opened = netns::open(namespace_name());
    if (!opened) {
        return opened.error();
    }
    return opened->inode;
}

NameState Instance::name_state(const Result<NamespaceInode>& found) const
{
    return judge_name(found, name_space_ ? std::optional(name_space_->inode) : std::nullopt);
}

// A namespace of ours is held by our descriptor: nobody can take it away. Without one, a name that cannot be looked at
// is taken for free: making one says what is wrong, and takes nobody's name away.
void Instance::observe_namespace(topology::ObservedInstance& observed)
{
    using topology::Ownership;
    in_the_way_.clear();
    observed.name_space = name_space_ ? Ownership::ours : Ownership::absent;
    if (name_space_ && !name_space_->named) {
        return;
    }
    if (!name_space_) {
        name_warning_.clear(); // of the former one
    }
    const auto found = find_namespace();
    const auto state = name_state(found);
    if (name_space_) {
        observed.named = state != NameState::gone;
        tell_of_name(state, found);
    } else if (state == NameState::taken) {
        legacy_ = legacy_ ? std::move(legacy_) : find_left_behind();
        observed.name_space = Ownership::foreign;
        in_the_way_ = describe_taken(namespace_name(), found) + in_it_lives_;
    }
}

// Once, each time that it comes about.
void Instance::tell_of_name(NameState state, const Result<NamespaceInode>& found)
{
    const auto taken =
        state != NameState::taken
            ? std::string()
            : describe_taken(namespace_name(), found) +
                  ": service goes on, but ip netns does not show this VRF's namespace, and a next keavrfd cannot "
                  "take it over; it gets its name back when that is removed";
    const auto unseen = state != NameState::unknown
                            ? std::string()
                            : "cannot look at its namespace's name, which changes nothing: " + found.error().message();
    if (std::exchange(name_warning_, taken) != taken && !taken.empty()) {
        log::warning("namespace.name-taken", vrf_, taken);
    }
    if (std::exchange(name_unseen_, unseen) != unseen && !unseen.empty()) {
        log::warning("instance.inspection", vrf_, unseen);
    }
}

topology::ObservedInstance Instance::observe()
{
    topology::ObservedInstance observed;
    observed.slot = slot_;
    observed.record = recorded_;
    observe_namespace(observed);
    observed.unsettled = legacy_.has_value();
    const auto* link = environment_.hub->link(vrf_.str());
    const bool ours = observed.name_space == topology::Ownership::ours;
    if (link != nullptr) {
        // What has been looked at is what is there, or it has to be made anew.
        const bool known = ours && link->index == pair_.index;
        observed.pair = known ? pair_.state : topology::PairState::broken;
        observed.pair_index = link->index;
    } else if (pair_.state != topology::PairState::absent && ours) {
        observed.pair = topology::PairState::broken;
    }
    observed.uplink = relay_.uplink();
    observed.ports = ports_.open_ports();
    observed.server = service_.observe();
    if (observed.server && service_.loading() && rendering_) {
        observed.server->configuration_hash = to_run().hash; // it is told nothing before it is ready
    }
    return observed;
}

// Kea refuses what is wanted, and there is something that it took.
bool Instance::falls_back() const
{
    const auto& taken = service_.last_taken();
    return rendering_ && machine_.refused(rendering_->hash) && taken && taken->hash != rendering_->hash;
}

const Rendering& Instance::to_run() const
{
    return falls_back() ? *service_.last_taken() : *rendering_;
}

Situation Instance::situation(const topology::ObservedInstance& observed) const
{
    Situation seen;
    seen.now = Clock::now();
    seen.wanted = !leaving_;
    auto desired = topology::desired_instance(domain_, rendering_ ? to_run().hash : std::string());
    ports_.withhold(desired, seen.now);
    seen.serve = desired.serve;
    seen.waiting_for = domain_.waiting_for;
    seen.configuration_hash = rendering_ ? rendering_->hash : std::string();
    seen.falls_back = falls_back();
    seen.trial_failed = trial_.failure().has_value();
    // What it has of descriptors may be what one that has served needs to come back.
    const bool gives_back = starved_ && !has_served() && machine_.waits(seen.configuration_hash, seen.now);
    seen.plan = topology::plan_instance(vrf_, leaving_ || gives_back ? nullptr : &desired, observed, slot_);
    // The plan knows that something is in the way, not what.
    for (auto& action : seen.plan) {
        auto* refuse = std::get_if<topology::Refuse>(&action);
        if (refuse != nullptr && !in_the_way_.empty()) {
            refuse->reason = in_the_way_;
        }
    }
    seen.server_running = service_.running();
    seen.server_loading = service_.loading();
    seen.open_ports = ports_.open_ports().size();
    seen.failed_ports = ports_.failures();
    seen.port_failure = ports_.first_failure();
    seen.path_trouble = path_trouble_;
    return seen;
}

} // namespace keavrf::instance
