// How a Kea begins: with its leases locked and whole, and nothing in its way that an earlier one left.
#include "core/file.hpp"
#include "core/log.hpp"
#include "kea/environment.hpp"
#include "kea/file_users.hpp"
#include "kea/folders.hpp"
#include "kea/former_lock.hpp"
#include "kea/lease_file.hpp"
#include "kea/lease_rescue.hpp"
#include "kea/server.hpp"
#include "kea/start_error.hpp"
#include "process/privileges.hpp"

#include <boost/asio/post.hpp>

#include <linux/capability.h>

#include <algorithm>
#include <cerrno>

namespace keavrf::kea {

namespace {

// Of Kea's folder, when it is cleared.
constexpr std::size_t names_a_turn = 256;
constexpr unsigned most_turns = 256;
constexpr std::size_t configuration_limit = std::size_t{64} << 20U;
// Kea waits in select(2), which knows no descriptor above this. The hard one too: who was taken over shall hide no file
// among thousands (instance/strays.hpp).
constexpr rlim_t select_limit = 1024;

std::vector<process::ResourceLimit> kea_limits()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return {};
    }
    const auto most = std::min(limit.rlim_max, select_limit);
    return {{RLIMIT_NOFILE, most, most}};
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
    if (!former && former.error().is(EWOULDBLOCK)) {
        const auto who = co_await async_users_of(paths.former_lock, Access::any);
        const auto why = "a Kea of an earlier keavrfd, or its kea-lfc, still works on " + paths.lease_file + ": " +
                         who + " holds " + paths.former_lock + " (stop it; this VRF is served then)";
        co_return start_error(StartFailure::busy, why);
    }
    if (!former) {
        co_return start_error(StartFailure::not_started, former.error().message());
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

LeaseTask Server::copy_task(int lock) const
{
    LeaseTask task;
    task.vrf = spec_.vrf;
    task.lease_file = spec_.paths.lease_file;
    task.identity = spec_.identity;
    task.lock = lock;
    return task;
}

LeaseTask Server::lease_task(int lock) const
{
    const auto text = read_file(spec_.paths.configuration, configuration_limit);
    auto task = copy_task(lock);
    task.subnets = text ? lease_subnets(*text) : LeaseSubnets();
    return task;
}

asio::awaitable<Result<LeaseState>> Server::async_lease_state() const
{
    auto task = lease_task(-1);
    const auto state = co_await kea::async_lease_state(std::move(task));
    co_return state;
}

asio::awaitable<Result<void>> Server::async_put_leases_back(int source, bool continued) const
{
    const auto prepared = prepare_state_folder();
    if (!prepared) {
        co_return start_error(StartFailure::not_started, prepared.error().message());
    }
    const auto lock = co_await async_lock_leases();
    if (!lock) {
        co_return lock.error();
    }
    auto task = copy_task(lock->get());
    const auto rescue = continued ? Rescue::merge : Rescue::carry_out;
    const auto done = co_await async_rescue_leases(std::move(task), source, rescue);
    if (!done) {
        co_return start_error(StartFailure::not_started, done.error().message())
            .hint("no Kea is started, since it would forget leases");
    }
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Server::async_prove_leases(int source, bool continued,
                                                         std::optional<Clock::duration> limit) const
{
    const auto prepared = prepare_state_folder();
    if (!prepared) {
        co_return prepared;
    }
    auto task = copy_task(-1);
    task.mend_limit = limit;
    const auto rescue = continued ? Rescue::prove_merge : Rescue::prove;
    const auto done = co_await async_rescue_leases(std::move(task), source, rescue);
    co_return done;
}

asio::awaitable<bool> Server::async_copy_knows_more() const
{
    auto task = copy_task(-1);
    const bool more = co_await kea::async_copy_knows_more(std::move(task));
    co_return more;
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

// For as long as a start is on its way, however that ends.
class Server::Starting {
public:
    explicit Starting(std::optional<ServerStart>& start) : start_(start) { start_.emplace(); }
    Starting(const Starting&) = delete;
    Starting& operator=(const Starting&) = delete;
    ~Starting() { start_.reset(); }

private:
    std::optional<ServerStart>& start_;
};

asio::awaitable<Result<void>> Server::async_start(std::optional<Clock::duration> deadline,
                                                  std::function<void()> launched)
{
    if (running()) {
        co_return start_error(StartFailure::busy, "Kea runs already");
    }
    process_.reset();
    const Starting starting(start_);
    auto started = co_await async_start_watched(deadline.value_or(spec_.timeouts.start), std::move(launched));
    co_return started;
}

asio::awaitable<Result<void>> Server::async_start_watched(Clock::duration deadline, std::function<void()> launched)
{
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
    if (start_->called_off || !start_->wanted) {
        co_return start_error(StartFailure::given_up, "Kea was not started, since something else is wanted by now");
    }
    auto begun = launch(*lock);
    if (!begun) {
        co_return begun;
    }
    if (launched) {
        launched();
    }
    const auto limit = deadline + lease_allowance(spec_.paths.lease_file);
    auto ready = co_await async_wait_ready(limit);
    co_return ready;
}

} // namespace keavrf::kea
