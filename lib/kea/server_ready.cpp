// From a Kea's birth until it is ready, or has ended, or nobody wants it any more.
#include "core/file.hpp"
#include "kea/check.hpp"
#include "kea/failure_reason.hpp"
#include "kea/folders.hpp"
#include "kea/reply.hpp"
#include "kea/server.hpp"
#include "kea/stall_watch.hpp"
#include "kea/start_error.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace keavrf::kea {

namespace json = boost::json;

namespace {

constexpr Clock::duration shortest_poll = std::chrono::milliseconds(10);
constexpr Clock::duration longest_poll = std::chrono::milliseconds(100);
// Asking costs at most this part of the wait, whatever Kea's start takes: 50 ms, or half a second on a slow machine.
constexpr int poll_part = 32;
constexpr std::size_t reason_bytes = 65536;
constexpr std::size_t configuration_limit = std::size_t{64} << 20U;
// A Kea that starts and takes no processor time for so long hangs, or the machine is slow: reason enough to end it
// where nobody wants it as it is started.
constexpr Clock::duration idle_limit = std::chrono::seconds(2);

// What keeps it from serving, by its own word; empty when nothing does.
std::string socket_trouble(const json::value& reply)
{
    const auto* arguments = reply_arguments(reply);
    const auto* value = arguments == nullptr ? nullptr : arguments->if_contains("sockets");
    const auto* sockets = value == nullptr ? nullptr : value->if_object();
    const auto* status = sockets == nullptr ? nullptr : sockets->if_contains("status");
    if (status == nullptr || !status->is_string() || status->get_string() == "ready") {
        return {};
    }
    const auto* errors = sockets->if_contains("errors");
    const auto* list = errors == nullptr ? nullptr : errors->if_array();
    const bool told = list != nullptr && !list->empty() && list->front().is_string();
    return told ? std::string(list->front().get_string().c_str()) : std::string("its sockets are not open");
}

// Refused by `kea-dhcp4 -t` for what is in the text, not for what its surroundings lack.
bool is_rejection(const Error& refusal)
{
    return refusal.message().find("Failed to select interface") == std::string::npos;
}

std::string seconds_text(Clock::duration duration)
{
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    return milliseconds % 1000 == 0 ? std::to_string(milliseconds / 1000) + " s" : std::to_string(milliseconds) + " ms";
}

} // namespace

void Server::give_up_start()
{
    if (start_) {
        start_->called_off = true;
        end_useless_start();
    }
}

void Server::want_start(bool wanted)
{
    if (start_) {
        start_->wanted = wanted;
        end_useless_start();
    }
}

void Server::note_idle()
{
    start_->idle = true;
    end_useless_start();
}

// By its end whoever waits for it learns of it.
void Server::end_useless_start()
{
    const bool useless = start_->called_off || (!start_->wanted && start_->idle);
    if (useless && running()) {
        start_->given_up = true;
        const auto killed = kill();
        (void)killed; // it has ended already
    }
}

asio::awaitable<Result<void>> Server::async_check_alive(Clock::duration limit) const
{
    json::object no_arguments;
    const auto reply = co_await channel_.async_command("status-get", std::move(no_arguments), limit);
    if (!reply) {
        co_return reply.error();
    }
    const auto trouble = socket_trouble(*reply);
    co_return trouble.empty() ? Result<void>() : Result<void>(Error(trouble));
}

asio::awaitable<Result<void>> Server::async_wait_ready(Clock::duration deadline)
{
    const auto begin = Clock::now();
    auto end = begin + deadline;
    std::string trouble;
    const std::function<void()> on_stall = [this] { note_idle(); };
    const StallWatch watch(executor_, pid(), idle_limit, on_stall);
    while (Clock::now() < end) {
        const auto pause = std::clamp((Clock::now() - begin) / poll_part, shortest_poll, longest_poll);
        const auto status = co_await process_->async_wait_for(pause);
        if (status && start_->given_up) {
            process_.reset();
            co_return start_error(StartFailure::given_up,
                                  "Kea, which was not ready yet, was ended, since something else is wanted by now");
        }
        if (status) {
            const auto death = co_await async_explain_death(*status);
            co_return death;
        }
        const auto reply = co_await channel_.async_ask_starting(end - Clock::now());
        if (reply && socket_trouble(*reply).empty()) {
            co_return Result<void>();
        }
        if (!reply && is_own_shortage(reply.error())) {
            end = Clock::now() + deadline; // it may be ready by now, and nobody can look
        }
        if (reply) {
            note_idle();
        }
        // What Kea itself said says more than that it said nothing since.
        if (reply || trouble.empty()) {
            trouble = reply ? socket_trouble(*reply) : reply.error().message();
        }
    }
    // One that does not end keeps the lock, and with it every other from these leases.
    const auto stopped = co_await process_->async_stop(Clock::duration::zero());
    process_.reset();
    co_return start_error(StartFailure::timed_out, "Kea was not ready within " + seconds_text(deadline) + ": " +
                                                       (stopped.ended ? trouble : "it " + stopped.describe()));
}

asio::awaitable<Error> Server::async_explain_death(process::ExitStatus status)
{
    process_.reset();
    const auto& paths = spec_.paths;
    const auto said =
        read_tail(paths.output_file, 0, reason_bytes) + read_tail(paths.log_file, log_offset_, reason_bytes);
    const auto reason = failure_reason(said);
    const auto message = "Kea " + status.describe() + (reason.empty() ? "" : ": " + reason);
    const auto text = read_file(paths.configuration, configuration_limit);
    if (!text || !status.exited) {
        co_return start_error(StartFailure::died, message);
    }
    // Its exit code says 1 for everything: a second opinion on the configuration alone.
    CheckSpec check;
    check.binary = spec_.binary;
    check.text = *text;
    check.network_namespace = spec_.network_namespace;
    check.identity = spec_.identity;
    check.paths = paths;
    const auto checked = co_await async_check(std::move(check));
    const bool rejected = !checked && checked.error().code() == StartFailure::rejected && is_rejection(checked.error());
    co_return start_error(rejected ? StartFailure::rejected : StartFailure::died, message);
}

} // namespace keavrf::kea
