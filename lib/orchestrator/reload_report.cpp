#include "orchestrator/reload_report.hpp"

namespace keavrf::orchestrator {

Complaint plain_complaint(const std::string& text)
{
    return {text, text};
}

void ReloadReport::add(const std::vector<Complaint>& more)
{
    complaints.insert(complaints.end(), more.begin(), more.end());
}

} // namespace keavrf::orchestrator
