#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>

namespace keavrf::config::test {

namespace {

Lines texts(const std::vector<Diagnostic>& diagnostics)
{
    static constexpr std::string_view file = "c.yaml:";
    Lines lines;
    for (const auto& diagnostic : diagnostics) {
        auto text = diagnostic.text();
        lines.push_back(text.starts_with(file) ? text.substr(file.size()) : text);
    }
    return lines;
}

std::string joined(const Lines& lines)
{
    std::string text;
    for (const auto& line : lines) {
        text += line + '\n';
    }
    return text;
}

} // namespace

LoadResult load(std::string_view text, const Files& files)
{
    return load_text(text, "c.yaml", [&](const std::string& path) -> Result<std::string> {
        const auto found = files.find(path);
        if (found == files.end()) {
            return Error::from_errno("there is no " + path, ENOENT);
        }
        return success(found->second);
    });
}

Lines errors(std::string_view text, const Files& files)
{
    const auto result = load(text, files);
    BOOST_TEST(result.settings.has_value() == result.errors.empty());
    return texts(result.errors);
}

Lines warnings(std::string_view text, const Files& files)
{
    return texts(load(text, files).warnings);
}

Settings settings(std::string_view text, const Files& files)
{
    auto result = load(text, files);
    BOOST_TEST_REQUIRE(result.settings.has_value(), joined(texts(result.errors)));
    return std::move(*result.settings);
}

void check_errors(const std::vector<Case>& cases, const Files& files)
{
    for (const auto& [text, expected] : cases) {
        BOOST_TEST_CONTEXT("text:\n" << text)
        {
            BOOST_TEST(joined(errors(text, files)) == joined(expected));
        }
    }
}

} // namespace keavrf::config::test
