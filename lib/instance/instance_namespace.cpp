// An instance's namespace, and the record that proves it to be ours.
#include "core/log.hpp"
#include "instance/instance.hpp"
#include "instance/name_removal.hpp"
#include "instance/record_file.hpp"
#include "instance/wiring.hpp"
#include "kea/folder_removal.hpp"

namespace keavrf::instance {

Result<void> Instance::hold(netns::Namespace name_space)
{
    auto inside = netlink::Client::open_in(environment_.executor, name_space.fd.get());
    if (!inside) {
        return inside.error().in("namespace " + name_space.name);
    }
    name_space_ = std::move(name_space);
    inside_ = std::move(*inside);
    pair_ = {};
    mended_ = 0;
    settings_due_ = Clock::now() + std::chrono::minutes(1);
    return {};
}

asio::awaitable<Result<void>> Instance::async_create_namespace()
{
    const auto cleared = netns::remove_stale_file(namespace_name());
    if (!cleared && !cleared.error().is(ENOENT)) {
        co_return cleared.error().in("cannot clear away " + std::string(netns::directory) + "/" + namespace_name());
    }
    inside_.reset();
    name_space_.reset();
    // On record before it has a name: what bears our name can always be proved ours.
    std::optional<Record> of_it;
    NamespaceRecorder recorder = [this, &of_it](const netns::Namespace& made) {
        const auto record = record_of(made);
        of_it = record ? std::optional(*record) : std::nullopt;
        auto written = record ? instance::write_record(*record, *environment_.settings) : record.error();
        note_written(written);
        return written;
    };
    auto created = co_await async_create_kea_namespace(namespace_name(), std::move(recorder));
    if (!created) {
        co_return created.error();
    }
    if (!created->named) {
        log::warning("namespace.unnamed", vrf_,
                     "the namespace is held by keavrfd alone and not visible to ip netns: " + created->unnamed_because);
    }
    occupancy_.made();
    const bool named = created->named;
    const auto held = hold(std::move(*created));
    if (!held && named) {
        legacy_ = of_it; // it bears our name, and is there for the next turn
    }
    co_return held;
}

Result<void> Instance::restore_name()
{
    auto done = netns::remove_stale_file(namespace_name());
    if (done || done.error().is(ENOENT)) {
        done = netns::assign_name(*name_space_, namespace_name());
    }
    if (done) {
        log::warning("namespace.renamed", vrf_, "somebody took the namespace's name away; it has it again",
                     {{"namespace", namespace_name()}});
    }
    return done;
}

Result<void> Instance::remove_namespace()
{
    if (!name_space_) {
        return {};
    }
    const auto removed = name_space_->named ? remove_own_name(*name_space_) : Result<void>{};
    if (!removed && !removed.error().is(ENOENT)) {
        return removed.error().in("cannot remove the namespace " + name_space_->name);
    }
    inside_.reset();
    name_space_.reset();
    pair_ = {};
    return {};
}

Result<Record> Instance::record_of(const netns::Namespace& name_space) const
{
    Record record;
    record.vrf = vrf_;
    record.slot = slot_;
    record.dhcp4 = service_.record();
    // Without what identifies it the next keavrfd would not know it.
    const auto kea = record.dhcp4 ? process::process_identity(record.dhcp4->pid) : process::ProcessIdentity();
    if (!kea && !process::is_gone(kea.error())) {
        return kea.error();
    }
    const auto described = describe_namespace(record, name_space);
    return described ? Result<Record>(std::move(record)) : described.error();
}

Result<void> Instance::write_record()
{
    if (!name_space_) {
        return {};
    }
    const auto record = record_of(*name_space_);
    auto written = record ? instance::write_record(*record, *environment_.settings) : record.error();
    note_written(written);
    return written;
}

void Instance::note_written(const Result<void>& written)
{
    recorded_ = recorded_ || written.has_value();
    copy_due_ = copy_due_ || written.has_value();
    wakeup_.notify();
}

// Only a wiped runtime folder would need it: a disk that hangs, or is full, keeps nobody from serving.
asio::awaitable<void> Instance::async_copy_record()
{
    if (!copy_due_ || !name_space_ || !recorded_) {
        co_return;
    }
    auto disks = environment_.disks;
    const auto answers = co_await async_ask_state(std::move(disks));
    if (!answers || !name_space_) {
        co_return; // once it answers, all look again
    }
    const auto record = record_of(*name_space_);
    const auto written = record ? write_record_copy(*record, *environment_.settings) : record.error();
    copy_due_ = !written;
    if (!written && !std::exchange(copy_warned_, true)) {
        log::warning("instance.record", vrf_,
                     "the copy of its record, which a wiped runtime-dir would need, cannot be written: " +
                         written.error().message());
    }
    copy_warned_ = !written;
}

// For what the next keavrfd can do without: a record that is behind names a process that is gone, or no
// configuration, and proves the namespace all the same; a Kea that is in none is found there (strays.hpp).
void Instance::note_in_record()
{
    const auto written = write_record();
    if (!written && !std::exchange(record_due_, true)) {
        log::warning("instance.record", vrf_, written.error().message());
    }
    record_due_ = !written;
}

asio::awaitable<Result<void>> Instance::async_forget_record()
{
    auto disks = environment_.disks;
    const auto answers = co_await async_ask_state(std::move(disks));
    disk_hung_ = !answers;
    const auto erased = answers ? erase_record(vrf_, *environment_.settings) : answers;
    if (!erased) {
        co_return erased;
    }
    recorded_ = false;
    copy_due_ = false;
    // Kea could fill it, and what it has left running still may.
    const auto removed = co_await kea::async_remove_folder(server_paths(vrf_, *environment_.settings).runtime_folder);
    if (!removed) {
        log::warning("remnant.kept", vrf_,
                     removed.error().message() +
                         "; it is of no use any more and stays until this VRF returns, or until you remove it");
    }
    co_return Result<void>{};
}

} // namespace keavrf::instance
