#include "unit/growth/subject.hpp"

namespace keavrf::growth {

std::vector<Subject> all_subjects()
{
    std::vector<Subject> all;
    for (const auto subjects_of : {configuration_subjects, topology_subjects, planning_subjects, serving_subjects}) {
        const auto subjects = subjects_of();
        all.insert(all.end(), subjects.begin(), subjects.end());
    }
    return all;
}

} // namespace keavrf::growth
