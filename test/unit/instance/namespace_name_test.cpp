#include "instance/namespace_name.hpp"
#include "netns/namespace.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace keavrf;
using instance::NameState;

const NamespaceInode ours{7};
const std::string name = "keavrf-red";

Result<NamespaceInode> problem(netns::Problem what)
{
    return Error(netns::make_error_code(what), "problem");
}

Result<NamespaceInode> failure(int number)
{
    return Error::from_errno("cannot open", number);
}

struct Case {
    std::string what;
    Result<NamespaceInode> found;
    NameState held;     // where we hold the namespace with the inode above
    NameState not_held; // where we have none
};

const std::vector<Case> cases{
    {"our own", ours, NameState::ours, NameState::taken},
    {"another namespace", NamespaceInode(8), NameState::taken, NameState::taken},
    {"nothing", failure(ENOENT), NameState::gone, NameState::gone},
    {"a stale file", problem(netns::Problem::stale_file), NameState::gone, NameState::gone},
    {"a folder", problem(netns::Problem::not_a_network_namespace), NameState::taken, NameState::taken},
    {"a symbolic link", failure(ELOOP), NameState::taken, NameState::taken},
    {"no descriptor is left", failure(EMFILE), NameState::unknown, NameState::unknown},
    {"none in the system", failure(ENFILE), NameState::unknown, NameState::unknown},
    {"no memory", failure(ENOMEM), NameState::unknown, NameState::unknown},
    {"a file in place of /run/netns", failure(ENOTDIR), NameState::unknown, NameState::unknown},
    {"no right to look", failure(EACCES), NameState::unknown, NameState::unknown},
};

} // namespace

BOOST_AUTO_TEST_SUITE(instance_namespace_name)

BOOST_AUTO_TEST_CASE(only_what_could_be_looked_at_is_called_somebody_elses)
{
    for (const auto& one : cases) {
        BOOST_TEST((instance::judge_name(one.found, ours) == one.held), one.what);
        BOOST_TEST((instance::judge_name(one.found, std::nullopt) == one.not_held), one.what);
    }
}

BOOST_AUTO_TEST_CASE(says_which_name_is_taken_and_advises_ip_netns_for_namespaces_alone)
{
    const auto other = instance::describe_taken(name, NamespaceInode(8));
    BOOST_TEST(other.find("/run/netns/keavrf-red") != std::string::npos);
    BOOST_TEST(other.find("ip netns delete keavrf-red") != std::string::npos);
    const auto folder = instance::describe_taken(name, problem(netns::Problem::not_a_network_namespace));
    BOOST_TEST(folder.find("/run/netns/keavrf-red") != std::string::npos);
    BOOST_TEST(folder.find("ip netns") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
