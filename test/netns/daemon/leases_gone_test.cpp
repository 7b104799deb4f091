// A lease file that somebody removes under a running Kea costs no lease: what Kea has open is put back, before another
// Kea has forgotten it.
#include "own_disk.hpp"
#include "support/lab.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>

using namespace keavrf::test;

namespace {

namespace fs = std::filesystem;

const std::string state_folder = "/var/lib/keavrfd/red";
const std::string lease_file = state_folder + "/kea-leases4.csv";
const Mac other_mac{0x02, 0, 0, 0, 0, 0x02};
constexpr auto noticed = 20s; // at the second audit

std::string configuration(unsigned lifetime)
{
    return "vrfs:\n  red: {device: none, interfaces: [eth1], dhcp4: {valid-lifetime: " + std::to_string(lifetime) +
           "}}\n";
}

struct Holder : Lab {
    Tenant tenant = add_tenant("eth1", "192.168.1.1/24");
    RawClient one = tenant.client();
    RawClient two = tenant.client(other_mac);
    std::unique_ptr<OwnDisk> own_disk;
    Daemon daemon;
    pid_t kea;
    std::optional<Lease> lease;

    explicit Holder(const std::string& front = {}, bool on_own_disk = false)
        : own_disk(on_own_disk ? std::make_unique<OwnDisk>(state_folder, "size=64k") : nullptr),
          daemon(Daemon::with(front + configuration(3600))), kea(daemon.wait_until("red", "serving").kea.value()),
          lease(one.acquire())
    {
        BOOST_REQUIRE_MESSAGE(lease, daemon.log());
    }
    void wait_for_another_kea()
    {
        const auto other = [this](const auto& now) {
            return now.state == "serving" && now.kea.value() != kea && now.kea.value() != 0;
        };
        BOOST_REQUIRE_MESSAGE(daemon.becomes("red", other, noticed), daemon.log());
        kea = daemon.kea("red");
    }
    void check_that_it_is_known()
    {
        const auto answer = one.rebind(*lease);
        BOOST_REQUIRE_MESSAGE(answer, daemon.log());
        BOOST_TEST(answer->message.type() == type::ack, describe(answer));
        const auto others = two.acquire();
        BOOST_REQUIRE_MESSAGE(others, daemon.log());
        BOOST_TEST(others->address != lease->address, "given to another:\n" << daemon.log());
    }
};

struct Kept : Holder {
    Kept() : Holder("on-exit: keep\n") {}
};

struct OnItsOwnDisk : Holder {
    OnItsOwnDisk() : Holder("", true) {}
};

} // namespace

BOOST_AUTO_TEST_SUITE(leases_gone)

BOOST_FIXTURE_TEST_CASE(a_lease_is_given_to_no_other_after_its_file_was_removed_and_kea_killed, Holder)
{
    fs::remove(lease_file);
    BOOST_TEST(daemon.logs({"leases.put-back", "red"}, noticed), daemon.log());
    wait_for_another_kea();
    BOOST_TEST(!daemon.log_lines({"kea.distrusted", "red", "lease file is gone"}).empty(), daemon.log());
    ::kill(kea, SIGKILL);
    wait_for_another_kea();
    check_that_it_is_known();
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(it_is_looked_for_before_a_reload_a_restart_and_a_stop, Holder)
{
    fs::rename(lease_file, state_folder + "/moved");
    daemon.write_configuration(configuration(3601));
    BOOST_TEST(daemon.reload(), daemon.log());
    wait_for_another_kea();
    BOOST_TEST(daemon.log_lines({"leases.put-back", "red"}).size() == 1U, daemon.log());
    fs::remove_all(state_folder);
    BOOST_TEST(daemon.command({{"command", "vrf-restart"}, {"vrf", "red"}}).result == 0);
    wait_for_another_kea();
    BOOST_TEST(daemon.log_lines({"leases.put-back", "red"}).size() == 2U, daemon.log());
    fs::remove_all(state_folder);
    daemon.stop();
    daemon = Daemon::with(configuration(3602));
    daemon.wait_until("red", "serving");
    check_that_it_is_known();
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(it_is_missed_when_a_kea_is_adopted_and_what_bears_its_name_is_set_aside, Kept)
{
    daemon.stop();
    std::ofstream("/run/secret") << "secret";
    fs::remove(lease_file);
    fs::create_symlink("/run/secret", lease_file);
    daemon = Daemon::with(configuration(3600));
    wait_for_another_kea();
    BOOST_TEST(!daemon.log_lines({"kea.adopted", "red"}).empty(), daemon.log());
    BOOST_TEST(!daemon.log_lines({"leases.put-back", "red", "set-aside-1"}).empty(), daemon.log());
    check_that_it_is_known();
    std::ostringstream secret;
    secret << std::ifstream("/run/secret").rdbuf();
    BOOST_TEST(secret.str() == "secret");
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_kea_whose_leases_cannot_be_put_back_serves_on_and_no_reload_makes_it_forget_them,
                        OnItsOwnDisk)
{
    fs::remove(lease_file);
    own_disk->fill();
    const auto warns = [](const auto& now) {
        return !now.warnings.empty() && now.warnings.back().find("cannot be put back") != std::string::npos;
    };
    BOOST_TEST(daemon.becomes("red", warns, noticed), daemon.log());
    BOOST_TEST(daemon.logs({"leases.gone", "red", "serves on"}), daemon.log());
    daemon.write_configuration(configuration(3601));
    BOOST_TEST(!daemon.reload(), daemon.log());
    BOOST_TEST(daemon.kea("red") == kea);
    own_disk->empty();
    wait_for_another_kea();
    const auto calm = [](const auto& now) { return now.warnings.empty(); };
    BOOST_TEST(daemon.becomes("red", calm), daemon.log());
    check_that_it_is_known();
    daemon.stop();
}

// Who ends after its Kea, and before it is put back, is the last that has it open.
BOOST_FIXTURE_TEST_CASE(a_keavrfd_that_is_killed_before_it_has_put_back_what_it_should_loses_nothing, Holder)
{
    ::kill(kea, SIGSTOP); // it takes seconds until such a one is ended
    fs::remove(lease_file);
    daemon.program().signal(SIGTERM);
    BOOST_REQUIRE_MESSAGE(eventually([] { return fs::exists(lease_file + ".keavrfd-kept"); }), daemon.log());
    daemon.program().signal(SIGKILL);
    BOOST_TEST(daemon.program().wait_for_exit().has_value());
    BOOST_REQUIRE(!fs::exists(lease_file));
    ::kill(kea, SIGKILL);
    daemon = Daemon::with(configuration(3600));
    daemon.wait_until("red", "serving");
    BOOST_TEST(daemon.logs({"leases.put-back", "red", "keavrfd ended before"}), daemon.log());
    check_that_it_is_known();
    daemon.stop();
}

// Nobody can put back what is gone with the last who had it.
BOOST_FIXTURE_TEST_CASE(what_is_lost_with_its_kea_is_told, Holder)
{
    BOOST_REQUIRE(daemon.becomes(
        "red", [](const auto& now) { return now.since >= 6s; }, noticed)); // an audit
    fs::remove(lease_file);
    ::kill(kea, SIGKILL);
    wait_for_another_kea();
    BOOST_TEST(daemon.logs({"leases.lost", "red", lease_file}), daemon.log());
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
