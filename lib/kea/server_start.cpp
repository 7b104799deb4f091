#include "core/file.hpp"
#include "core/log.hpp"
#include "kea/check.hpp"
#include "kea/environment.hpp"
#include "kea/failure_reason.hpp"
#include "kea/file_users.hpp"
#include "kea/folders.hpp"
#include "kea/former_lock.hpp"
#include "kea/lease_file.hpp"
#include "kea/lease_rescue.hpp"
#include "kea/reply.hpp"
#include "kea/server.hpp"
#include "process/privileges.hpp"

#include <boost/asio/post.hpp>
#include <boost/json/array.hpp>

#include <linux/capability.h>

#include <algorithm>
#include <cerrno>

namespace keavrf::kea {

namespace json = boost::json;

namespace {

constexpr Clock::duration shortest_poll = std::chrono::milliseconds(10);
constexpr Clock::duration longest_poll = std::chrono::milliseconds(100);
// Asking costs at most this part of the wait, whatever Kea's start takes: 50 ms, or half a second on a slow machine.
constexpr int poll_part = 32;
constexpr std::size_t reason_bytes = 65536;
// Of Kea's folder, when it is cleared.
constexpr std::size_t names_a_turn = 256;
constexpr unsigned most_turns = 256;
constexpr std::size_t configuration_limit = std::size_t{64} << 20U;
// Kea waits in select(2), which knows no descriptor above this.
constexpr rlim_t select_limit = 1024;

Error start_error(StartFailure failure, const std::string& message)
{
    return {make_error_code(failure), message};
}

std::vector<process::ResourceLimit> kea_limits()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return {};
    }
    return {{RLIMIT_NOFILE, std::min(limit.rlim_max, select_limit), limit.rlim_max}};
}

process::SpawnOptions server_options(const ServerSpec& spec, int lock, int output)
{
    process::SpawnOptions options;
    options.path = spec.binary;
    options.arguments = {"-c", spec.paths.configuration};
    options.environment = kea_environment(spec.paths);
    options.network_namespace = spec.network_namespace;
    options.identity = spec.identity;
    options.capabilities = process::capability_bit(CAP_NET_BIND_SERVICE);
    options.standard_input = lock;
    options.standard_output = output;
    options.standard_error = output;
    options.limits = kea_limits();
    options.apparmor_profile = apparmor_profile;
    return options;
}

void warn_unconfined(const VrfName& vrf, process::Confinement confinement)
{
    static bool warned = false;
    if (confinement == process::Confinement::unconfined && !warned) {
        warned = true;
        log::warning(
            "kea.unconfined", vrf,
            "the AppArmor profile keavrfd-kea is not loaded: Kea runs unconfined (install the profile and load "
            "it with apparmor_parser -r)");
    }
}

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

asio::awaitable<Result<UniqueFd>> Server::async_lock_leases() const
{
    const auto paths = spec_.paths;
    auto lock = lock_file(paths.lease_lock);
    if (!lock && lock.error().is(EWOULDBLOCK)) {
        const auto who = co_await async_users_of(paths.lease_lock, Access::any);
        const auto why = "another process still works on " + paths.lease_file + ": " + who + " holds " +
                         paths.lease_lock + " (stop it; this VRF is served then)";
        co_return start_error(StartFailure::busy, why);
    }
    if (!lock) {
        co_return start_error(StartFailure::not_started, lock.error().message());
    }
    const auto former = clear_former_lock(paths);
    if (!former) {
        co_return start_error(former.error().is(EWOULDBLOCK) ? StartFailure::busy : StartFailure::not_started,
                              former.error().message());
    }
    co_return lock;
}

// What earlier processes left, and Kea would take for a living one's: it does not start, or reads no leases, when a pid
// file is empty or names any live process. kea-lfc inherits the lock too, so its pid file beside the leases is as
// stale. Others have their turn between the pieces of a folder that somebody has filled.
asio::awaitable<Result<void>> Server::async_clear_stale_files() const
{
    const auto folder = spec_.paths.kea_folder;
    for (unsigned turn = 0; turn < most_turns; ++turn) {
        const auto cleared = clear_folder(folder, names_a_turn);
        if (!cleared) {
            co_return start_error(StartFailure::not_started, cleared.error().message());
        }
        if (*cleared) {
            const auto removed = remove_file(spec_.paths.lease_file + ".pid");
            if (!removed) {
                co_return start_error(StartFailure::not_started, removed.error().message());
            }
            co_return Result<void>{};
        }
        co_await asio::post(executor_, asio::use_awaitable);
    }
    co_return start_error(StartFailure::not_started,
                          "too many files in " + folder + ", which only Kea's user can make");
}

