// What becomes of the leases of a Kea whose lease file is gone from its place (kea/lease_watch.hpp).
#include "core/log.hpp"
#include "instance/service.hpp"

#include <exception>

namespace keavrf::instance {

namespace {

// Kea begins a new file in less.
constexpr std::chrono::milliseconds between_looks{50};
constexpr int looks = 4;
constexpr std::chrono::seconds longest_copy{10};

} // namespace

Service::~Service()
{
    const auto copy = kea::kept_copy(server_paths(vrf_, *environment_.settings).lease_file);
    // Of one that runs on, Kea has what is held, unless it has begun another file.
    const bool nobody_has_it = leases_.held() >= 0 && (!running() || leases_.continued());
    if (nobody_has_it && kea::file_number(copy)) {
        log::error(
            "leases.gone", vrf_,
            "the lease file was gone from its place and could not be put back: the next keavrfd tries again, from " +
                copy);
    } else if (nobody_has_it) {
        log::error("leases.lost", vrf_,
                   "the lease file " + server_paths(vrf_, *environment_.settings).lease_file +
                       " was gone from its place and could not be put back: the next Kea does not know its leases");
    }
}

// Looks where its lease file is: true where it is astray.
bool Service::look_for_leases(Clock::time_point now)
{
    const auto& file = server_->spec().paths.lease_file;
    const bool astray = leases_.astray(now, pid(), file);
    if (leases_.take_lost()) {
        log::error("leases.lost", vrf_,
                   "the lease file " + file +
                       " was gone from its place and could not be put back for so long that Kea has cleaned up what it "
                       "wrote since: the next Kea does not know the leases that no client has renewed since");
    }
    return astray;
}

// One that loads its leases opens and closes them.
bool Service::leases_gone()
{
    const auto now = Clock::now();
    return ready() && look_for_leases(now) && leases_.gone(now);
}

asio::awaitable<bool> Service::async_leases_gone()
{
    for (int look = 0; look < looks; ++look) {
        if (!ready() || !look_for_leases(Clock::now())) {
            co_return leases_.held() >= 0;
        }
        co_await async_sleep(between_looks);
    }
    co_return leases_.held() >= 0;
}

asio::awaitable<Result<void>> Service::async_prove_leases()
{
    if (!running()) {
        co_return Result<void>{};
    }
    const auto& file = server_->spec().paths.lease_file;
    if (leases_.lost_older(file)) {
        co_return Error("the lease file " + file + " is gone from its place, and what a cleanup wrote beside it too")
            .hint("Kea alone knows those leases, until they are renewed; to go without them: keavrfctl restart");
    }
    // It may be gone meanwhile.
    const kea::Server server(environment_.executor, server_->spec());
    const auto proved = co_await server.async_prove_leases(leases_.held(), leases_.continued());
    if (proved) {
        leases_.note_copy();
    }
    co_return proved;
}

bool Service::copy_kept() const
{
    return ready() && leases_.held() < 0 && kea::file_number(kea::kept_copy(server_->spec().paths.lease_file));
}

asio::awaitable<bool> Service::async_copy_knows_more() const
{
    const kea::Server server(environment_.executor, server_->spec());
    const bool more = co_await server.async_copy_knows_more();
    co_return more;
}

// For the next keavrfd, should this one be killed before they are put back. They are anyway: nothing waits for it for
// long, or fails with it.
asio::awaitable<void> Service::async_keep_copy()
{
    std::exception_ptr failure;
    try {
        const kea::Server server(environment_.executor, server_->spec());
        const auto kept = co_await server.async_prove_leases(leases_.held(), leases_.continued(), longest_copy);
        static_cast<void>(kept);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure && is_cancellation(failure)) {
        std::rethrow_exception(failure);
    }
}

asio::awaitable<Result<void>> Service::async_put_leases_back()
{
    if (leases_.held() < 0) {
        co_return Result<void>{};
    }
    auto today = spec(-1);
    const kea::Server server(environment_.executor, std::move(today));
    const auto back = co_await server.async_put_leases_back(leases_.held(), leases_.continued());
    if (back) {
        leases_.put_back();
    }
    co_return back;
}

asio::awaitable<void> Service::async_settle_leases()
{
    if (running()) {
        co_return;
    }
    const auto back = co_await async_put_leases_back();
    if (!back) {
        log::error("leases.gone", vrf_, back.error().message());
    }
}

// Removed, and Kea killed, before anybody has looked. Told once, however often a start is tried.
void Service::warn_of_lost_leases()
{
    const auto file = server_paths(vrf_, *environment_.settings).lease_file;
    const auto is_there = [](const std::string& path) { return kea::file_number(path).has_value(); };
    if (leases_.knows_a_file() && !is_there(file) && !is_there(file + ".1") && !is_there(kea::kept_copy(file))) {
        log::error("leases.lost", vrf_,
                   "the lease file " + file +
                       " is gone, and with the Kea that wrote it what it held: the new one does not know these leases, "
                       "and may give them to others (to put it back from a backup: stop keavrfd, copy it there, start "
                       "keavrfd)");
        leases_.begin();
    }
}

} // namespace keavrf::instance
