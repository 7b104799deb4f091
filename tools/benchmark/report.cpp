#include "report.hpp"

#include "statistics.hpp"
#include "support/program.hpp"

#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <sstream>

namespace keavrf::bench {

namespace {

template <typename Visit>
double middle_of(const std::vector<Visit>& visits, double Visit::*field)
{
    std::vector<double> values;
    for (const auto& visit : visits) {
        values.push_back(visit.*field);
    }
    return median(std::move(values));
}

double middle(const Figures& figures, double Round::*field)
{
    return middle_of(figures.rounds, field);
}

template <typename Visit>
std::uint64_t lost_in(const std::vector<Visit>& visits)
{
    std::uint64_t lost = 0;
    for (const auto& visit : visits) {
        lost += visit.lost;
    }
    return lost;
}

// "12345 (0.87)": the figure, and keavrfd's divided by it.
std::string cell(double value, double own, int digits)
{
    std::ostringstream text;
    text << std::fixed << std::setprecision(digits) << value;
    if (own > 0 && value > 0) {
        text << " (" << std::setprecision(2) << own / value << ')';
    }
    return text.str();
}

struct Column {
    const char* title;
    double (*figure)(const Figures&);
    int digits;
};

template <double Round::*Field>
double of_rounds(const Figures& figures)
{
    return middle(figures, Field);
}

template <double Quiet::*Field>
double of_quiet(const Figures& figures)
{
    return middle_of(figures.quiet, Field);
}

std::vector<Column> columns(bool kea)
{
    if (kea) {
        return {{"exchanges/s at 128", of_rounds<&Round::saturated>, 0},
                {"relay CPU s/100k", of_rounds<&Round::saturated_cpu>, 2}};
    }
    return {{"exchanges/s at 128", of_rounds<&Round::saturated>, 0},
            {"CPU s/100k", of_rounds<&Round::saturated_cpu>, 2},
            {"CPU s/100k at 20k/s", of_rounds<&Round::offered_cpu>, 2},
            {"p50 us at 100/s", of_quiet<&Quiet::p50>, 0},
            {"p99 us at 100/s", of_quiet<&Quiet::p99>, 0}};
}

const Figures* find(const std::vector<Figures>& figures, const std::string& name)
{
    for (const auto& candidate : figures) {
        if (candidate.name == name) {
            return &candidate;
        }
    }
    return nullptr;
}

void write_row(std::ostream& out, const Figures& figures, const Figures* own, bool kea)
{
    out << std::left << std::setw(13) << figures.name << std::right;
    if (figures.rounds.empty()) {
        out << "  " << figures.failure << '\n';
        return;
    }
    const auto lost = lost_in(figures.rounds) + lost_in(figures.quiet);
    for (const auto& column : columns(kea)) {
        const auto beside = own != nullptr ? column.figure(*own) : 0;
        out << "  " << std::setw(21) << cell(column.figure(figures), beside, column.digits);
    }
    out << "  " << std::setw(8) << lost;
    if (!kea) {
        out << "  " << std::setw(9) << std::fixed << std::setprecision(1) << 100 * middle(figures, &Round::offered_done)
            << '%';
    }
    out << '\n';
}

} // namespace

std::string table(const std::vector<Figures>& figures, bool kea)
{
    std::ostringstream out;
    out << std::left << std::setw(13) << "relay" << std::right;
    for (const auto& column : columns(kea)) {
        out << "  " << std::setw(21) << column.title;
    }
    out << "  " << std::setw(8) << "lost" << (kea ? "\n" : "  of 20k/s\n");
    const auto* own = find(figures, "keavrfd");
    for (const auto& one : figures) {
        write_row(out, one, own != nullptr && !own->rounds.empty() ? own : nullptr, kea);
    }
    out << "Medians of the rounds; in parentheses keavrfd's figure divided by this one.\n";
    const auto* plain = find(figures, "plain loop");
    const auto* dhcrelay = find(figures, "dhcrelay -a");
    if (!kea && plain != nullptr && dhcrelay != nullptr && !plain->rounds.empty() && !dhcrelay->rounds.empty()) {
        const auto ratio = middle(*plain, &Round::saturated) / middle(*dhcrelay, &Round::saturated);
        out << "The plain loop does " << std::fixed << std::setprecision(2) << ratio << " x dhcrelay: the run "
            << (ratio >= 2 ? "counts.\n" : "does not count (2.0 is asked for; is the machine busy?).\n");
    }
    return out.str();
}

bool plot(const std::vector<Point>& points, const std::string& file)
{
    const auto data = file + ".dat";
    std::ofstream out(data);
    out << "# offered/s  answered/s  p50 us  p99 us\n";
    std::string name;
    std::string series;
    int index = 0;
    for (const auto& point : points) {
        if (point.name != name) {
            out << (name.empty() ? "" : "\n\n") << "# " << point.name << '\n';
            name = point.name;
            for (const auto* column : {"3", "4"}) {
                series += (series.empty() ? "" : ", ") + ("'" + data + "' index " + std::to_string(index)) +
                          " using 1:" + column + " with linespoints dashtype " + (*column == '3' ? "1" : "2") +
                          " linecolor " + std::to_string(index + 1) + " title '" + name +
                          (*column == '3' ? " p50'" : " p99'");
            }
            ++index;
        }
        out << point.offered << ' ' << point.answered << ' ' << point.p50 << ' ' << point.p99 << '\n';
    }
    out.close();
    const auto finished =
        test::run({"gnuplot", "-e",
                   "set terminal png size 1200,800; set output '" + file +
                       "'; set logscale xy; set xlabel 'exchanges/s offered'; set ylabel 'us'; set key left "
                       "top; set grid; plot " +
                       series});
    if (finished.exit_code != 0) {
        std::cerr << "bench: no plot, but the figures are in " << data << ": " << finished.errors;
    }
    return finished.exit_code == 0;
}

} // namespace keavrf::bench
