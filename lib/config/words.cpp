#include "config/words.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace keavrf::config {

namespace {

constexpr std::size_t longest_quote = 80;
constexpr std::size_t longest_word = 40;

// Optimal string alignment distance.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::vector<std::size_t>> rows(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                rows[i][j] = i + j;
                continue;
            }
            const std::size_t replaced = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            rows[i][j] = std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
            }
        }
    }
    return rows[a.size()][b.size()];
}

} // namespace

std::string quoted(std::string_view text)
{
    auto result = quote_for_log(text.substr(0, longest_quote));
    if (result.front() != '"') {
        result = '"' + result + '"';
    }
    return text.size() > longest_quote ? result + "..." : result;
}

std::string joined(std::span<const std::string_view> words)
{
    std::string text;
    for (const auto word : words) {
        text += (text.empty() ? "" : ", ") + std::string(word);
    }
    return text;
}

std::string one_of(std::span<const std::string_view> words)
{
    if (words.size() < 2) {
        return joined(words);
    }
    return joined(words.first(words.size() - 1)) + " or " + std::string(words.back());
}

std::string_view nearest(std::string_view text, std::span<const std::string_view> words)
{
    if (text.size() > longest_word) {
        return {};
    }
    if (text.size() >= 3) { // "warn"
        const auto longer =
            std::find_if(words.begin(), words.end(), [&](std::string_view word) { return word.starts_with(text); });
        if (longer != words.end()) {
            return *longer;
        }
    }
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(1, text.size() / 3) + 1;
    for (const auto word : words) {
        const auto here = distance(text, word);
        if (here < best_distance) {
            best = word;
            best_distance = here;
        }
    }
    return best;
}

} // namespace keavrf::config
