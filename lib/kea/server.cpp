#include "kea/server.hpp"

#include "core/file.hpp"
#include "core/log.hpp"
#include "kea/folders.hpp"
#include "kea/reply.hpp"
#include "kea/stall_watch.hpp"

#include <boost/json/parse.hpp>

#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace keavrf::kea {

namespace json = boost::json;

namespace {

constexpr std::chrono::seconds apply_limit{60}; // and as much more as the leases take that Kea loads again
// Nothing hurries who only asks, and whoever gives up would leave a Kea that works on, and answers nobody.
constexpr std::chrono::minutes test_limit{10};
// From the end of a connection to that of the process that held it; a machine may be busy.
constexpr std::chrono::seconds exit_limit{1};
constexpr std::size_t configuration_limit = std::size_t{64} << 20U;
// Kea refuses a new configuration while kea-lfc rewrites the lease file, which takes seconds.
constexpr int cleanup_retries = 20;
constexpr std::chrono::milliseconds cleanup_pause{500};

// The library deletes no category through its base, whose destructor is protected in later Boost.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
// NOLINTNEXTLINE(cppcoreguidelines-virtual-class-destructor)
class StartFailureCategory final : public boost::system::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "kea-start"; }
    [[nodiscard]] std::string message(int value) const override
    {
        switch (static_cast<StartFailure>(value)) {
        case StartFailure::rejected:
            return "Kea rejects the configuration";
        case StartFailure::died:
            return "Kea ended";
        case StartFailure::timed_out:
            return "Kea was not ready in time";
        case StartFailure::busy:
            return "another process holds the lease file";
        case StartFailure::not_started:
            return "Kea could not be executed";
        case StartFailure::given_up:
            return "the start was given up";
        }
        return "unknown";
    }
};
#pragma GCC diagnostic pop

Result<json::object> parse_configuration(const std::string& text)
{
    boost::system::error_code error;
    auto value = json::parse(text, error);
    if (error || !value.is_object()) {
        return Error("a Kea configuration that is no JSON object");
    }
    return std::move(value.as_object());
}

// Kea has answered, and not with success. Other codes are the control channel's.
Result<void> as_refusal(const Result<void>& answered, StartFailure code = StartFailure::rejected)
{
    return answered ? answered : Result<void>(Error(make_error_code(code), answered.error().message()));
}

process::ExitStatus not_running()
{
    process::ExitStatus status;
    status.known = false;
    return status;
}

} // namespace

boost::system::error_code make_error_code(StartFailure failure) noexcept
{
    static const StartFailureCategory category;
    return {static_cast<int>(failure), category};
}

Server::Server(asio::any_io_executor executor, ServerSpec spec)
    : executor_(std::move(executor)), spec_(std::move(spec)), channel_(spec_.paths.control_socket)
{
}

void Server::set_spec(ServerSpec spec)
{
    spec_ = std::move(spec);
    channel_ = ControlChannel(spec_.paths.control_socket);
}

Result<void> Server::prepare_folders() const
{
    const auto& paths = spec_.paths;
    const FolderOwner root_and_kea{0, spec_.identity.group, 0750};
    const FolderOwner kea{spec_.identity.user, spec_.identity.group, 0750};
    if (auto made = ensure_folder(paths.runtime_folder, root_and_kea); !made) {
        return made;
    }
    for (const auto* path : {&paths.kea_folder, &paths.state_folder, &paths.log_folder}) {
        if (auto made = ensure_folder(*path, kea); !made) {
            return made;
        }
    }
    return {};
}

Result<void> Server::prepare_state_folder() const
{
    return ensure_folder(spec_.paths.state_folder, {spec_.identity.user, spec_.identity.group, 0750});
}

Result<void> Server::write_configuration(std::string_view text) const
{
    return replace_file(spec_.paths.configuration, text, spec_.identity.group);
}

Result<void> Server::adopt(const process::ProcessIdentity& expected)
{
    auto process = process::Process::adopt(executor_, expected);
    if (!process) {
        return process.error();
    }
    process_ = std::move(*process);
    return {};
}

bool Server::running() const
{
    return process_ && process_->running();
}

ProcessId Server::pid() const
{
    return running() ? process_->pid() : ProcessId();
}

asio::awaitable<process::ExitStatus> Server::async_wait_exit() const
{
    if (!process_) {
        co_return not_running();
    }
    const auto status = co_await process_->async_wait();
    co_return status;
}

asio::awaitable<process::ExitStatus> Server::async_stop(std::optional<Clock::duration> deadline)
{
    if (!process_) {
        co_return not_running();
    }
    const auto status = co_await process_->async_stop(deadline.value_or(spec_.timeouts.stop));
    if (status.ended) {
        process_.reset();
    }
    co_return status;
}

Result<void> Server::kill()
{
    return process_ ? process_->signal(SIGKILL) : Result<void>();
}

