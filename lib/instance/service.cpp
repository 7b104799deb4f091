#include "instance/service.hpp"

#include "core/log.hpp"
#include "process/identity.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace keavrf::instance {

Service::Service(const Environment& environment, VrfName vrf, TaskGroup& tasks, Wakeup& changed)
    : environment_(environment), vrf_(std::move(vrf)), tasks_(tasks), changed_(changed)
{
}

kea::ServerSpec Service::spec(int namespace_fd) const
{
    kea::ServerSpec spec;
    spec.vrf = vrf_;
    spec.binary = environment_.settings->kea.dhcp4;
    spec.version = environment_.kea_version;
    spec.identity = environment_.kea_identity;
    spec.network_namespace = namespace_fd;
    spec.paths = server_paths(vrf_, *environment_.settings);
    spec.timeouts = environment_.settings->kea.timeouts;
    return spec;
}

asio::awaitable<Result<void>> Service::async_check_alive(Clock::duration limit) const
{
    if (!running()) {
        co_return Error("kea-dhcp4 does not run");
    }
    const auto alive = co_await server_->async_check_alive(limit);
    co_return alive;
}

asio::awaitable<Result<kea::LeaseState>> Service::async_lease_state() const
{
    if (!running()) {
        co_return kea::LeaseState::whole;
    }
    const auto state = co_await server_->async_lease_state();
    co_return state;
}

bool Service::control_socket_there() const
{
    struct stat status {};
    return server_ && ::lstat(server_->spec().paths.control_socket.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

void Service::distrust(const std::string& why)
{
    if (distrusted_.empty()) {
        distrusted_ = why;
        log::warning("kea.distrusted", vrf_, "kea-dhcp4 is replaced by a new one: " + why, {{"pid", pid().value()}});
    }
}

asio::awaitable<Result<void>> Service::async_apply(Rendering rendering)
{
    if (!server_) {
        co_return Error("kea-dhcp4 does not run");
    }
    auto spec_now = spec(server_->spec().network_namespace);
    server_->set_spec(std::move(spec_now));
    const auto applied = co_await server_->async_apply(rendering.text);
    if (applied) {
        hash_ = rendering.hash;
        last_taken_ = std::move(rendering);
    }
    co_return applied;
}

asio::awaitable<Result<void>> Service::async_test(std::string configuration) const
{
    if (!running()) {
        co_return Error("kea-dhcp4 does not run");
    }
    const auto tested = co_await server_->async_test(std::move(configuration));
    co_return tested;
}

asio::awaitable<Result<void>> Service::async_stop(std::string because)
{
    if (!server_) {
        co_return Result<void>{};
    }
    const bool gone = co_await async_leases_gone();
    if (!gone) {
        leases_.put_back(); // a cleanup that was seen in its middle
    }
    stopping_ = true;
    ready_ = false;
    loading_ = false;
    if (gone && !leases_.copied()) {
        co_await async_keep_copy();
        static_cast<void>(look_for_leases(Clock::now())); // Kea has gone on meanwhile
    }
    because = distrusted_.empty() ? std::move(because) : distrusted_;
    // That of today: the settings may have changed since this one was started.
    const auto status = co_await server_->async_stop(environment_.settings->kea.timeouts.stop);
    if (!status.ended) {
        const auto pid = server_->pid().value();
        log::error("kea.unkillable", vrf_, "kea-dhcp4 does not end, not even by SIGKILL; is its disk hanging?",
                   {{"pid", pid}});
        distrusted_ = because; // whatever the stop was for
        co_return Error::from_errno("kea-dhcp4, process " + std::to_string(pid) + ", does not end", ETIMEDOUT);
    }
    log::info("kea.stopped", vrf_, "kea-dhcp4 stopped", {{"how", status.describe()}, {"because", because}});
    server_.reset();
    hash_.clear();
    distrusted_.clear();
    const auto back = co_await async_put_leases_back();
    if (!back) {
        log::error("leases.gone", vrf_, back.error().message()); // before the next start it is tried again
    }
    co_return Result<void>{};
}

void Service::kill()
{
    if (server_) {
        const auto killed = server_->kill();
        (void)killed; // it has ended already
    }
}

asio::awaitable<Result<boost::json::value>> Service::async_request(boost::json::object request) const
{
    if (!running()) {
        co_return Error("vrf " + vrf_.str() + ": kea-dhcp4 does not run").hint("keavrfctl status tells why");
    }
    // The server may be replaced meanwhile; the channel is only a path.
    const kea::ControlChannel channel = server_->channel();
    auto reply = co_await channel.async_request(std::move(request));
    co_return reply;
}

bool Service::kill_hung()
{
    const bool first = !std::exchange(hung_, true);
    kill();
    return first;
}

// A turn may see that it has ended before watch() is told.
asio::awaitable<std::optional<Service::Exit>> Service::async_take_exit()
{
    if (server_ && !server_->running()) {
        const auto status = co_await server_->async_wait_exit();
        note_exit(status);
        server_.reset();
        hash_.clear();
    }
    co_return std::exchange(exit_, std::nullopt);
}

bool Service::running() const
{
    return server_ && server_->running();
}

ProcessId Service::pid() const
{
    return running() ? server_->pid() : ProcessId();
}

std::optional<topology::ObservedServer> Service::observe() const
{
    if (!server_) {
        return std::nullopt;
    }
    topology::ObservedServer observed;
    observed.pid = server_->pid();
    observed.process = server_->running() ? topology::Ownership::ours : topology::Ownership::absent;
    observed.configuration_hash = hash_;
    observed.in_order = distrusted_.empty() && (ready_ || loading_);
    return observed;
}

std::optional<RecordedServer> Service::record() const
{
    if (!running()) {
        return std::nullopt;
    }
    RecordedServer recorded;
    const auto identity = process::process_identity(server_->pid());
    recorded.pid = server_->pid();
    recorded.start_time = identity ? identity->start_time : 0;
    // As the kernel names it: a link in the configured path is resolved.
    recorded.executable = identity ? identity->executable : server_->spec().binary;
    recorded.configuration_hash = hash_;
    recorded.answers_probes = answers_probes_;
    recorded.ready = ready_;
    return recorded;
}

Failure Service::kind_of(const Error& error)
{
    return error.code() == kea::StartFailure::rejected ? Failure::rejected : Failure::transient;
}

} // namespace keavrf::instance
