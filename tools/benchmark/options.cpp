#include "options.hpp"

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/variables_map.hpp>

#include <iostream>

namespace keavrf::bench {

namespace po = boost::program_options;

std::optional<Options> parse_options(int argc, char** argv, int& exit_code)
{
    Options options;
    po::options_description known("tools/bench relay [OPTION...]\n\n"
                                  "Measures keavrfd's relay beside others, in turn, in one run. Needs root and two\n"
                                  "processors: the relay has the second one for itself");
    known.add_options()("help,h", "say this")("rounds", po::value(&options.rounds)->default_value(options.rounds),
                                              "how often each is measured, and five times as often at 100/s; the "
                                              "table has medians")(
        "only", po::value(&options.only)->composing(),
        "only this contestant (repeatable): keavrfd, plain, frame, dhcrelay, "
        "dnsmasq, dhcp-helper, kea")("kea", po::bool_switch(&options.kea),
                                     "four-message exchanges with a real Kea on the relay's processor")(
        "judge", po::bool_switch(&options.judge),
        "time nothing; record the packets of a short run, of keavrfd unless --only names others, and have tshark judge "
        "them")("plot", po::value(&options.plot), "draw latency against offered load into this PNG (gnuplot)")(
        "seconds", po::value(&options.seconds)->default_value(options.seconds), "length of one measurement");
    try {
        po::variables_map values;
        po::store(po::parse_command_line(argc, argv, known), values);
        po::notify(values);
        if (values.count("help") != 0) {
            std::cout << known;
            exit_code = 0;
            return std::nullopt;
        }
        if (options.rounds == 0 || options.seconds <= 0) {
            throw po::error("--rounds and --seconds must be more than 0");
        }
        if (options.judge && !options.plot.empty()) {
            throw po::error("--judge and --plot do not go together: what is recorded takes longer");
        }
        if (options.judge && options.only.empty()) {
            options.only = {"keavrfd"};
        }
    } catch (const po::error& problem) {
        std::cerr << "bench: " << problem.what() << " (try --help)\n";
        exit_code = 2;
        return std::nullopt;
    }
    return options;
}

} // namespace keavrf::bench
