// Runs under `valgrind --tool=callgrind --instr-atstart=no`: counts each subject for COUNT and for four times as many,
// and has callgrind write each count into a file of its own, whose trigger says what was counted.
#include "unit/growth/subject.hpp"

#include <cstdlib>
#include <string>
#include <valgrind/callgrind.h>

namespace {

void count(const keavrf::growth::Subject& subject, int how_many)
{
    const auto work = subject.prepare(how_many);
    work(); // what is made once and kept does not count
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
    work();
    const auto what = std::to_string(how_many) + ' ' + std::string(subject.name);
    CALLGRIND_DUMP_STATS_AT(what.c_str());
    CALLGRIND_STOP_INSTRUMENTATION;
}

} // namespace

int main(int argc, char** argv)
{
    const int least = argc == 2 ? std::atoi(argv[1]) : 0;
    if (least <= 0) {
        return 2;
    }
    for (const auto& subject : keavrf::growth::all_subjects()) {
        count(subject, least);
        count(subject, 4 * least);
    }
    return 0;
}
