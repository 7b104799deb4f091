#include "life.hpp"

#include "callers.hpp"
#include "kea_server.hpp"
#include "own_start.hpp"
#include "report.hpp"
#include "support/daemon.hpp"
#include "support/raw_client.hpp"
#include "support/sandbox.hpp"
#include "tenants.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <thread>
#include <vector>

namespace keavrf::endurance {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto one_caller = milliseconds(2);
constexpr auto many_callers = milliseconds(20);
constexpr unsigned stopped_keas = 3;

class Life {
public:
    explicit Life(const Options& options)
        : options_(options), tenants_(options.vrfs == 0 ? 50 : options.vrfs), all_(tenants_.count())
    {
        std::iota(all_.begin(), all_.end(), 0U);
    }
    void run();

private:
    void start();
    void acquire();
    void kill_keas();
    void stop_keas();
    void kill_daemon();
    void stop();
    [[nodiscard]] std::map<std::string, pid_t> keas() const;
    [[nodiscard]] std::size_t forgotten_leases() const;
    void report_time(const std::string& what, const Figures& seen, const std::string& asked, bool met) const
    {
        report(what, text(seen, "ms"), options_.untimed ? "" : asked, options_.untimed || met);
    }
    // From the signal to the next OFFER.
    double signal_kea(unsigned tenant, int number, Clock::duration patience);

    Options options_;
    Tenants tenants_;
    std::vector<unsigned> all_;
    std::optional<test::Daemon> daemon_;
    std::vector<test::Lease> leases_;
    Clock::time_point serving_since_;
};

void Life::run()
{
    start();
    acquire();
    kill_keas();
    stop_keas();
    kill_daemon();
    stop();
}

void Life::start()
{
    const auto start = Clock::now();
    daemon_.emplace(test::Daemon::with(tenants_.yaml()));
    Callers callers(tenants_, all_);
    const auto times = callers.call(start, many_callers, seconds(60));
    std::vector<double> served;
    for (const auto& time : times) {
        BOOST_REQUIRE_MESSAGE(time.has_value(), "a VRF does not serve:\n" << daemon_->log());
        served.push_back(milliseconds_of(*time));
    }
    for (const auto tenant : all_) {
        daemon_->wait_until(Tenants::vrf(tenant), "serving");
    }
    serving_since_ = Clock::now();
    report(std::to_string(tenants_.count()) + " VRFs from nothing to each one's OFFER", text(figures_of(served), "ms"),
           "", true);
}

void Life::acquire()
{
    for (const auto tenant : all_) {
        test::RawClient client(tenants_.clients(), Tenants::client_interface(tenant), Tenants::mac(tenant));
        const auto lease = client.acquire();
        BOOST_REQUIRE_MESSAGE(lease.has_value(), daemon_->log());
        leases_.push_back(*lease);
    }
}

std::size_t Life::forgotten_leases() const
{
    std::size_t forgotten = 0;
    for (const auto tenant : all_) {
        test::RawClient client(tenants_.clients(), Tenants::client_interface(tenant), Tenants::mac(tenant));
        const auto answer = client.reboot(leases_[tenant].address);
        const bool known =
            answer && answer->message.type() == test::type::ack && answer->message.yiaddr == leases_[tenant].address;
        forgotten += known ? 0 : 1;
    }
    return forgotten;
}

std::map<std::string, pid_t> Life::keas() const
{
    std::map<std::string, pid_t> found;
    const auto status = daemon_->status();
    BOOST_REQUIRE(status.has_value());
    for (const auto& instance : status->instances) {
        found[instance.vrf.str()] = instance.kea.value();
    }
    return found;
}

double Life::signal_kea(unsigned tenant, int number, Clock::duration patience)
{
    Callers caller(tenants_, {tenant});
    const auto kea = daemon_->kea(Tenants::vrf(tenant));
    BOOST_REQUIRE(kea > 0);
    const auto start = Clock::now();
    ::kill(kea, number);
    const auto time = caller.call(start, one_caller, patience).front();
    BOOST_REQUIRE_MESSAGE(time.has_value(), Tenants::vrf(tenant) << " does not serve again:\n" << daemon_->log());
    return milliseconds_of(*time);
}

// One VRF after the other, each once, so that each has served for as long as asked.
void Life::kill_keas()
{
    std::this_thread::sleep_until(serving_since_ + options_.service);
    OwnStart own_start;
    std::vector<double> away;
    std::vector<double> starts;
    for (const auto tenant : all_) {
        away.push_back(signal_kea(tenant, SIGKILL, seconds(30)));
        starts.push_back(milliseconds_of(own_start.measure()));
    }
    const auto own = figures_of(starts);
    const auto again = figures_of(away);
    report("Kea's own start, exec to OFFER", text(own, "ms"), "", true);
    report_time("Kea killed, to the next OFFER", again, "p99 within 100 ms + Kea's own", again.p99 <= 100 + own.p99);
    const auto forgotten = forgotten_leases();
    report("  leases forgotten", std::to_string(forgotten), "none", forgotten == 0);
}

void Life::stop_keas()
{
    std::vector<double> away;
    for (unsigned tenant = 0; tenant < std::min(stopped_keas, tenants_.count()); ++tenant) {
        away.push_back(signal_kea(tenant, SIGSTOP, seconds(60)));
    }
    const auto again = figures_of(away);
    report_time("Kea stopped (SIGSTOP), to the next OFFER", again, "within 10 s", again.most <= 10'000);
}

void Life::kill_daemon()
{
    std::vector<double> away;
    bool same = true;
    std::size_t doubled = 0;
    for (unsigned round = 0; round < (options_.rounds == 0 ? 5 : options_.rounds); ++round) {
        const auto before = keas();
        ::kill(daemon_->pid(), SIGKILL);
        BOOST_REQUIRE(daemon_->program().wait_for_exit().has_value());
        Callers callers(tenants_, all_);
        const auto start = Clock::now();
        daemon_.emplace(test::Daemon::with(tenants_.yaml()));
        for (const auto& time : callers.call(start, many_callers, seconds(30))) {
            BOOST_REQUIRE_MESSAGE(time.has_value(), "a VRF is not relayed again:\n" << daemon_->log());
            away.push_back(milliseconds_of(*time));
        }
        for (const auto tenant : all_) {
            daemon_->wait_until(Tenants::vrf(tenant), "serving");
        }
        same = same && keas() == before;
        doubled += test::processes_with("kea-dhcp4").size() - tenants_.count();
    }
    const auto again = figures_of(away);
    report_time("keavrfd killed and started, to each VRF's OFFER", again, "within 300 ms", again.most <= 300);
    report("  every Kea keeps its pid", same ? "yes" : "no", "yes", same);
    report("  Keas more than VRFs", std::to_string(doubled), "none", doubled == 0);
    const auto forgotten = forgotten_leases();
    report("  leases forgotten", std::to_string(forgotten), "none", forgotten == 0);
}

void Life::stop()
{
    const auto start = Clock::now();
    daemon_->program().signal(SIGTERM);
    while (daemon_->program().running() && Clock::now() < start + seconds(30)) {
        std::this_thread::sleep_for(milliseconds(1));
    }
    const auto took = milliseconds_of(Clock::now() - start);
    const auto left = test::Sandbox::leftovers().size();
    report_time("stop with " + std::to_string(tenants_.count()) + " VRFs", figures_of({took}), "within 2 s",
                took <= 2000);
    report("  processes and namespaces left", std::to_string(left), "none", left == 0);
}

} // namespace

void life(const Options& options)
{
    Life(options).run();
}

} // namespace keavrf::endurance
