#include "orchestrator/reload_report.hpp"

namespace keavrf::orchestrator {

Complaint plain_complaint(const std::string& text)
{
    return {text, text};
}

void ReloadReport::add(const std::vector<Complaint>& complaints)
{
    for (const auto& [text, place] : complaints) {
        errors.push_back(text);
        places.push_back(place);
    }
}

} // namespace keavrf::orchestrator
