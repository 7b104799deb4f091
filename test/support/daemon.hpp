// keavrfd as a test runs it: started in the sandbox, watched by its control channel and its log, never by sleeping.
#pragma once

#include "control/command.hpp"
#include "control/status.hpp"
#include "support/program.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace keavrf::test {

// The built program of this name: $KEAVRFD_BINARY_DIR/NAME.
std::string built(const std::string& program);

class Daemon {
public:
    explicit Daemon(const std::vector<std::string>& arguments, const ProgramOptions& options = {});
    // With -c and a file of this text.
    static Daemon with(const std::string& yaml, const ProgramOptions& options = {});

    [[nodiscard]] Program& program() noexcept { return program_; }
    [[nodiscard]] pid_t pid() const noexcept { return program_.pid(); }
    [[nodiscard]] std::string log() const { return program_.errors(); }
    // Log lines that hold every one of these texts.
    [[nodiscard]] std::vector<std::string> log_lines(const std::vector<std::string>& texts) const;
    [[nodiscard]] bool logs(const std::vector<std::string>& texts, Milliseconds deadline = patience);
    // How long the log is now, and whether something that holds the texts has come since.
    [[nodiscard]] std::size_t log_size() const { return log().size(); }
    [[nodiscard]] bool logs_since(std::size_t start, const std::vector<std::string>& texts,
                                  Milliseconds deadline = patience);

    // Empty while the control channel does not answer.
    [[nodiscard]] std::optional<control::DaemonStatus> status() const;
    [[nodiscard]] std::optional<control::InstanceStatus> status_of(const std::string& vrf) const;
    // Waits until the VRF is in this state ("serving"); fails the test, with the log, where it is not.
    control::InstanceStatus wait_until(const std::string& vrf, const std::string& state,
                                       Milliseconds deadline = patience) const;
    bool becomes(const std::string& vrf, const std::function<bool(const control::InstanceStatus&)>& is_so,
                 Milliseconds deadline = patience) const;
    // No instance of this name any more.
    bool forgets(const std::string& vrf, Milliseconds deadline = patience) const;
    [[nodiscard]] control::Response command(const boost::json::object& command) const;
    [[nodiscard]] pid_t kea(const std::string& vrf) const; // 0: none
    // What Kea itself has logged for this VRF.
    [[nodiscard]] static std::string kea_log(const std::string& vrf);
    [[nodiscard]] static std::string lease_file(const std::string& vrf);

    void write_configuration(const std::string& yaml);
    // SIGHUP, and waits until the log says how it went: true where it was applied.
    bool reload();
    // SIGTERM, and waits; fails the test where it does not exit with 0.
    void stop();

    std::string control_socket = "/run/keavrfd/control.sock";

private:
    Program program_;
    std::string file_;
};

} // namespace keavrf::test
