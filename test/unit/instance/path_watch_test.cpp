#include "instance/path_watch.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

namespace {

using namespace std::chrono_literals;
using keavrf::VrfName;
using keavrf::instance::PathWatch;

const PathWatch::TimePoint start{1h};

struct Watched : PathWatch {
    void add(const std::string& vrf)
    {
        join(VrfName(vrf), [this, vrf] { asked_soon.insert(vrf); });
    }
    std::set<std::string> asked_soon;
};

} // namespace

BOOST_AUTO_TEST_SUITE(path_watch)

BOOST_AUTO_TEST_CASE(the_others_are_silent_where_one_was_asked_and_none_answered)
{
    struct Case {
        const char* what;
        std::chrono::seconds asked; // since the suspicion
        std::chrono::seconds answered;
        bool silent;
    };
    for (const auto& [what, asked, answered, silent] :
         {Case{"it answers", 1s, 1s, false}, Case{"it was asked and is silent", 1s, -1s, true},
          Case{"it was not asked since", -2s, -2s, false}, Case{"it answers something else", -2s, 1s, false}}) {
        Watched paths;
        paths.add("red");
        paths.add("blue");
        paths.asked(VrfName("red"), start + 3s); // oneself is no witness
        paths.answered(VrfName("red"), start + 3s);
        paths.asked(VrfName("blue"), start + asked);
        paths.answered(VrfName("blue"), start + answered);
        paths.answered(VrfName("blue"), std::nullopt);
        BOOST_TEST(paths.others_silent_since(VrfName("red"), start) == silent, what);
    }
}

BOOST_AUTO_TEST_CASE(who_is_alone_has_no_witness)
{
    Watched paths;
    BOOST_TEST(!paths.others_silent_since(VrfName("red"), start));
    paths.suspect(VrfName("red"));
    paths.add("red");
    paths.add("blue");
    paths.asked(VrfName("blue"), start);
    BOOST_TEST(paths.others_silent_since(VrfName("red"), start));
    paths.leave(VrfName("blue"));
    BOOST_TEST(!paths.others_silent_since(VrfName("red"), start));
    paths.suspect(VrfName("red"));
    BOOST_TEST(paths.asked_soon.empty());
}

BOOST_AUTO_TEST_CASE(one_whose_path_is_broken_is_a_witness_without_being_asked_again)
{
    Watched paths;
    paths.add("red");
    paths.add("blue");
    paths.answered(VrfName("blue"), start - 9s);
    paths.hold_broken(VrfName("blue"));
    paths.answered(VrfName("blue"), start - 9s); // no news
    BOOST_TEST(paths.others_silent_since(VrfName("red"), start));
    paths.answered(VrfName("blue"), start - 1s);
    BOOST_TEST(!paths.others_silent_since(VrfName("red"), start));
    paths.hold_broken(VrfName("green"));
}

BOOST_AUTO_TEST_CASE(some_of_the_others_are_asked_and_not_all)
{
    Watched paths;
    for (int number = 10; number < 50; ++number) {
        paths.add(std::to_string(number));
    }
    for (const int who : {10, 30, 47, 49}) {
        paths.asked_soon.clear();
        paths.suspect(VrfName(std::to_string(who)));
        BOOST_TEST(paths.asked_soon.size() == PathWatch::witnesses);
        BOOST_TEST(!paths.asked_soon.contains(std::to_string(who)));
    }
}

BOOST_AUTO_TEST_CASE(what_is_common_is_told_once)
{
    PathWatch paths;
    BOOST_TEST(!paths.note_mended());
    BOOST_TEST(paths.note_broken());
    BOOST_TEST(!paths.note_broken());
    BOOST_TEST(paths.note_mended());
    BOOST_TEST(!paths.note_mended());
}

BOOST_AUTO_TEST_SUITE_END()
