// How a Kea begins to be this service's: started, or taken over from an earlier keavrfd; from then on its exit is
// waited for.
#include "core/file.hpp"
#include "core/log.hpp"
#include "instance/service.hpp"

#include <utility>

namespace keavrf::instance {

namespace {

constexpr std::size_t configuration_limit = std::size_t{64} << 20U;

} // namespace

asio::awaitable<Result<void>> Service::async_start(int namespace_fd, Rendering rendering,
                                                   std::function<void()> launched)
{
    const auto back = co_await async_put_leases_back();
    if (!back) {
        co_return back;
    }
    warn_of_lost_leases();
    server_.emplace(environment_.executor, spec(namespace_fd));
    exit_.reset();
    stopping_ = false;
    distrusted_.clear();
    ready_ = false;
    answers_probes_ = false;
    loading_ = false;
    auto prepared = server_->prepare_folders();
    if (prepared) {
        prepared = server_->write_configuration(rendering.text);
    }
    if (!prepared) {
        server_.reset();
        co_return prepared;
    }
    const auto limit = start_limit();
    ++starts_;
    hash_ = rendering.hash;
    const auto started = co_await server_->async_start(limit, std::move(launched));
    if (!started) {
        // A million leases take their time: the next attempt gets twice as long.
        if (started.error().code() == kea::StartFailure::timed_out) {
            start_limit_.timed_out(limit);
        }
        if (kind_of(started.error()) == Failure::rejected && last_taken_ && last_taken_->hash == rendering.hash) {
            last_taken_.reset();
        }
        server_.reset();
        hash_.clear();
        co_return started;
    }
    start_limit_.was_ready();
    last_taken_ = std::move(rendering);
    watch_running();
    co_return Result<void>{};
}

void Service::give_up_start()
{
    if (server_) {
        server_->give_up_start();
    }
}

void Service::want(const std::string& hash)
{
    if (server_) {
        server_->want_start(hash == hash_);
    }
}

Result<void> Service::adopt(int namespace_fd, const process::ProcessIdentity& identity, const RecordedServer& recorded)
{
    server_.emplace(environment_.executor, spec(namespace_fd));
    auto adopted = server_->adopt(identity);
    if (!adopted) {
        server_.reset();
        return adopted;
    }
    hash_ = recorded.configuration_hash;
    answers_probes_ = recorded.answers_probes;
    start_limit_.was_ready();
    ++starts_;
    remember_what_it_took();
    watch_running();
    // One that is told a configuration reads all its leases again.
    loading_ = !recorded.ready || hash_.empty();
    ready_ = !loading_;
    return {};
}

void Service::confirm_ready()
{
    ready_ = std::exchange(loading_, false) || ready_; // one that is being stopped is neither
}

Clock::duration Service::start_allowance() const
{
    return environment_.settings->kea.timeouts.start +
           kea::lease_allowance(server_paths(vrf_, *environment_.settings).lease_file);
}

// The file holds what Kea took last; whether it runs something else by now is what an empty hash says.
void Service::remember_what_it_took()
{
    auto text = read_file(server_->spec().paths.configuration, configuration_limit);
    if (!text || !is_for_leases_of(*text, server_->spec().paths)) {
        return;
    }
    auto taken = rendered(std::move(*text));
    if (hash_.empty() || hash_ == taken.hash) {
        last_taken_ = std::move(taken);
    }
}

// One whose exit nobody waits for is not in order.
void Service::watch_running()
{
    serving_since_ = Clock::now();
    pid_ = server_->pid();
    hung_ = false;
    tasks_.spawn("kea exit", watch(server_->async_wait_exit(), starts_));
    ready_ = true;
    loading_ = false;
    leases_.begin();
    follow_as_told();
}

asio::awaitable<void> Service::watch(asio::awaitable<process::ExitStatus> exit, std::uint64_t start)
{
    const auto status = co_await std::move(exit);
    // Told late of one that was stopped, while the next is on its way: that is no exit of the next.
    if (start == starts_ && server_ && !running()) {
        note_exit(status);
    }
    changed_.notify();
}

void Service::note_exit(const process::ExitStatus& status)
{
    const bool by_itself = ready_ || loading_;
    if (!by_itself || exit_) {
        return;
    }
    const auto what = hung_ ? std::string("did not answer any more and was killed") : status.describe();
    exit_ = Exit{what, Clock::now() - serving_since_};
    log::warning("kea.exited", vrf_, "kea-dhcp4 ended by itself",
                 {{"pid", pid_.value()}, {"how", status.describe()}, {"log", server_->spec().paths.log_file}});
}

} // namespace keavrf::instance
