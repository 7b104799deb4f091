#include "unit/instance/walk.hpp"

#include <algorithm>
#include <utility>

namespace keavrf::instance::model {

using namespace std::chrono_literals;
using topology::model::Owner;

namespace {

constexpr int interfaces = 4;
const std::vector<std::string> configurations{good, "better", refused};
const std::vector<std::string> tried{good, "better", refused, deadly};

} // namespace

Walk::Walk(std::uint64_t seed, Counts& counts, Flaw flaw) : random_(seed), counts_(counts), flaw_(std::move(flaw))
{
    world_.hub = Owner::us;
    world_.hub_in_order = true;
    tells_writers_ = random_.chance(70);
    for (const auto& name : names) {
        lives_.emplace(name, Life{});
    }
    wish();
}

void Walk::stormy(unsigned turns)
{
    failures_ = 15;
    for (unsigned turn = 0; turn < turns; ++turn) {
        if (random_.chance(30)) {
            happen();
        }
        if (random_.chance(15)) {
            wish();
        }
        if (random_.chance(10)) {
            reload();
        }
        all_turns();
        now_ += std::chrono::milliseconds(random_.below(4000));
    }
}

std::string Walk::calm()
{
    failures_ = 0;
    disk_full_ = false;
    // The operator ends whom the messages name.
    std::erase_if(world_.processes, [this](const auto& entry) {
        const auto& process = entry.second;
        const auto vrf = world_.vrfs.find(process.vrf);
        const bool known = vrf != world_.vrfs.end() && vrf->second.process_id == entry.first;
        return process.at_leases || (process.owner == Owner::us && !process.provable && !known);
    });
    for (auto& [name, instance] : desired_.instances) {
        instance.configuration_hash = good;
    }
    for (auto& [name, vrf] : world_.vrfs) {
        vrf.name_space = vrf.name_space == Owner::somebody_else ? Owner::nobody : vrf.name_space;
    }
    for (int turn = 0; turn < 40; ++turn) {
        all_turns();
        now_ += 31s; // longer than every backoff
    }
    std::string wrong = world_.difference_from(desired_);
    for (const auto& [name, instance] : desired_.instances) {
        const auto state = lives_.at(name).machine.state();
        const auto expected = instance.serve ? State::serving : State::waiting;
        wrong += state == expected ? "" : name.str() + " is " + std::string(name_of(state)) + "\n";
    }
    for (const auto& [name, life] : lives_) {
        const bool leaves = life.machine.state() == State::stopping;
        wrong += leaves ? name.str() + " is still on its way out\n" : "";
    }
    for (const auto& rule : world_.broken_rules) {
        wrong += rule + "\n";
    }
    return wrong + complaints_;
}

void Walk::wish()
{
    desired_ = {};
    for (const auto& name : names) {
        if (random_.chance(85)) {
            desired_.instances[name] = {random_.chance(85), {}, random_.one_of(configurations)};
        }
    }
    for (int index = 1; index <= interfaces; ++index) {
        const auto wanted = desired_.instances.find(random_.one_of(names));
        if (wanted != desired_.instances.end() && wanted->second.serve) {
            wanted->second.ports[InterfaceIndex{index}] = {"if" + std::to_string(index), "f"};
        }
    }
    tell_anew();
}

void Walk::tell_anew()
{
    for (auto& [name, life] : lives_) {
        life.refused_last.clear();
        life.killed = false;
        life.trial.forget();
    }
}

void Walk::reload()
{
    const auto before = desired_;
    tell_anew();
    for (auto& [name, instance] : desired_.instances) {
        if (instance.serve && random_.chance(60)) {
            const auto running = runs(name) ? world_.observe().instances[name].server : std::nullopt;
            instance.configuration_hash = random_.one_of(tried);
            lives_.at(name).trial.begin(instance.configuration_hash,
                                        running && running->configuration_hash != instance.configuration_hash);
        }
    }
    const auto outstanding = [](const auto& life) { return life.second.trial.outstanding(); };
    const auto failed = [](const auto& life) { return life.second.trial.failure().has_value(); };
    while (std::any_of(lives_.begin(), lives_.end(), outstanding) &&
           std::none_of(lives_.begin(), lives_.end(), failed)) {
        all_turns();
        now_ += 1s;
    }
    ++counts_["tried"];
    if (std::any_of(lives_.begin(), lives_.end(), failed)) {
        ++counts_["taken back"];
        for (auto late = random_.below(4); late > 0; --late) {
            all_turns();
            now_ += 1s;
        }
        desired_ = before;
        tell_anew();
    }
}

bool Walk::runs(const VrfName& name) const
{
    const auto vrf = world_.vrfs.find(name);
    return vrf != world_.vrfs.end() && vrf->second.process_id && world_.processes.contains(*vrf->second.process_id) &&
           world_.processes.at(*vrf->second.process_id).owner == Owner::us;
}

void Walk::happen()
{
    const auto& name = random_.one_of(names);
    auto& vrf = world_.vrfs[name];
    const bool runs = this->runs(name);
    switch (random_.below(14)) {
    case 11:
        disk_full_ = !disk_full_;
        counts_["disk full"] += disk_full_ ? 1U : 0U;
        break;
    case 12:
        let_go(name);
        break;
    case 8: // the runtime folder, with Kea's control socket in it
        for (auto& [other, seen] : world_.vrfs) {
            seen.record = false;
            if (runs && other == name) {
                world_.processes.at(*vrf.process_id).hangs = true;
            }
        }
        ++counts_["runtime folder wiped"];
        break;
    case 9:
        lives_.at(name).record_copy = false;
        break;
    case 10:
        begin_again();
        break;
    case 0:
        vrf.pair_damaged = true;
        break;
    case 1:
        vrf.relay_end = vrf.kea_end = false;
        break;
    case 2:
        vrf.nameless = vrf.name_space == Owner::us;
        break;
    case 3:
        vrf.record = false;
        break;
    case 4: // only where there is none of ours: ours is held by descriptor
        vrf.name_space = vrf.name_space == Owner::nobody ? Owner::somebody_else : vrf.name_space;
        break;
    case 5:
        vrf.name_space = vrf.name_space == Owner::somebody_else ? Owner::nobody : vrf.name_space;
        break;
    case 6:
        if (runs) {
            world_.processes.at(*vrf.process_id).hangs = true;
        }
        break;
    default:
        if (runs) {
            leave_stray(name);
            world_.processes.erase(*vrf.process_id);
            if (lives_.at(name).taken.empty()) {
                lives_.at(name).refused_last.clear();
            }
            died(name, std::chrono::milliseconds(1 + random_.below(100'000)));
        }
    }
}

void Walk::let_go(const VrfName& name)
{
    if (!runs(name)) {
        return;
    }
    auto& process = world_.processes.at(*world_.vrfs[name].process_id);
    process.locked = false;
    process.provable = random_.chance(50);
    ++counts_["lock let go"];
}

void Walk::leave_stray(const VrfName& name)
{
    if (!random_.chance(35)) {
        return;
    }
    topology::model::Process stray{Owner::us, name, "stray", false};
    stray.locked = random_.chance(50);
    stray.provable = stray.locked || random_.chance(50);
    world_.start_process(stray);
    ++counts_["stray"];
}

// As instance_namespace.cpp: a full disk leaves the record behind.
void Walk::write_down(const VrfName& name)
{
    if (!disk_full_ && world_.vrfs[name].record) {
        lives_.at(name).recorded = world_.vrfs[name].process_id;
    }
}

void Walk::begin_again()
{
    ++counts_["killed"];
    const bool runtime_wiped = random_.chance(50);
    const bool state_wiped = random_.chance(20);
    for (const auto& name : names) {
        world_.vrfs[name].record = world_.vrfs[name].record && !runtime_wiped;
        lives_.at(name).record_copy = lives_.at(name).record_copy && !state_wiped;
    }
    for (const auto& name : names) {
        auto& vrf = world_.vrfs[name];
        const auto before = lives_.at(name);
        lives_.at(name) = Life{};
        lives_.at(name).record_copy = before.record_copy;
        lives_.at(name).recorded = before.recorded;
        lives_.at(name).taken = vrf.record ? before.taken : "";
        vrf.process_id.reset();
        vrf.uplink.reset();
        vrf.ports.clear();
        vrf.unsettled = false;
        if (proves_nothing(vrf, before)) {
            ++counts_["without proof"];
            abandon(vrf);
            lives_.at(name).recorded.reset();
        }
        counts_["proved by the copy"] += vrf.name_space == Owner::us && !vrf.record ? 1U : 0U;
        vrf.record = vrf.name_space == Owner::us || vrf.record;
        // Until it can be told what that is, nothing is known of it.
        vrf.unsettled = vrf.name_space == Owner::us && random_.chance(30);
        counts_["cannot be told yet"] += vrf.unsettled ? 1U : 0U;
        if (!vrf.unsettled) {
            settle(name);
        }
    }
}

// Both records are gone. Where neither a lock nor the file system would tell, that is one fault more than is promised.
bool Walk::proves_nothing(const topology::model::VrfWorld& vrf, const Life& life) const
{
    const bool unseen = std::any_of(world_.processes.begin(), world_.processes.end(), [&](const auto& entry) {
        const auto& process = entry.second;
        return process.owner == Owner::us && !process.locked && &world_.vrfs.at(process.vrf) == &vrf;
    });
    return vrf.name_space == Owner::us && !vrf.record && !life.record_copy && (tells_writers_ || !unseen);
}

void Walk::settle(const VrfName& name)
{
    auto& vrf = world_.vrfs[name];
    auto& life = lives_.at(name);
    vrf.process_id = life.recorded;
    if (vrf.name_space != Owner::us) {
        return;
    }
    const bool lives = runs(name);
    if (vrf.nameless && !world_.anybody_at_leases(name)) {
        vrf = {}; // with its last process the namespace has gone
        life.record_copy = false;
        life.recorded.reset();
        return;
    }
    if (!lives) {
        vrf.process_id.reset();
        end_strays(name);
    } else if (!world_.processes.at(*vrf.process_id).locked) {
        world_.processes.at(*vrf.process_id).hangs = true; // of no use (proof.hpp)
    }
    life.occupancy.inherited(lives, now_);
}

bool Walk::end_strays(const VrfName& name)
{
    const auto known = world_.vrfs[name].process_id;
    const auto gone = std::erase_if(world_.processes, [&](const auto& entry) {
        const auto& process = entry.second;
        return process.owner == Owner::us && process.vrf == name && entry.first != known && process.provable;
    });
    counts_["strays ended"] += gone;
    return std::none_of(world_.processes.begin(), world_.processes.end(), [&](const auto& entry) {
        return entry.second.owner == Owner::us && entry.second.vrf == name && entry.first != known;
    });
}

void Walk::abandon(topology::model::VrfWorld& vrf)
{
    vrf.name_space = Owner::somebody_else;
    vrf.nameless = false;
    vrf.slot.reset();
    for (auto& [id, process] : world_.processes) {
        if (process.owner == Owner::us && &world_.vrfs[process.vrf] == &vrf) {
            process.owner = Owner::somebody_else;
            process.at_leases = true;
        }
    }
    vrf.process_id.reset();
}

} // namespace keavrf::instance::model