LeaseTask Server::lease_task(int lock) const
{
    const auto text = read_file(spec_.paths.configuration, configuration_limit);
    LeaseTask task;
    task.vrf = spec_.vrf;
    task.lease_file = spec_.paths.lease_file;
    task.subnets = text ? lease_subnets(*text) : LeaseSubnets();
    task.identity = spec_.identity;
    task.lock = lock;
    return task;
}

asio::awaitable<Result<LeaseState>> Server::async_lease_state() const
{
    auto task = lease_task(-1);
    const auto state = co_await kea::async_lease_state(std::move(task));
    co_return state;
}

asio::awaitable<Result<void>> Server::async_put_leases_back(int source) const
{
    const auto prepared = prepare_state_folder();
    if (!prepared) {
        co_return start_error(StartFailure::not_started, prepared.error().message());
    }
    const auto lock = co_await async_lock_leases();
    if (!lock) {
        co_return lock.error();
    }
    auto task = lease_task(lock->get());
    const auto done = co_await async_rescue_leases(std::move(task), source, Rescue::carry_out);
    if (!done) {
        co_return start_error(StartFailure::not_started, done.error().message())
            .hint("no Kea is started, since it would forget leases");
    }
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Server::async_prove_leases(int source) const
{
    const auto prepared = prepare_state_folder();
    if (!prepared) {
        co_return prepared;
    }
    auto task = lease_task(-1);
    const auto done = co_await async_rescue_leases(std::move(task), source, Rescue::prove);
    co_return done;
}

// The lock's descriptor lives on in Kea.
Result<void> Server::launch(const UniqueFd& lock)
{
    const auto& paths = spec_.paths;
    const auto output = create_output_file(paths.output_file);
    if (!output) {
        return start_error(StartFailure::not_started, output.error().message());
    }
    log_offset_ = file_size(paths.log_file);
    auto spawned = process::spawn(executor_, server_options(spec_, lock.get(), output->get()));
    if (!spawned) {
        const auto& error = spawned.error();
        const bool program = error.is(EACCES) || error.is(ENOENT) || error.is(ENOEXEC);
        return start_error(StartFailure::not_started,
                           error.message() + (program
                                                  ? " (kea.dhcp4 names the program: is it there, and may Kea's user "
                                                    "execute it?)"
                                                  : ""));
    }
    warn_unconfined(spec_.vrf, spawned->confinement);
    process_ = std::move(spawned->process);
    return {};
}

asio::awaitable<Result<void>> Server::async_start(std::optional<Clock::duration> deadline,
                                                  std::function<void()> launched)
{
    if (running()) {
        co_return start_error(StartFailure::busy, "Kea runs already");
    }
    process_.reset();
    const auto lock = co_await async_lock_leases();
    if (!lock) {
        co_return lock.error();
    }
    const auto cleared = co_await async_clear_stale_files();
    if (!cleared) {
        co_return cleared.error();
    }
    auto task = lease_task(lock->get());
    const auto mended = co_await async_mend_leases(std::move(task));
    if (!mended) {
        const bool in_use = mended.error().is(EWOULDBLOCK);
        co_return start_error(in_use ? StartFailure::busy : StartFailure::not_started, mended.error().message());
    }
    auto begun = launch(*lock);
    if (!begun) {
        co_return begun;
    }
    if (launched) {
        launched();
    }
    const auto limit = deadline.value_or(spec_.timeouts.start) + lease_allowance(spec_.paths.lease_file);
    auto ready = co_await async_wait_ready(limit);
    co_return ready;
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
    while (Clock::now() < end) {
        const auto pause = std::clamp((Clock::now() - begin) / poll_part, shortest_poll, longest_poll);
        const auto status = co_await process_->async_wait_for(pause);
        if (status) {
            const auto death = co_await async_explain_death(*status);
            co_return death;
        }
        json::object no_arguments;
        const auto reply = co_await channel_.async_command("status-get", std::move(no_arguments), end - Clock::now());
        if (reply && socket_trouble(*reply).empty()) {
            co_return Result<void>();
        }
        if (!reply && is_own_shortage(reply.error())) {
            end = Clock::now() + deadline; // it may be ready by now, and nobody can look
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
