// tshark as a judge of what was recorded: a packet that it calls malformed, whose checksum is wrong, or of which it has
// a warning or an error to tell, is a fault of ours, but for those of judge.cpp's list, each with its reason.
//
//   BOOST_TEST_GLOBAL_FIXTURE(Judge);   // after Isolation: everything that the program's tests let through
#pragma once

#include "support/recording.hpp"

#include <string>
#include <vector>

namespace keavrf::test {

struct Finding {
    RecordedFrame frame;
    std::string what;
};

// One run of tshark, in a sandbox. Fails the test where tshark is blind: each run holds a broken frame of its own,
// which has to be found.
std::vector<Finding> judge(const std::vector<RecordedFrame>& frames);

// Each kind of finding once, as an error of the running test, with the bytes of one packet and how many there are.
void report(std::vector<Finding> findings);

// Records while tests run, and at the end of the program reports each finding as an error.
class Judge {
public:
    Judge() { recordings::start(); }
    static void setup() {}
    static void teardown();
};

} // namespace keavrf::test
