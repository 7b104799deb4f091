#include "instance/health.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using keavrf::instance::Health;

const Health::TimePoint start{1h};

// A Kea, and what it does in a given second of its life.
struct Kea {
    std::function<bool(int second)> answers_probes = [](int) { return true; };
    std::function<bool(int second)> answers_channel = [](int) { return true; };
    std::function<bool(int second)> sends_other = [](int) { return false; };
    std::function<bool(int second)> reloads = [](int) { return false; };
    std::function<bool(int second)> others_silent = [](int) { return false; };
    std::optional<int> spared_until = {};
};

struct Life {
    std::string events; // "P2 C7 fell-back4 hung9": probe and channel by the second, what became of them
    int hung_at = -1;
    int probes = 0;
};

Life live(const Kea& kea, int seconds, std::chrono::seconds interval = 5s, bool proved = false)
{
    Life life;
    const auto spared =
        kea.spared_until ? std::optional(start + std::chrono::seconds(*kea.spared_until)) : std::nullopt;
    Health health(start, interval, proved, spared);
    Health::Heard heard;
    auto now = start;
    while (now < start + std::chrono::seconds(seconds) && life.hung_at < 0) {
        const int second = static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(now - start).count());
        heard.reloading = kea.reloads(second);
        heard.others_silent = kea.others_silent(second);
        if (kea.sends_other(second)) {
            heard.any = now;
        }
        const auto step = health.next(now, heard);
        const auto note = [&](bool is_so, const std::string& what) {
            life.events += is_so ? (life.events.empty() ? "" : " ") + what + std::to_string(second) : "";
        };
        note(step.fell_back, "fell-back");
        note(step.send_probe, "P");
        note(step.ask_channel && !step.send_probe, "C"); // beside a probe it is asked after each miss
        note(step.path_broken, "path");
        note(step.hung, step.deaf ? "deaf" : "hung");
        life.probes += step.send_probe ? 1 : 0;
        life.hung_at = step.hung ? second : life.hung_at;
        if (step.send_probe && kea.answers_probes(second)) {
            heard.probe = heard.any = now + 1ms;
        }
        if (step.ask_channel && kea.answers_channel(second)) {
            heard.channel = now + 1ms;
        }
        BOOST_REQUIRE(step.wake > now);
        now = step.wake;
    }
    return life;
}

const auto never = [](int) { return false; };
const auto until = [](int end) { return [end](int second) { return second < end; }; };

struct Case {
    const char* name;
    Kea kea;
    std::string events;
};