asio::awaitable<Result<void>> Server::async_test(std::string text) const
{
    auto configuration = parse_configuration(text);
    if (!configuration) {
        co_return configuration.error();
    }
    // A Kea that dies over it takes this server along.
    const ControlChannel channel = channel_;
    const auto reply = co_await channel.async_command("config-test", std::move(*configuration), test_limit);
    if (!reply) {
        co_return reply.error();
    }
    co_return as_refusal(require_success("config-test", *reply));
}

void Server::kill_hung(std::string_view how)
{
    hung_over_ = how;
    log::error("kea.hung", spec_.vrf, "kea-dhcp4 " + hung_over_ + "; it is killed, and a new one started",
               {{"pid", pid().value()}});
    const auto killed = kill();
    (void)killed; // it has ended already
}

// Refused: the code is rejected, or not_started where Kea has cleaned its leases up all the time. Others are the
// control channel's.
asio::awaitable<Result<void>> Server::async_set(std::string text)
{
    const auto configuration = parse_configuration(text);
    if (!configuration) {
        co_return configuration.error();
    }
    const auto stall_limit = longest_stall(spec_.timeouts.start);
    const auto limit = apply_limit + lease_allowance(spec_.paths.lease_file);
    const std::function<void()> on_stall = [this] { kill_hung("does nothing over its new configuration"); };
    for (int attempt = 0;; ++attempt) {
        json::object arguments(*configuration);
        const StallWatch watch(executor_, pid(), stall_limit, on_stall);
        const auto reply = co_await channel_.async_command("config-set", std::move(arguments), limit);
        if (!reply) {
            co_return reply.error();
        }
        const auto answered = require_success("config-set", *reply);
        const auto cleanup = cleanup_refusal(*reply);
        if (cleanup == CleanupRefusal::none || attempt >= cleanup_retries) {
            const bool untouched = cleanup == CleanupRefusal::untouched;
            co_return as_refusal(answered, untouched ? StartFailure::not_started : StartFailure::rejected);
        }
        co_await async_sleep(cleanup_pause);
    }
}

asio::awaitable<Error> Server::async_restore(Error failure)
{
    auto previous = read_file(spec_.paths.configuration, configuration_limit);
    Result<void> restored;
    if (previous) {
        restored = co_await async_set(std::move(*previous));
    } else {
        restored = previous.error();
    }
    if (restored) {
        co_return Error(make_error_code(StartFailure::rejected), failure.message())
            .hint("the configuration before is in force");
    }
    co_return Error(make_error_code(StartFailure::died), failure.message())
        .hint("and the configuration before could not be put back: " + restored.error().message());
}

// No answer: nothing where Kea lives and may be asked for something else.
asio::awaitable<std::optional<Error>> Server::async_explain_loss(Error failure)
{
    if (failure.code() == StartFailure::rejected || !process_) {
        co_return std::nullopt;
    }
    if (failure.is(ETIMEDOUT)) {
        kill_hung("has not taken its new configuration in time (a minute, and a second for each MiB of leases)");
    }
    const auto status = co_await process_->async_wait_for(exit_limit);
    if (!status && hung_over_.empty()) {
        co_return std::nullopt;
    }
    const auto what = hung_over_.empty() ? "Kea died while it took the configuration (" + status->describe() + ")"
                                         : "Kea hung while it took the configuration: it " + hung_over_;
    Error lost(make_error_code(StartFailure::died), what);
    co_return lost.hint("its log: " + spec_.paths.log_file);
}

// With a new configuration Kea opens its files again, and where it cannot, it can neither take that one nor the one
// before: so all that it needs is looked at first. An adopted Kea may have been started with another log-dir.
Result<void> Server::prepare_to_apply(std::string_view text) const
{
    const auto& paths = spec_.paths;
    auto prepared = prepare_folders();
    if (!prepared) {
        return prepared;
    }
    // Also for root: EROFS, and EPERM of a folder that is immutable.
    if (::access(paths.state_folder.c_str(), W_OK) != 0) {
        return Error::from_errno("cannot write in " + paths.state_folder);
    }
    return stage_file(paths.configuration, text, spec_.identity.group);
}

asio::awaitable<Result<void>> Server::async_apply(std::string text)
{
    hung_over_.clear();
    const auto prepared = prepare_to_apply(text);
    if (!prepared) {
        const Error why(make_error_code(StartFailure::not_started), prepared.error().message());
        co_return why.hint("Kea goes on with the configuration it runs");
    }
    const auto applied = co_await async_set(text);
    if (applied) {
        co_return commit_file(spec_.paths.configuration);
    }
    discard_file(spec_.paths.configuration);
    if (is_own_shortage(applied.error()) || applied.error().code() == StartFailure::not_started) {
        co_return Error(make_error_code(StartFailure::not_started), applied.error().message())
            .hint("Kea goes on with the configuration it runs");
    }
    const auto lost = co_await async_explain_loss(applied.error());
    if (lost) {
        co_return *lost;
    }
    const auto failure = co_await async_restore(applied.error());
    co_return failure;
}

} // namespace keavrf::kea
