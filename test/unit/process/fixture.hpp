// Children for tests: /bin/sh with a script, its output in a pipe.
#pragma once

#include "core/unique_fd.hpp"
#include "process/spawn.hpp"
#include "support/await.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>

namespace keavrf::test {

struct ProcessFixture {
    asio::io_context context;

    static process::SpawnOptions shell(const std::string& script)
    {
        process::SpawnOptions options;
        options.path = "/bin/sh";
        options.arguments = {"-c", script};
        options.environment = {"PATH=/usr/bin:/bin"};
        return options;
    }

    process::Process start(const process::SpawnOptions& options)
    {
        auto spawned = process::spawn(context.get_executor(), options);
        BOOST_REQUIRE_MESSAGE(spawned.has_value(), spawned.error().message());
        return std::move(spawned->process);
    }

    // Starts it with a pipe as standard output; read_line() then waits for what it says.
    process::Process start_with_pipe(process::SpawnOptions options)
    {
        std::array<int, 2> ends{};
        BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        output.reset(ends[0]);
        const UniqueFd write_end(ends[1]);
        options.standard_output = write_end.get();
        return start(options);
    }

    // Blocks until a line has come, or the writer is gone.
    [[nodiscard]] std::string read_line() const
    {
        std::string line;
        char c = 0;
        while (::read(output.get(), &c, 1) == 1 && c != '\n') {
            line += c;
        }
        return line;
    }

    UniqueFd output;
};

} // namespace keavrf::test
