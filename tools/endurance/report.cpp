#include "report.hpp"

#include "statistics.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdio>
#include <iomanip>
#include <iostream>
#include <sstream>

namespace keavrf::endurance {

Figures figures_of(std::vector<double> samples)
{
    Figures figures;
    figures.count = samples.size();
    figures.median = bench::median(samples);
    figures.p99 = bench::percentile(samples, 0.99);
    figures.most = samples.empty() ? 0 : *std::max_element(samples.begin(), samples.end());
    return figures;
}

std::string text(const Figures& figures, const std::string& unit)
{
    std::ostringstream line;
    line << std::fixed << std::setprecision(1) << "n " << figures.count << "  median " << figures.median << "  p99 "
         << figures.p99 << "  max " << figures.most << ' ' << unit;
    return line.str();
}

void report(const std::string& what, const std::string& seen, const std::string& asked, bool met)
{
    std::cout << std::left << std::setw(46) << what << ' ' << std::setw(52) << seen << ' ' << asked
              << (asked.empty() ? "" : (met ? ": met" : ": MISSED")) << std::endl;
    if (!met) {
        BOOST_ERROR(what << ": " << seen << ", asked for: " << asked);
    }
}

} // namespace keavrf::endurance
