#include "core/log.hpp"
#include "core/log_output.hpp"
#include "core/types.hpp"
#include "core/unique_fd.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <limits>
#include <stdlib.h>
#include <string>
#include <termios.h>
#include <vector>

namespace {

namespace log = keavrf::log;
using keavrf::UniqueFd;
using keavrf::VrfName;

struct Ends {
    UniqueFd reader;
    UniqueFd writer;
};

Ends make_pipe()
{
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    Ends made{UniqueFd(ends[0]), UniqueFd(ends[1])};
    ::fcntl(made.reader.get(), F_SETFL, O_NONBLOCK);
    return made;
}

Ends make_stream_sockets()
{
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    Ends made{UniqueFd(ends[0]), UniqueFd(ends[1])};
    ::fcntl(made.reader.get(), F_SETFL, O_NONBLOCK);
    return made;
}

// The master end reads what is written to the terminal.
Ends make_terminal()
{
    UniqueFd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
    BOOST_REQUIRE(master.valid());
    BOOST_REQUIRE(::grantpt(master.get()) == 0);
    BOOST_REQUIRE(::unlockpt(master.get()) == 0);
    UniqueFd slave(::ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    BOOST_REQUIRE(slave.valid());
    return {std::move(master), std::move(slave)};
}

std::string drain(const UniqueFd& reader)
{
    std::string text;
    std::array<char, 65536> buffer{};
    ssize_t count = 0;
    while ((count = ::read(reader.get(), buffer.data(), buffer.size())) > 0) {
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return text;
}

std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> lines;
    std::size_t at = 0;
    for (std::size_t end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
        lines.push_back(text.substr(at, end - at));
    }
    BOOST_TEST(at == text.size(), "the last line has its newline");
    return lines;
}

// The log as every other test expects it.
struct RestoredLog {
    RestoredLog() { std::signal(SIGPIPE, SIG_IGN); }
    RestoredLog(const RestoredLog&) = delete;
    RestoredLog& operator=(const RestoredLog&) = delete;
    ~RestoredLog()
    {
        log::configure(log::Level::info, log::Format::text);
        std::signal(SIGPIPE, SIG_DFL);
    }
};

std::size_t count_of_tasks()
{
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(log_output, RestoredLog)

BOOST_AUTO_TEST_CASE(a_pipe_that_nobody_reads_drops_counts_and_reports)
{
    const auto pipe = make_pipe();
    log::configure(log::Level::info, log::Format::text, pipe.writer.get());
    const auto before = log::dropped_lines();
    const std::string filler(500, 'x');
    unsigned written = 0;
    for (; log::dropped_lines() == before; ++written) {
        BOOST_REQUIRE(written < 10000U);
        log::info("test.filler", "red", filler);
    }
    log::info("test.filler", "red", filler);
    BOOST_TEST(log::dropped_lines() == before + 2);
    const auto first = lines_of(drain(pipe.reader));
    BOOST_TEST(first.size() == written - 1);
    log::info("test.after", "red", "works again");
    const auto second = lines_of(drain(pipe.reader));
    BOOST_REQUIRE(second.size() == 2U);
    BOOST_TEST(
        second[0].ends_with("warn  vrf=- log.dropped: log lines were dropped: their reader was too slow lines=2"));
    BOOST_TEST(second[1].ends_with("vrf=red test.after: works again"));
    log::info("test.after", "red", "once");
    BOOST_TEST(lines_of(drain(pipe.reader)).size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_shared_descriptor_stays_blocking_for_its_other_owners)
{
    for (const auto& ends : {make_pipe, make_stream_sockets, make_terminal}) {
        const auto made = ends();
        log::LineOutput output(made.writer.get());
        BOOST_TEST(output.write("hello\n"));
        BOOST_TEST((::fcntl(made.writer.get(), F_GETFL) & O_NONBLOCK) == 0);
        BOOST_TEST(drain(made.reader).starts_with("hello"));
    }
}

BOOST_AUTO_TEST_CASE(a_pipe_that_cannot_be_opened_again_never_waits_either)
{
    for (const bool open_own : {true, false}) {
        const auto pipe = make_pipe();
        log::LineOutput output(pipe.writer.get(), open_own);
        const std::string line = std::string(log::LineOutput::longest_line - 1, 'x') + '\n';
        unsigned accepted = 0;
        while (output.write(line)) {
            BOOST_REQUIRE(++accepted < 10000U);
        }
        BOOST_TEST(!output.write("more\n"));
        BOOST_TEST(lines_of(drain(pipe.reader)).size() == accepted);
        BOOST_TEST(output.write("end\n"));
        BOOST_TEST(drain(pipe.reader) == "end\n");
    }
}

BOOST_AUTO_TEST_CASE(a_stream_socket_that_nobody_reads_never_tears_a_line)
{
    const auto sockets = make_stream_sockets();
    log::LineOutput output(sockets.writer.get());
    const std::string line = std::string(3999, 'x') + '\n';
    unsigned accepted = 0;
    while (output.write(line)) {
        BOOST_REQUIRE(++accepted < 10000U);
    }
    std::string text = drain(sockets.reader);
    BOOST_TEST(output.write("end\n"));
    text += drain(sockets.reader);
    const auto lines = lines_of(text);
    BOOST_TEST(lines.size() == accepted + 1);
    for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
        BOOST_TEST(lines[i].size() == 3999U);
    }
    BOOST_TEST(lines.back() == "end");
}

BOOST_AUTO_TEST_CASE(a_terminal_stopped_by_ctrl_s_drops_until_ctrl_q)
{
    const auto terminal = make_terminal();
    log::LineOutput output(terminal.writer.get());
    BOOST_TEST(output.write("before\n"));
    BOOST_REQUIRE(::tcflow(terminal.writer.get(), TCOOFF) == 0);
    BOOST_TEST(!output.write("while\n"));
    BOOST_REQUIRE(::tcflow(terminal.writer.get(), TCOON) == 0);
    BOOST_TEST(output.write("after\n"));
    BOOST_TEST(drain(terminal.reader) == "before\r\nafter\r\n");
}

BOOST_AUTO_TEST_CASE(a_terminal_whose_reader_hangs_never_tears_a_line)
{
    const auto terminal = make_terminal();
    log::LineOutput output(terminal.writer.get());
    const std::string line = std::string(299, 'x') + '\n';
    unsigned accepted = 0;
    while (output.write(line)) {
        BOOST_REQUIRE(++accepted < 100000U);
    }
    // The terminal's layer hands what it holds on to the master bit by bit.
    std::string text;
    while (!output.write("end\n")) {
        text += drain(terminal.reader);
    }
    while (!text.ends_with("end\r\n")) {
        text += drain(terminal.reader);
    }
    const auto lines = lines_of(text);
    BOOST_TEST(lines.size() == accepted + 1);
    for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
        BOOST_TEST(lines[i].size() == 300U);
    }
}

BOOST_AUTO_TEST_CASE(a_reader_that_has_gone_is_harmless)
{
    for (const auto& ends : {make_pipe, make_stream_sockets, make_terminal}) {
        auto made = ends();
        log::LineOutput output(made.writer.get());
        made.reader.reset();
        BOOST_TEST(!output.write("hello\n"));
    }
    log::LineOutput closed(-1);
    BOOST_TEST(!closed.write("hello\n"));
}

BOOST_AUTO_TEST_CASE(a_reader_that_has_gone_raises_no_signal)
{
    std::signal(SIGPIPE, SIG_DFL);
    for (const auto& ends : {make_pipe, make_stream_sockets}) {
        auto made = ends();
        log::LineOutput output(made.writer.get());
        made.reader.reset();
        BOOST_TEST(!output.write("hello\n"));
    }
}

BOOST_AUTO_TEST_CASE(regular_files_take_every_line_and_a_full_device_drops)
{
    const UniqueFd file(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    BOOST_REQUIRE(file.valid());
    log::configure(log::Level::info, log::Format::json, file.get());
    for (int i = 0; i < 100; ++i) {
        log::info("test.file", VrfName("red"), "line", {{"number", i}});
    }
    BOOST_REQUIRE(::lseek(file.get(), 0, SEEK_SET) == 0);
    BOOST_TEST(lines_of(drain(file)).size() == 100U);
    const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    log::LineOutput output(full.get());
    BOOST_TEST(!output.write("hello\n"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(log_facade, RestoredLog)

BOOST_AUTO_TEST_CASE(capture_gets_everything_and_the_output_nothing)
{
    const auto pipe = make_pipe();
    log::configure(log::Level::error, log::Format::text, pipe.writer.get());
    std::vector<std::string> lines;
    {
        const log::Capture capture([&](const log::Record& record) { lines.push_back(log::format_text(record, "")); });
        BOOST_TEST(log::enabled(log::Level::debug));
        log::debug("a.b", VrfName("red"), "one", {{"n", 1}});
        {
            std::size_t inner = 0;
            const log::Capture nested([&](const log::Record&) { ++inner; });
            log::error("c.d", "", "two");
            BOOST_TEST(inner == 1U);
        }
        log::warning("e.f", "", "three");
    }
    log::error("g.h", "", "four");
    log::info("i.j", "", "five");
    const std::vector<std::string> expected{"debug vrf=red a.b: one n=1", "warn  vrf=- e.f: three"};
    BOOST_TEST(lines == expected, boost::test_tools::per_element());
    const auto written = lines_of(drain(pipe.reader));
    BOOST_REQUIRE(written.size() == 1U);
    BOOST_TEST(written[0].ends_with("error vrf=- g.h: four"));
}

BOOST_AUTO_TEST_CASE(levels_below_the_configured_one_are_off)
{
    const auto pipe = make_pipe();
    log::configure(log::Level::warning, log::Format::text, pipe.writer.get());
    BOOST_TEST(!log::enabled(log::Level::info));
    log::debug("a", "", "");
    log::info("b", "", "");
    BOOST_TEST(drain(pipe.reader).empty());
    log::configure(log::Level::debug, log::Format::text, pipe.writer.get());
    log::debug("c", "", "");
    BOOST_TEST(!drain(pipe.reader).empty());
}

BOOST_AUTO_TEST_CASE(logging_starts_no_thread_and_keeps_errno)
{
    const auto pipe = make_pipe();
    log::configure(log::Level::info, log::Format::text, pipe.writer.get());
    errno = ENOENT;
    log::info("a", "", "");
    log::info("a", "", "", {{"n", 1}});
    BOOST_TEST(errno == ENOENT);
    BOOST_TEST(count_of_tasks() == 1U);
}

BOOST_AUTO_TEST_CASE(the_journal_is_recognised_by_its_stream_and_not_by_the_variable_alone)
{
    const auto pipe = make_pipe();
    struct stat status {};
    BOOST_REQUIRE(::fstat(pipe.writer.get(), &status) == 0);
    const auto stream = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
    ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
    BOOST_TEST((log::detect_format(pipe.writer.get()) == log::Format::journal));
    const auto other = make_pipe();
    BOOST_TEST((log::detect_format(other.writer.get()) == log::Format::text));
    ::unsetenv("JOURNAL_STREAM");
    BOOST_TEST((log::detect_format(pipe.writer.get()) == log::Format::text));
}

BOOST_AUTO_TEST_SUITE_END()
