#include "options.hpp"

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/positional_options.hpp>
#include <boost/program_options/variables_map.hpp>

#include <iostream>

namespace keavrf::endurance {

namespace po = boost::program_options;

namespace {

po::options_description known_options(Options& options, unsigned& service)
{
    po::options_description known("tools/bench flood|heavy|life|soak [OPTION...]\n\n"
                                  "keavrfd with real Kea, on domains without VRF devices, in a sandbox. Needs root");
    const auto add = [&known](const char* name, auto& value, const char* about) {
        known.add_options()(name, po::value(&value)->default_value(value), about);
    };
    known.add_options()("help,h", "say this")("bench", po::value(&options.bench), "flood, heavy, life or soak");
    add("vrfs", options.vrfs, "how many; 0: flood and heavy 5, life 50, soak 8");
    add("rounds", options.rounds, "flood: quiet and flooded phases; life: kills of keavrfd; 0: 3, 5");
    add("offered", options.offered, "flood: packets a second in the first VRF");
    add("limit", options.limit, "flood: the setting `rate` of the first VRF; 0: none");
    add("rate", options.rate, "flood, heavy: four-message exchanges a second in the others together");
    add("seconds", options.seconds, "flood: length of one phase; heavy: of the quiet one");
    add("leases", options.leases, "heavy: in the first VRF's lease file; at most 1048576");
    add("service", service, "life: seconds that a Kea has served when it is killed");
    known.add_options()("untimed", po::bool_switch(&options.untimed), "life: judge all but the times");
    add("cycles", options.cycles, "soak: VRFs added and deleted");
    add("packets", options.packets, "soak: packets relayed");
    add("devices", options.devices, "soak: instead, VRF devices made and deleted, on a kernel that has them");
    return known;
}

} // namespace

std::optional<Options> parse_options(int argc, char** argv, int& exit_code)
{
    Options options;
    auto service = static_cast<unsigned>(options.service.count());
    const auto known = known_options(options, service);
    try {
        po::variables_map values;
        const po::positional_options_description first = po::positional_options_description().add("bench", 1);
        po::store(po::command_line_parser(argc, argv).options(known).positional(first).run(), values);
        po::notify(values);
        if (values.count("help") != 0) {
            std::cout << known;
            exit_code = 0;
            return std::nullopt;
        }
        if (options.bench != "flood" && options.bench != "heavy" && options.bench != "life" &&
            options.bench != "soak") {
            throw po::error("which one: flood, heavy, life or soak?");
        }
        if (options.leases > 1'048'576) {
            throw po::error("--leases must be at most 1048576: more addresses the bench's subnet has not");
        }
        if (options.offered <= 0 || options.rate <= 0 || options.seconds <= 0) {
            throw po::error("--offered, --rate and --seconds must be more than 0");
        }
    } catch (const po::error& problem) {
        std::cerr << "bench: " << problem.what() << " (try --help)\n";
        exit_code = 2;
        return std::nullopt;
    }
    options.service = std::chrono::seconds(service);
    return options;
}

} // namespace keavrf::endurance