const std::vector<Case> cases{
    {"a healthy one is asked every five seconds", {}, "P0 P5 P10 P15"},
    {"one that stops is hung after three misses a second apart",
     {.answers_probes = until(5), .answers_channel = never},
     "P0 P5 P6 P7 hung8"},
    {"one that misses two and comes back is well",
     {.answers_probes = [](int second) { return second < 5 || second > 6; }},
     "P0 P5 P6 P7 P12 P17"},
    {"one that answers others is not hung, whatever becomes of probes",
     {.answers_probes = until(1), .sends_other = [](int) { return true; }},
     "P0 P5 P6 P7 P8 P9 P10 P11 P12 P13 P14 P15 P16 P17 P18 P19"},
    {"a configuration that answers no probe is told by the first three, and the channel is asked",
     {.answers_probes = never},
     "P0 P1 P2 fell-back3 C3 C8 C13 C18"},
    {"and then hung when the channel is silent",
     {.answers_probes = never, .answers_channel = until(8)},
     "P0 P1 P2 fell-back3 C3 C8 C9 C10 hung11"},
    {"one that is deaf from the beginning in every way",
     {.answers_probes = never, .answers_channel = never},
     "P0 P1 P2 fell-back3 C3 C4 C5 hung6"},
    {"nothing is held against one that reloads",
     {.answers_probes = [](int second) { return second < 5 || second > 9; },
      .reloads = [](int second) { return second >= 6 && second < 10; }},
     "P0 P5 P10 P15"},
    {"misses before a reload do not count after it",
     {.answers_probes = until(5), .reloads = [](int second) { return second == 7; }},
     "P0 P5 P6 P8 P9 P10 deaf11"},
    {"one that is deaf, but for its channel, is replaced", {.answers_probes = until(5)}, "P0 P5 P6 P7 deaf8"},
    {"where the others are silent too, it is not to blame, and is asked on",
     {.answers_probes = [](int second) { return second < 5 || second > 20; },
      .others_silent = [](int second) { return second > 5; }},
     "P0 P5 P6 P7 path8 P13 P14 P15 path16"},
    {"nor where the channel is silent as well",
     {.answers_probes = until(5), .answers_channel = until(5), .others_silent = [](int) { return true; }},
     "P0 P5 P6 P7 hung8"},
    {"until the others are heard again",
     {.answers_probes = until(5), .others_silent = until(10)},
     "P0 P5 P6 P7 path8 P13 P14 P15 deaf16"},
    {"one whose predecessor was replaced in vain is spared for a while",
     {.answers_probes = never, .spared_until = 9},
     "P0 P1 P2 path3 P8 P9 P10 deaf11"},
    {"and well when it answers",
     {.answers_probes = [](int second) { return second > 7; }, .spared_until = 9},
     "P0 P1 P2 path3 P8 P13 P18"},
    {"but not when it does not answer its channel either",
     {.answers_probes = never, .answers_channel = never, .spared_until = 9},
     "P0 P1 P2 hung3"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(instance_health)

BOOST_AUTO_TEST_CASE(says_when_to_ask_and_what_silence_means)
{
    for (const auto& one : cases) {
        const auto life = live(one.kea, 20);
        BOOST_TEST(life.events == one.events, one.name << ": " << life.events);
    }
}

BOOST_AUTO_TEST_CASE(a_kea_that_stops_at_any_time_is_found_within_nine_seconds)
{
    for (int stops = 1; stops < 20; ++stops) {
        Kea kea;
        kea.answers_probes = until(stops);
        kea.answers_channel = until(stops);
        const auto life = live(kea, 60);
        BOOST_TEST(life.hung_at > stops);
        BOOST_TEST(life.hung_at - stops <= 9);
    }
}

BOOST_AUTO_TEST_CASE(keavrfd_that_did_not_run_itself_blames_nobody)
{
    Health health(start, 5s);
    Health::Heard heard;
    BOOST_TEST(health.next(start, heard).send_probe);
    heard.probe = heard.any = start + 1ms;
    auto now = health.next(start + 1s, heard).wake;
    for (int round = 0; round < 10; ++round) {
        now += 30s; // stopped, or a machine that was asleep
        const auto step = health.next(now, heard);
        BOOST_TEST(!step.hung);
        BOOST_TEST(step.send_probe);
        now = step.wake;
    }
}

BOOST_AUTO_TEST_CASE(a_short_interval_is_kept)
{
    BOOST_TEST(live({}, 10, 1s).events == "P0 P1 P2 P3 P4 P5 P6 P7 P8 P9");
}

BOOST_AUTO_TEST_CASE(one_that_was_known_to_answer_and_is_deaf_when_it_is_inherited_hangs)
{
    Kea deaf;
    deaf.answers_probes = [](int) { return false; };
    BOOST_TEST(live(deaf, 20, 5s, true).events == "P0 P1 P2 deaf3");
    BOOST_TEST(live(deaf, 20, 5s, false).hung_at < 0, "its configuration may be such");
}

BOOST_AUTO_TEST_CASE(another_interval_holds_at_once)
{
    Health health(start, 60s, true);
    Health::Heard heard;
    BOOST_TEST(health.next(start, heard).send_probe);
    heard.probe = start + 1ms;
    const auto rest = health.next(start + 1s, heard);
    BOOST_TEST((rest.wake == start + 60s));
    health.set_interval(start + 2s, 200ms);
    const auto soon = health.next(start + 2s, heard);
    BOOST_TEST((soon.wake == start + 2200ms));
    BOOST_TEST(health.next(soon.wake, heard).send_probe);
    health.set_interval(soon.wake, 60s);
    BOOST_TEST((health.next(soon.wake + 1ms, heard).wake == soon.wake + 200ms), "what is under way has its time");
}

BOOST_AUTO_TEST_CASE(one_is_asked_soon_when_another_is_suspected)
{
    Health health(start, 5s, true);
    Health::Heard heard;
    BOOST_TEST(health.next(start, heard).send_probe);
    heard.probe = start + 1ms;
    BOOST_TEST(!health.next(start + 1s, heard).send_probe);
    heard.suspicion = start + 2s;
    BOOST_TEST(health.next(start + 2s, heard).send_probe);
    heard.probe = start + 2001ms;
    const auto step = health.next(start + 3s, heard);
    BOOST_TEST(!step.send_probe, "once");
    BOOST_TEST((step.wake == start + 7s));
}

BOOST_AUTO_TEST_CASE(tells_since_when_a_kea_has_been_silent)
{
    Health health(start, 5s, true);
    Health::Heard heard;
    health.next(start, heard);
    BOOST_TEST(!health.silent_since());
    health.next(start + 1s, heard);
    BOOST_TEST((health.silent_since() == start));
    health.next(start + 2s, heard);
    BOOST_TEST((health.silent_since() == start));
    heard.probe = start + 2s + 1ms;
    health.next(start + 3s, heard);
    BOOST_TEST(!health.silent_since());
}

BOOST_AUTO_TEST_SUITE_END()
