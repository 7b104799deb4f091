// The life of instances as a walk through random events: Machine and plan_instance() together, carried out in the model
// of the world that the plan's own property test has. Whatever happens on the way: never two Keas on one lease file,
// never an action on what is not ours, never a configuration told twice that was refused, or that has killed a Kea on
// trial. And when it has become quiet, everything is as desired.
#include "instance/machine.hpp"
#include "instance/trial.hpp"
#include "support/generator.hpp"
#include "topology/plan.hpp"
#include "unit/topology/world.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace keavrf;
using namespace keavrf::instance;
using test::Generator;
using topology::Desired;
using topology::DesiredInstance;
using topology::model::Owner;
using topology::model::World;

const std::vector<VrfName> names{VrfName("amber"), VrfName("blue"), VrfName("cyan")};
constexpr int interfaces = 4;
const std::string good = "good";
const std::string refused = "refused"; // Kea takes every configuration but this one
const std::string deadly = "deadly";   // a Kea that is told it dies
const std::vector<std::string> configurations{good, "better", refused};
const std::vector<std::string> tried{good, "better", refused, deadly};

using Counts = std::map<std::string, std::size_t>;

class Walk {
public:
    Walk(std::uint64_t seed, Counts& counts) : random_(seed), counts_(counts)
    {
        world_.hub = Owner::us;
        world_.hub_in_order = true;
        for (const auto& name : names) {
            lives_.emplace(name, Life{});
        }
        wish();
    }

    void stormy(unsigned turns)
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

    // Nothing more happens, nothing fails, and the operator has corrected what Kea refused. Empty: all is as desired.
    std::string calm()
    {
        failures_ = 0;
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
        for (const auto& rule : world_.broken_rules) {
            wrong += rule + "\n";
        }
        return wrong + complaints_;
    }

private:
    struct Life {
        Machine machine{Machine::TimePoint{1h}};
        Trial trial;
        std::string refused_last; // the configuration that Kea refused, until something has changed
        std::string taken;        // the last one it took; empty: none, or nobody knows any more
        bool killed = false;      // by what it was told on trial, until something else is told
        bool record_copy = false; // in the state folder
    };

    void wish()
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
    void tell_anew()
    {
        for (auto& [name, life] : lives_) {
            life.refused_last.clear();
            life.killed = false;
            life.trial.forget();
        }
    }

