#include "config/report.hpp"

#include "config/load.hpp"
#include "config/words.hpp"

#include <algorithm>

namespace keavrf::config {

namespace {

// More than are told, so that those told are the first of the file and not the first that were found.
constexpr std::size_t most_kept = 20 * max_diagnostics;

bool plain(std::string_view key)
{
    return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

} // namespace

std::string Diagnostic::text() const
{
    std::string text = mark.file;
    if (mark.line > 0) {
        text += ':' + std::to_string(mark.line) + ':' + std::to_string(mark.column);
    }
    for (const auto& part : {path, problem}) {
        if (!part.empty()) {
            text += (text.empty() ? "" : ": ") + part;
        }
    }
    return text;
}

Path Path::operator/(std::string_view key) const
{
    Path path = *this;
    path.text_ += (text_.empty() ? "" : ".") + (plain(key) ? std::string(key) : quoted(key));
    return path;
}

Path Path::operator[](std::size_t index) const
{
    Path path = *this;
    path.text_ += '[' + std::to_string(index) + ']';
    return path;
}

void Report::error(const Origin& where, const Path& path, std::string problem)
{
    add(errors_, where, path, std::move(problem));
}

void Report::warning(const Origin& where, const Path& path, std::string problem)
{
    add(warnings_, where, path, std::move(problem));
}

void Report::add(List& list, const Origin& where, const Path& path, std::string problem)
{
    if (list.kept.size() >= most_kept) {
        ++list.dropped;
        return;
    }
    auto mark = where.mark();
    if (list.seen.emplace(mark.file, mark.line, mark.column, problem).second) {
        list.kept.push_back(Diagnostic{std::move(mark), path.str(), std::move(problem)});
    }
}

std::vector<Diagnostic> Report::sorted(const List& list, std::string_view what) const
{
    auto result = list.kept;
    const auto place = [&](const Diagnostic& diagnostic) {
        const auto& mark = diagnostic.mark;
        return std::make_tuple(mark.file != main_file_, mark.file, mark.line, mark.column);
    };
    std::stable_sort(result.begin(), result.end(),
                     [&](const Diagnostic& left, const Diagnostic& right) { return place(left) < place(right); });
    if (result.size() > max_diagnostics) {
        const auto more = result.size() - max_diagnostics + list.dropped;
        result.resize(max_diagnostics);
        result.push_back(Diagnostic{Mark{main_file_, 0, 0}, "",
                                    std::to_string(more) + " more " + std::string(what) + " are not shown"});
    }
    return result;
}

} // namespace keavrf::config
