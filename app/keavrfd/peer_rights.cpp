#include "peer_rights.hpp"

#include <grp.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>

namespace keavrf {

namespace {

// The calls tell the value before and no error; with -1 they change nothing.
bool become(uid_t user, gid_t group)
{
    ::setfsgid(group);
    ::setfsuid(user); // drops the capabilities that go beyond it, and gives them back (capabilities(7))
    return static_cast<gid_t>(::setfsgid(static_cast<gid_t>(-1))) == group &&
           static_cast<uid_t>(::setfsuid(static_cast<uid_t>(-1))) == user;
}

std::vector<gid_t> groups_of_process()
{
    const int count = ::getgroups(0, nullptr);
    std::vector<gid_t> groups(count > 0 ? static_cast<std::size_t>(count) : 0);
    const int got = ::getgroups(static_cast<int>(groups.size()), groups.data());
    groups.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return groups;
}

} // namespace

PeerRights::PeerRights(const control::Peer& peer)
{
    if (peer.uid == static_cast<uid_t>(-1) || peer.gid == static_cast<gid_t>(-1)) {
        return;
    }
    if (peer.uid == 0) {
        taken_ = true;
        return;
    }
    own_groups_ = groups_of_process();
    dumpable_ = ::prctl(PR_GET_DUMPABLE);
    if (::setgroups(peer.groups.size(), peer.groups.data()) != 0) {
        return;
    }
    changed_ = true;
    taken_ = become(peer.uid, peer.gid);
}

PeerRights::~PeerRights()
{
    if (!changed_) {
        return;
    }
    if (!become(::geteuid(), ::getegid()) || ::setgroups(own_groups_.size(), own_groups_.data()) != 0) {
        std::abort(); // with somebody else's rights nothing would work, and nothing would say why
    }
    // The kernel takes a process with changed rights for one that nobody may look into.
    (void)::prctl(PR_SET_DUMPABLE, dumpable_ == 1 ? 1 : 0);
}

} // namespace keavrf
