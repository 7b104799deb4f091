// keavrfd: options -> settings -> Daemon; exit codes.
#include "check.hpp"
#include "core/exception_text.hpp"
#include "core/log.hpp"
#include "daemon.hpp"
#include "host.hpp"
#include "loading.hpp"
#include "options.hpp"
#include "systemd/notify.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <iostream>
#include <string_view>

namespace keavrf {

namespace {

asio::awaitable<void> run_to_exit_code(Daemon& daemon, int& code)
{
    try {
        co_await daemon.run();
    } catch (const std::exception&) {
        log::error("daemon.failed", "", text_of(std::current_exception()));
        code = exit_host;
    }
}

int run_daemon(const Options& options, const std::shared_ptr<const config::Settings>& settings)
{
    configure_log(*settings, options);
    const auto missing = missing_privileges();
    for (const auto& problem : missing) {
        log::error("daemon.privileges", "", problem);
    }
    if (!missing.empty()) {
        return exit_host;
    }
    asio::io_context context(1);
    Daemon daemon(context, options, settings);
    TaskGroup tasks(context.get_executor());
    int code = exit_success;
    tasks.spawn("daemon", run_to_exit_code(daemon, code));
    context.run();
    return code;
}

// Before there is a log. The journal takes its level from the front of a line (sd-daemon(3)).
void tell(const std::vector<std::string>& lines, std::string_view level)
{
    const auto front = systemd::stderr_is_journal() ? level : std::string_view();
    for (const auto& line : lines) {
        std::cerr << front << line << '\n';
    }
}

// What was asked for is in what was printed: a full disk behind stdout is no success.
int written(int code)
{
    std::cout.flush();
    if (std::cout) {
        return code;
    }
    std::cerr << "keavrfd: cannot write to standard output: is the disk full, or its reader gone?\n";
    return exit_host;
}

// Where whoever started us has closed one, the next that is opened would take its place, and what is written to stderr
// would go there. Children have them too.
void fill_standard_descriptors()
{
    for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number) {
        if (::fcntl(number, F_GETFD) < 0) {
            (void)::open("/dev/null", O_RDWR); // NOLINT(android-cloexec-open): the lowest that is free
        }
    }
}

int run(int argc, char** argv)
{
    fill_standard_descriptors();
    const auto parsed = parse_options(argc, argv, KEAVRFD_VERSION);
    if (const auto* ended = std::get_if<Exit>(&parsed)) {
        std::cout << ended->text_stdout;
        std::cerr << ended->text_stderr;
        return ended->code;
    }
    const auto& options = std::get<Options>(parsed);
    if (!options.test && !options.print_config) {
        Daemon::hold_back_signals();
    }
    const auto loaded = load_settings(options);
    tell(loaded.warnings, "<4>");
    std::vector<std::string> errors;
    for (const auto& complaint : loaded.complaints) {
        errors.push_back(complaint.text);
    }
    tell(errors, "<3>");
    if (!loaded.settings) {
        return options.config ? exit_config : exit_usage;
    }
    if (options.test) {
        return written(check_configuration(loaded.settings, options));
    }
    if (options.print_config) {
        return written(print_configuration(loaded.settings, options));
    }
    return run_daemon(options, loaded.settings);
}

} // namespace

} // namespace keavrf

int main(int argc, char** argv)
{
    try {
        return keavrf::run(argc, argv);
    } catch (const std::exception&) {
        std::cerr << "keavrfd: " << keavrf::text_of(std::current_exception()) << '\n';
        return keavrf::exit_host;
    }
}
