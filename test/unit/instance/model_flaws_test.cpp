// The walk of model_test.cpp must be able to fail: a machine that is broken in one way is noticed, by the rule that it
// breaks.
#include "unit/instance/walk.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>
#include <vector>

using namespace keavrf::instance;
using keavrf::instance::model::Counts;
using keavrf::instance::model::Flaw;
using keavrf::instance::model::Walk;
namespace topology = keavrf::topology;

namespace {

template <class Unwanted>
void leave_out(topology::Plan& plan)
{
    std::erase_if(plan, [](const topology::Action& action) { return std::holds_alternative<Unwanted>(action); });
}

void forgets_what_was_refused(Machine& machine, Situation& seen, Step&)
{
    if (machine.refused(seen.configuration_hash)) {
        machine.retry_now();
    }
}

void tells_kea_all_the_same(Machine& machine, Situation&, Step& step)
{
    step.allow = machine.refused_configuration() ? Allow::all : step.allow;
}

void starts_a_kea_where_one_is_left(Machine&, Situation& seen, Step&)
{
    leave_out<topology::StopServer>(seen.plan);
}

void signals_whatever_is_on_record(Machine&, Situation& seen, Step&)
{
    for (auto& action : seen.plan) {
        if (const auto* forget = std::get_if<topology::ForgetServer>(&action)) {
            action = topology::StopServer{forget->vrf, forget->pid};
        }
    }
}

void removes_what_stands_in_the_way(Machine&, Situation& seen, Step&)
{
    for (auto& action : seen.plan) {
        if (const auto* refusal = std::get_if<topology::Refuse>(&action)) {
            action = topology::RemoveNamespace{refusal->vrf};
        }
    }
}

void stops_moving(Machine&, Situation&, Step& step)
{
    step.allow = Allow::none;
}

void builds_nothing(Machine&, Situation&, Step& step)
{
    step.allow = step.allow == Allow::all ? Allow::undo : step.allow;
}

void goes_before_all_is_undone(Machine&, Situation& seen, Step& step)
{
    step.finished = !seen.wanted;
}

void never_goes(Machine&, Situation&, Step& step)
{
    step.finished = false;
}

// After its first failure it builds nothing more.
Flaw gives_up()
{
    return [given_up = std::set<const Machine*>()](Machine& machine, Situation&, Step& step) mutable {
        if (machine.state() == State::backoff) {
            given_up.insert(&machine);
        }
        step.allow = given_up.contains(&machine) && step.allow == Allow::all ? Allow::undo : step.allow;
    };
}

struct Broken {
    const char* how;
    Flaw flaw;
    const char* noticed_by;
};

// What the walk of one seed finds wrong with it.
std::string found(std::uint64_t seed, const Flaw& flaw)
{
    Counts counts;
    Walk walk(seed, counts, flaw);
    walk.stormy(40);
    return walk.calm();
}

} // namespace

BOOST_AUTO_TEST_SUITE(instance_model)

BOOST_AUTO_TEST_CASE(a_broken_machine_is_noticed_by_the_rule_that_it_breaks)
{
    constexpr std::uint64_t walks = 100;
    const std::vector<Broken> broken{
        {"forgets what was refused", forgets_what_was_refused, "told again what was refused"},
        {"tells Kea all the same", tells_kea_all_the_same, "told again what was refused"},
        {"starts a Kea where one is left", starts_a_kea_where_one_is_left, "a second server on one lease file"},
        {"signals whatever is on record", signals_whatever_is_on_record, "there is no such process"},
        {"removes what stands in the way", removes_what_stands_in_the_way, "the namespace is not ours"},
        {"stops moving", stops_moving, "wrong:"},
        {"builds nothing", builds_nothing, "wrong:"},
        {"gives up", gives_up(), "wrong:"},
        {"goes before all is undone", goes_before_all_is_undone, "left:"},
        {"never goes", never_goes, "is still on its way out"},
    };
    for (const auto& [how, flaw, noticed_by] : broken) {
        std::uint64_t noticed = 0;
        std::string last;
        for (std::uint64_t seed = 0; seed < walks; ++seed) {
            const auto wrong = found(seed, flaw);
            noticed += wrong.find(noticed_by) != std::string::npos ? 1U : 0U;
            last = wrong.empty() ? last : wrong;
        }
        BOOST_TEST(noticed > 0U, "a machine that " << how << " is not noticed by \"" << noticed_by << "\", but:\n"
                                                   << last);
        BOOST_TEST_MESSAGE(how << ": noticed in " << noticed << " of " << walks << " walks");
    }
}

BOOST_AUTO_TEST_SUITE_END()
