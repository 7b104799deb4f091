#include "options.hpp"

#include "plants.hpp"

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/variables_map.hpp>

#include <iostream>

namespace keavrf::faults {

namespace po = boost::program_options;

namespace {

void check(const Options& options)
{
    if (options.vrfs < 2 || options.vrfs > 50) {
        throw po::error("--vrfs: 2 to 50");
    }
    if (!options.plant.empty() && find_plant(options.plant) == nullptr) {
        throw po::error("--plant: there is no " + options.plant + "; there are:" + plant_names());
    }
}

} // namespace

std::optional<Options> parse_options(int argc, char** argv, int& exit_code)
{
    Options options;
    po::options_description known(
        "tools/chaos [OPTION...]\n\n"
        "Injects faults at random while clients of many VRFs acquire and renew, and checks that\n"
        "nothing is lost. Needs root");
    auto add = known.add_options();
    add("help,h", "say this");
    add("minutes", po::value(&options.minutes), "how long faults are injected");
    add("faults", po::value(&options.faults)->default_value(options.faults), "how many are, without --minutes");
    add("seed", po::value(&options.seed)->default_value(options.seed), "the same seed, the same faults");
    add("vrfs", po::value(&options.vrfs)->default_value(options.vrfs), "how many VRFs are served");
    add("native", po::bool_switch(&options.native), "without VRF devices, on any kernel");
    add("plant", po::value(&options.plant), ("plant what the checker must find:" + plant_names()).c_str());
    add("only", po::value(&options.only), "inject this kind of fault alone; may be repeated");
    add("without", po::value(&options.without), "inject all but this kind of fault; may be repeated");
    add("verbose", po::bool_switch(&options.verbose), "a line for each fault");
    try {
        po::variables_map values;
        po::store(po::parse_command_line(argc, argv, known), values);
        po::notify(values);
        if (values.count("help") != 0) {
            std::cout << known;
            exit_code = 0;
            return std::nullopt;
        }
        check(options);
    } catch (const po::error& problem) {
        std::cerr << "chaos: " << problem.what() << " (try --help)\n";
        exit_code = 2;
        return std::nullopt;
    }
    return options;
}

} // namespace keavrf::faults
