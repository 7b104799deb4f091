// What the service manager wants to hear (sd_notify(3)), without its library: datagrams to $NOTIFY_SOCKET.
// Everything is a no-op where systemd did not start us. Never blocks; a datagram that cannot be sent is dropped.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace keavrf::systemd {

class Notifier {
public:
    // From $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID.
    static Notifier from_environment();
    Notifier() = default;
    explicit Notifier(std::string socket, std::optional<std::chrono::microseconds> watchdog = std::nullopt)
        : socket_(std::move(socket)), watchdog_(watchdog)
    {
    }

    [[nodiscard]] bool active() const noexcept { return !socket_.empty(); }
    // READY=1, also at the end of each reload, successful or not; `status` is the line of `systemctl status`.
    void ready(std::string_view status = {}) const;
    void status(std::string_view text) const;
    // RELOADING=1 with the time that systemd pairs it with.
    void reloading() const;
    // While a start or reload goes on: it may take as long again from now on, whatever TimeoutStartSec= says.
    void extend(std::chrono::microseconds time) const;
    void stopping(std::string_view status = {}) const;
    void watchdog() const;
    // Within which watchdog() must be called, or systemd kills us; call it twice as often. None: no watchdog.
    [[nodiscard]] std::optional<std::chrono::microseconds> watchdog_interval() const noexcept { return watchdog_; }

    // One datagram as it is; true when it was sent.
    bool send(std::string_view message) const;

private:
    std::string socket_; // a path, or "@name" in the abstract namespace
    std::optional<std::chrono::microseconds> watchdog_;
};

// True when stderr goes to the journal ($JOURNAL_STREAM names the descriptor's device and inode).
bool stderr_is_journal();

// "dev:inode" of $JOURNAL_STREAM against a file's numbers. Pure.
bool matches_journal_stream(std::string_view variable, unsigned long long device, unsigned long long inode);

} // namespace keavrf::systemd
