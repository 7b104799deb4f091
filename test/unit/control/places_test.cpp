#include "control/places.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using namespace keavrf::control;
using TimePoint = std::chrono::steady_clock::time_point;

Occupant idle(int since, bool root = false)
{
    return {root, TimePoint(std::chrono::seconds(since))};
}

Occupant busy(bool root = false)
{
    return {root, std::nullopt};
}

constexpr int nobody = -1;
constexpr int refused = -2;

struct Case {
    const char* what;
    std::vector<Occupant> occupants;
    bool root;
    int gives_way; // or one of the above
};

} // namespace

BOOST_AUTO_TEST_SUITE(places)

BOOST_AUTO_TEST_CASE(the_one_that_has_been_idle_for_longest_goes_and_root_is_never_kept_out)
{
    const std::vector<Case> cases{
        {"there is room", {busy(), idle(1)}, false, nobody},
        {"idle for longest", {idle(5), idle(3), idle(4)}, false, 1},
        {"not one that is served", {busy(), idle(9), busy()}, false, 1},
        {"all are served", {busy(), busy(), busy()}, false, refused},
        {"root has places besides", {busy(), busy(), busy()}, true, nobody},
        {"which others never get", {busy(), busy(), busy(true), busy(true)}, false, refused},
        {"and which are few", {busy(), busy(), busy(), busy(true)}, true, refused},
        {"root's goes for root's", {busy(), busy(), busy(), idle(1, true)}, true, 3},
        {"root's does not go for others'", {idle(1, true), busy(), idle(2)}, false, 2},
        {"also where there is no other", {idle(1, true), busy(), busy()}, false, refused},
        {"others' goes before root's", {idle(1, true), busy(), idle(2)}, true, 2},
    };
    for (const auto& [what, occupants, root, gives_way] : cases) {
        const auto admission = admit(occupants, root, {3, 1});
        BOOST_TEST(admission.admitted == (gives_way != refused), what);
        const int found = admission.gives_way ? static_cast<int>(*admission.gives_way) : nobody;
        BOOST_TEST(found == (gives_way == refused ? nobody : gives_way), what);
    }
}

BOOST_AUTO_TEST_SUITE_END()
