// keavrfctl: one command to a running keavrfd, its answer as a table or as JSON.
#include "actions.hpp"
#include "options.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>

namespace {

using namespace keavrf::ctl;

// A terminal gets tables of its width, and colours unless NO_COLOR says otherwise (no-color.org).
Style style_of_stdout()
{
    Style style;
    if (::isatty(STDOUT_FILENO) != 1) {
        return style;
    }
    winsize size{};
    const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    style.width = known ? size.ws_col : 80;
    const char* no_colour = std::getenv("NO_COLOR"); // NOLINT(concurrency-mt-unsafe): one thread
    const char* terminal = std::getenv("TERM");      // NOLINT(concurrency-mt-unsafe)
    const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
    style.colours = !dumb && (no_colour == nullptr || *no_colour == '\0');
    return style;
}

int finish(const Exit& exit)
{
    std::cout << exit.out;
    std::cerr << exit.error;
    return exit.code;
}

} // namespace

int main(int argc, char** argv)
{
    try {
        const auto parsed = parse_options(argc, argv, KEAVRFD_VERSION);
        if (const auto* exit = std::get_if<Exit>(&parsed)) {
            return finish(*exit);
        }
        const int code = run(std::get<Options>(parsed), {std::cout, std::cerr, style_of_stdout(), KEAVRFD_VERSION});
        std::cout.flush();
        if (!std::cout) {
            std::cerr << "keavrfctl: cannot write to stdout\n";
            return exit_failure;
        }
        return code;
    } catch (const std::exception& error) {
        std::cerr << "keavrfctl: " << error.what() << '\n';
        return exit_failure;
    }
}