    // Other configurations, on trial: the first failure takes back all of them, a little late.
    void reload()
    {
        const auto before = desired_;
        tell_anew();
        for (auto& [name, instance] : desired_.instances) {
            if (instance.serve && random_.chance(60)) {
                const auto running = runs(name) ? world_.observe().instances[name].server : std::nullopt;
                instance.configuration_hash = random_.one_of(tried);
                lives_.at(name).trial.begin(running && running->configuration_hash != instance.configuration_hash);
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

    [[nodiscard]] bool runs(const VrfName& name) const
    {
        const auto vrf = world_.vrfs.find(name);
        return vrf != world_.vrfs.end() && vrf->second.process_id &&
               world_.processes.contains(*vrf->second.process_id) &&
               world_.processes.at(*vrf->second.process_id).owner == Owner::us;
    }

    void happen()
    {
        const auto& name = random_.one_of(names);
        auto& vrf = world_.vrfs[name];
        const bool runs = this->runs(name);
        switch (random_.below(11)) {
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
                world_.processes.erase(*vrf.process_id);
                if (lives_.at(name).taken.empty()) {
                    lives_.at(name).refused_last.clear();
                }
                died(name, std::chrono::milliseconds(1 + random_.below(100'000)));
            }
        }
    }

    // keavrfd is killed and started again: it goes on with what a record proves, and with nothing else. The folders may
    // have been wiped right before, so that it had no time to write a record again.
    void begin_again()
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
            const auto copy = lives_.at(name).record_copy;
            const auto taken = vrf.record ? lives_.at(name).taken : "";
            lives_.at(name) = Life{};
            lives_.at(name).record_copy = copy;
            lives_.at(name).taken = taken;
            vrf.uplink.reset();
            vrf.ports.clear();
            if (vrf.name_space == Owner::us && !vrf.record && !copy) {
                ++counts_["without proof"];
                abandon(vrf);
            }
            counts_["proved by the copy"] += vrf.name_space == Owner::us && !vrf.record ? 1U : 0U;
            vrf.record = vrf.name_space == Owner::us || vrf.record;
        }
    }

    // Nobody's by all we know, though it was ours.
    void abandon(topology::model::VrfWorld& vrf)
    {
        vrf.name_space = Owner::somebody_else;
        vrf.nameless = false;
        vrf.slot.reset();
        if (vrf.process_id && world_.processes.contains(*vrf.process_id)) {
            world_.processes.at(*vrf.process_id).owner = Owner::somebody_else;
        }
        vrf.process_id.reset();
    }

    // Kea refuses what is wanted, and there is one that it took.
    [[nodiscard]] bool falls_back(const VrfName& name) const
    {
        const auto& life = lives_.at(name);
        const auto wanted = desired_.instances.find(name);
        return wanted != desired_.instances.end() && life.machine.refused(wanted->second.configuration_hash) &&
               !life.taken.empty() && life.taken != wanted->second.configuration_hash;
    }

    // With the configuration that Kea is to be told, which may be the last it took.
    [[nodiscard]] Desired to_run(const VrfName& name) const
    {
        auto desired = desired_;
        if (falls_back(name)) {
            desired.instances.at(name).configuration_hash = lives_.at(name).taken;
        }
        return desired;
    }

    // An action, of Kea's or another.
    void fail(const VrfName& name, Failure failure, bool of_kea)
    {
        auto& life = lives_.at(name);
        const auto seen = life.trial.failed(failure, of_kea, "failed");
        life.machine.failed(seen, "failed", 0ms, 0.5, now_);
    }
    void died(const VrfName& name, std::chrono::milliseconds ran)
    {
        lives_.at(name).machine.failed(Failure::transient, "died", ran, 0.5, now_);
    }

    topology::Plan plan_of(const VrfName& name)
    {
        const auto to_be = to_run(name);
        const auto wanted = to_be.instances.find(name);
        const auto* desired = wanted != to_be.instances.end() ? &wanted->second : nullptr;
        const auto observed = world_.observe().instances[name];
        const auto place = std::find(names.begin(), names.end(), name) - names.begin();
        return topology::plan_instance(name, desired, observed, Slot{static_cast<std::uint32_t>(place)});
    }

    void all_turns()
    {
        // As the orchestrator's update(): what another VRF is to open is let go first.
        for (const auto& name : names) {
            for (const auto& action : plan_of(name)) {
                if (std::holds_alternative<topology::ClosePort>(action)) {
                    world_.carry_out(action, desired_);
                }
            }
        }
        for (const auto& name : names) {
            turn(name);
        }
    }

    void turn(const VrfName& name)
    {
        auto& life = lives_.at(name);
        const auto wanted = desired_.instances.find(name);
        Situation seen;
        seen.now = now_;
        seen.wanted = wanted != desired_.instances.end();
        seen.serve = seen.wanted && wanted->second.serve;
        seen.configuration_hash = seen.wanted ? wanted->second.configuration_hash : "";
        seen.falls_back = falls_back(name);
        seen.trial_failed = life.trial.failure().has_value();
        seen.plan = plan_of(name);
        counts_["falls back"] += seen.falls_back ? 1U : 0U;
        const auto& vrf = world_.vrfs[name];
        seen.server_running = vrf.process_id && world_.processes.contains(*vrf.process_id);
        seen.open_ports = vrf.ports.size();
        const auto step = life.machine.next(seen);
        ++counts_["state " + std::string(name_of(life.machine.state()))];
        if (step.finished) {
            life = Life{};
            return;
        }
        bool acted = false;
        bool to_come = false;
        for (const auto& action : seen.plan) {
            const bool may = step.allow == Allow::all || undoes(action);
            to_come = to_come || of_kea(action);
            if (may && !std::holds_alternative<topology::Refuse>(action)) {
                acted = true;
                if (!carry_out(name, action)) {
                    break;
                }
            }
        }
        // As Instance::judge_trial().
        if (!acted && life.trial.outstanding() && !(to_come && life.machine.state() == State::backoff)) {
            life.trial.end();
        }
    }

    static bool of_kea(const topology::Action& action)
    {
        return std::holds_alternative<topology::StartServer>(action) ||
               std::holds_alternative<topology::ReloadServer>(action);
    }

    // It dies over it, whether it ran before or was started with it.
    bool kill_by(const VrfName& name)
    {
        auto& life = lives_.at(name);
        complaints_ += life.killed ? name.str() + ": told again what has killed it\n" : "";
        const auto& vrf = world_.vrfs[name];
        const bool ran = runs(name);
        if (ran) {
            world_.processes.erase(*vrf.process_id);
        }
        fail(name, Failure::transient, true);
        life.killed = life.trial.failure().has_value();
        counts_["killed on trial"] += life.killed ? 1U : 0U;
        if (ran) {
            died(name, 90s);
        }
        return false;
    }

    bool carry_out(const VrfName& name, const topology::Action& action)
    {
        const bool tells = of_kea(action);
        auto& life = lives_.at(name);
        const auto to_be = to_run(name);
        if (tells && to_be.instances.at(name).configuration_hash == refused) {
            complaints_ += life.refused_last == refused ? name.str() + ": told again what was refused\n" : "";
            life.refused_last = refused;
            fail(name, Failure::rejected, true);
            ++counts_["rejections"];
            return false;
        }
        if (tells && to_be.instances.at(name).configuration_hash == deadly) {
            return kill_by(name);
        }
        if (random_.chance(failures_) && !std::holds_alternative<topology::ClosePort>(action)) {
            ++counts_["failures"];
            fail(name, Failure::transient, tells);
            return false;
        }
        world_.carry_out(action, to_be);
        ++counts_[std::string(topology::kind_of(action))];
        if (tells) {
            life.taken = to_be.instances.at(name).configuration_hash;
            counts_["told what it took before"] += falls_back(name) ? 1U : 0U;
        }
        if (std::holds_alternative<topology::CreateNamespace>(action) ||
            std::holds_alternative<topology::WriteRecord>(action)) {
            life.record_copy = true;
        } else if (std::holds_alternative<topology::ForgetRecord>(action)) {
            life.record_copy = false;
        }
        return true;
    }

    Generator random_;
    Counts& counts_;
    World world_;
    Desired desired_;
    std::map<VrfName, Life> lives_;
    Machine::TimePoint now_{1h};
    unsigned failures_ = 0;
    std::string complaints_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(instance_model)

BOOST_AUTO_TEST_CASE(whatever_happens_on_the_way_it_ends_as_desired)
{
    constexpr std::uint64_t walks = 3'000;
    Counts counts;
    for (std::uint64_t seed = 0; seed < walks; ++seed) {
        Walk walk(seed, counts);
        walk.stormy(40);
        const auto wrong = walk.calm();
        if (!wrong.empty()) {
            BOOST_FAIL("seed " << seed << ":\n" << wrong);
        }
    }
    for (const auto* what : {"state waiting",
                             "state preparing",
                             "state starting",
                             "state serving",
                             "state backoff",
                             "state rejected",
                             "state refused",
                             "state stopping",
                             "rejections",
                             "failures",
                             "stop-server",
                             "repair-pair",
                             "name-namespace",
                             "write-record",
                             "forget-server",
                             "reload-server",
                             "remove-namespace",
                             "falls back",
                             "told what it took before",
                             "tried",
                             "taken back",
                             "killed on trial",
                             "runtime folder wiped",
                             "killed",
                             "without proof",
                             "proved by the copy"}) {
        BOOST_TEST(counts[what] >= 500U, what << " occurred " << counts[what] << " times");
    }
}

BOOST_AUTO_TEST_SUITE_END()
