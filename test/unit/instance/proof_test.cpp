#include "instance/proof.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <vector>

namespace {

using keavrf::NamespaceInode;
using keavrf::ProcessId;
using keavrf::Slot;
using keavrf::VrfName;
using keavrf::instance::Claim;
using keavrf::instance::FoundServer;
using keavrf::instance::is_of_boot;
using keavrf::instance::judge_server;
using keavrf::instance::proves_namespace;
using keavrf::instance::Record;
using keavrf::instance::RecordedServer;

const std::string kea = "/usr/sbin/kea-dhcp4";
const keavrf::instance::WantedServer wanted{kea, 112, "/var/lib/keavrfd"};

Record record()
{
    return Record{VrfName("red"),
                  Slot(3),
                  "keavrf-red",
                  NamespaceInode(50),
                  7,
                  RecordedServer{ProcessId(99), 1234, kea, "h1"},
                  "boot one",
                  "/run/keavrfd",
                  "/var/lib/keavrfd"};
}

FoundServer process()
{
    FoundServer found;
    auto& identity = found.identity;
    identity.pid = ProcessId(99);
    identity.start_time = 1234;
    identity.executable = kea;
    identity.network_namespace = NamespaceInode(50);
    found.user = 112;
    return found;
}

struct Case {
    const char* name;
    std::function<void(Record&, std::optional<FoundServer>&)> change;
    bool namespace_proved;
    Claim claim;
};

} // namespace

BOOST_AUTO_TEST_SUITE(instance_proof)

BOOST_AUTO_TEST_CASE(a_process_is_believed_only_as_far_as_every_part_of_the_record_agrees)
{
    const std::vector<Case> cases{
        {"all agrees", [](auto&, auto&) {}, true, Claim::ours},
        {"no server on record", [](auto& there, auto&) { there.dhcp4.reset(); }, true, Claim::gone},
        {"no such process", [](auto&, auto& now) { now.reset(); }, true, Claim::gone},
        {"the pid is another process's", [](auto&, auto& now) { now->identity.start_time = 1235; }, true, Claim::gone},
        {"another pid", [](auto&, auto& now) { now->identity.pid = ProcessId(98); }, true, Claim::gone},
        {"another program", [](auto&, auto& now) { now->identity.executable = "/bin/sleep"; }, true, Claim::foreign},
        {"the same name elsewhere", [](auto&, auto& now) { now->identity.executable = "/tmp/kea-dhcp4"; }, true,
         Claim::foreign},
        {"another namespace", [](auto&, auto& now) { now->identity.network_namespace = NamespaceInode(51); }, true,
         Claim::foreign},
        {"a namespace that is not proved", [](auto&, auto&) {}, false, Claim::foreign},
        {"replaced on disk", [](auto&, auto& now) { now->identity.executable_replaced = true; }, true, Claim::useless},
        {"not the program that is configured now",
         [](auto& there, auto& now) {
             there.dhcp4->executable = "/opt/kea/kea-dhcp4";
             now->identity.executable = "/opt/kea/kea-dhcp4";
         },
         true, Claim::useless},
        {"another user", [](auto&, auto& now) { now->user = 65534; }, true, Claim::useless},
        {"root", [](auto&, auto& now) { now->user = 0; }, true, Claim::useless},
        {"a user that nobody tells", [](auto&, auto& now) { now->user.reset(); }, true, Claim::ours},
        {"the leases of another state-dir", [](auto&, auto& now) { now->on_these_leases = false; }, true,
         Claim::useless},
        {"the leases of another state-dir, and not proved", [](auto&, auto& now) { now->on_these_leases = false; },
         false, Claim::foreign},
    };
    for (const auto& one : cases) {
        auto there = record();
        std::optional<FoundServer> now = process();
        one.change(there, now);
        const auto judgement = judge_server(there, now, one.namespace_proved, wanted);
        BOOST_TEST((judgement.claim == one.claim), one.name);
        const bool told = one.claim == Claim::foreign || one.claim == Claim::useless;
        BOOST_TEST(judgement.why.empty() == !told, one.name);
    }
}

BOOST_AUTO_TEST_CASE(a_namespace_is_ours_where_inode_and_cookie_agree)
{
    struct Numbers {
        std::uint64_t recorded_cookie;
        std::uint64_t inode;
        std::uint64_t cookie;
        bool ours;
    };
    const std::vector<Numbers> cases{{7, 50, 7, true},
                                     {7, 51, 7, false},
                                     {7, 50, 8, false}, // the number was given anew
                                     {0, 50, 8, true},  // the kernel did not tell, or does not
                                     {7, 50, 0, true}};
    for (const auto& one : cases) {
        auto there = record();
        there.cookie = one.recorded_cookie;
        BOOST_TEST(proves_namespace(there, NamespaceInode(one.inode), one.cookie) == one.ours);
    }
}

BOOST_AUTO_TEST_CASE(a_record_of_before_the_last_boot_speaks_of_nothing_that_there_is)
{
    BOOST_TEST(is_of_boot(record(), "boot one"));
    BOOST_TEST(!is_of_boot(record(), "boot two"));
    BOOST_TEST(is_of_boot(record(), ""), "a kernel that does not tell");
    auto unknown = record();
    unknown.boot.clear();
    BOOST_TEST(is_of_boot(unknown, "boot two"), "of a keavrfd that did not write it down");
}

BOOST_AUTO_TEST_SUITE_END()
