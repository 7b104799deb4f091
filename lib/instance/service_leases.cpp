// What becomes of the leases of a Kea whose lease file is gone from its place (kea/lease_watch.hpp).
#include "core/log.hpp"
#include "instance/service.hpp"

namespace keavrf::instance {

namespace {

// Kea begins a new file in less.
constexpr std::chrono::milliseconds between_looks{50};
constexpr int looks = 4;

} // namespace

Service::~Service()
{
    if (leases_.held() >= 0 && !running()) {
        log::error("leases.lost", vrf_,
                   "the lease file " + server_paths(vrf_, *environment_.settings).lease_file +
                       " was gone from its place and could not be put back: the next Kea does not know its leases");
    }
}

// One that loads its leases opens and closes them.
bool Service::leases_gone()
{
    const auto now = Clock::now();
    return ready() && leases_.astray(now, pid(), server_->spec().paths.lease_file) && leases_.gone(now);
}

asio::awaitable<bool> Service::async_leases_gone()
{
    for (int look = 0; look < looks; ++look) {
        if (!ready() || !leases_.astray(Clock::now(), pid(), server_->spec().paths.lease_file)) {
            co_return leases_.held() >= 0;
        }
        co_await async_sleep(between_looks);
    }
    co_return leases_.held() >= 0;
}

asio::awaitable<Result<void>> Service::async_prove_leases() const
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
    const auto proved = co_await server.async_prove_leases(leases_.held());
    co_return proved;
}

asio::awaitable<Result<void>> Service::async_put_leases_back()
{
    if (leases_.held() < 0) {
        co_return Result<void>{};
    }
    auto today = spec(-1);
    const kea::Server server(environment_.executor, std::move(today));
    const auto back = co_await server.async_put_leases_back(leases_.held());
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
    if (leases_.knows_a_file() && !kea::file_number(file) && !kea::file_number(file + ".1")) {
        log::error("leases.lost", vrf_,
                   "the lease file " + file +
                       " is gone, and with the Kea that wrote it what it held: the new one does not know these leases, "
                       "and may give them to others (put it back from a backup, then: keavrfctl restart)");
        leases_.begin();
    }
}

} // namespace keavrf::instance
