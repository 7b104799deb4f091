#include "kea/lease_work.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace keavrf::kea {

namespace json = boost::json;

namespace {

json::object to_json(const LeaseFinding& finding)
{
    json::array lines;
    for (const auto& line : finding.examples) {
        lines.push_back(json::array{line.number, line.text});
    }
    return {{"path", finding.path},
            {"separated", finding.separated},
            {"torn", finding.torn},
            {"ghosts", finding.ghosts},
            {"damaged", finding.damaged},
            {"mended", finding.mended},
            {"unreadable", finding.unreadable},
            {"lines", std::move(lines)},
            {"unseen", finding.unseen},
            {"zeroed", finding.zeroed}};
}

// Throws where there is no such key, or another type.
std::uint64_t number(const json::value& value)
{
    return value.to_number<std::uint64_t>();
}

std::string text(const json::value& value)
{
    return std::string(value.as_string().c_str(), value.as_string().size());
}

LeaseFinding finding_of(const json::object& object)
{
    LeaseFinding finding;
    finding.path = text(object.at("path"));
    finding.separated = number(object.at("separated"));
    finding.torn = number(object.at("torn"));
    finding.ghosts = number(object.at("ghosts"));
    finding.damaged = object.at("damaged").as_bool();
    finding.mended = object.at("mended").as_bool();
    finding.unreadable = number(object.at("unreadable"));
    finding.unseen = text(object.at("unseen"));
    finding.zeroed = number(object.at("zeroed"));
    for (const auto& line : object.at("lines").as_array()) {
        finding.examples.push_back({number(line.as_array().at(0)), text(line.as_array().at(1))});
    }
    return finding;
}

} // namespace

std::string to_text(const LeaseFindings& findings)
{
    json::array files;
    for (const auto& finding : findings.files) {
        files.push_back(to_json(finding));
    }
    const json::object whole{{"files", std::move(files)},
                             {"failure", findings.failure},
                             {"in-use", findings.in_use},
                             {"in-place", findings.recalled.in_place},
                             {"merged", findings.recalled.merged},
                             {"outdated", findings.recalled.outdated},
                             {"set-aside", findings.recalled.set_aside},
                             {"copy-knows-more", findings.copy_knows_more}};
    return json::serialize(whole);
}

Result<LeaseFindings> parse_findings(std::string_view said)
{
    // A line that is no lease may hold any bytes.
    json::parse_options options;
    options.allow_invalid_utf8 = true;
    try {
        const auto value = json::parse(said, {}, options);
        LeaseFindings findings;
        for (const auto& file : value.as_object().at("files").as_array()) {
            findings.files.push_back(finding_of(file.as_object()));
        }
        findings.failure = text(value.as_object().at("failure"));
        findings.in_use = value.as_object().at("in-use").as_bool();
        findings.recalled.in_place = value.as_object().at("in-place").as_bool();
        findings.recalled.merged = value.as_object().at("merged").as_bool();
        findings.recalled.outdated = value.as_object().at("outdated").as_bool();
        findings.copy_knows_more = value.as_object().at("copy-knows-more").as_bool();
        findings.recalled.set_aside = text(value.as_object().at("set-aside"));
        return findings;
    } catch (const std::exception&) {
        return Error("what the reader of the lease file said cannot be understood");
    }
}

} // namespace keavrf::kea
