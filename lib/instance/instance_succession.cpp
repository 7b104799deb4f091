// How an instance goes on with what an earlier keavrfd left, and who else may live in its namespace: two Keas on one
// lease file must not be, whoever was killed when (docs/architecture.md, "Why there are never two").
#include "core/log.hpp"
#include "core/text.hpp"
#include "instance/instance.hpp"
#include "instance/record_file.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace keavrf::instance {

namespace {

// Nobody but this keavrfd starts Keas, and it knows its own: who lived there a little while ago does so now.
constexpr std::chrono::seconds recent{5};
constexpr std::size_t most_told = 3;

} // namespace

void Instance::inherit(Inheritance inheritance)
{
    legacy_ = inheritance.record;
    if (!inheritance.name_space) {
        return; // it has been told why
    }
    const auto taken = take_over(std::move(inheritance));
    if (!taken) {
        log::warning("instance.inherit", vrf_, taken.error().message() + "; it is tried again");
    }
}

// All of it, or nothing: a namespace without the Kea in it would get another.
Result<void> Instance::take_over(Inheritance inheritance)
{
    const auto record = inheritance.record;
    auto held = hold(std::move(*inheritance.name_space));
    if (!held) {
        return held.error().in("what an earlier keavrfd left cannot be taken over now");
    }
    if (inheritance.server) {
        const auto adopted = service_.adopt(name_space_->fd.get(), *inheritance.server, *record.dhcp4);
        if (!adopted && !process::is_gone(adopted.error())) {
            inside_.reset();
            name_space_.reset();
            return adopted.error().in("the Kea of an earlier keavrfd cannot be taken over now");
        }
        if (!adopted) {
            log::info("instance.inherit", vrf_, adopted.error().message());
        } else if (!inheritance.useless.empty()) {
            service_.distrust(inheritance.useless);
        } else {
            log::info("kea.adopted", vrf_, "goes on with the kea-dhcp4 of an earlier keavrfd",
                      {{"pid", service_.pid().value()}});
        }
    }
    occupancy_.inherited(service_.running(), Clock::now());
    legacy_.reset();
    recorded_ = true;
    settings_due_ = {};
    look_again();
    return {};
}

asio::awaitable<Result<void>> Instance::async_take_over()
{
    const bool fits = legacy_->slot == slot_;
    Heir heir{environment_.settings, environment_.kea_identity.user, environment_.census};
    auto record = *legacy_;
    auto settled = co_await async_settle(std::move(record), fits, std::move(heir));
    if (!settled) {
        co_return settled.error().in(
            "what an earlier keavrfd left stays as it is, since what it is cannot be told now");
    }
    if (!*settled) {
        legacy_.reset();
        co_return Result<void>{};
    }
    auto left = std::move(**settled);
    const auto taken = take_over(std::move(left));
    if (taken && service_.running()) {
        tasks_.spawn("inherited kea", watch_inherited());
    }
    co_return taken;
}

// What has our name, and is ours by what an instance before this one wrote down: it could not be removed when that one
// ended (instance.left-behind). Nothing: it is not, or nobody can tell now; asked again at the next turn.
std::optional<Record> Instance::find_left_behind() const
{
    const auto& settings = *environment_.settings;
    for (const auto& path : {record_path(vrf_, settings), record_copy_path(vrf_, settings)}) {
        auto record = read_record(path);
        const auto of_this_boot = record ? is_of_this_boot(*record) : Result<bool>(false);
        const bool speaks = record && of_this_boot && *of_this_boot && record->vrf == vrf_;
        if (speaks && record->name_space == namespace_name() && open_recorded_namespace(*record)) {
            return std::move(*record);
        }
    }
    return std::nullopt;
}

void Instance::leave_running()
{
    left_running_ = legacy_ || (name_space_ && name_space_->named);
    told_to_leave_ = true;
}

StrayPlace Instance::stray_place(NamespaceInode name_space) const
{
    const auto& settings = *environment_.settings;
    return {vrf_, name_space, server_paths(vrf_, settings), program_of(settings)};
}

// Of a Kea that is gone; or what was on its way to become a Kea when an earlier keavrfd was killed, and has become one
// only after this one looked for it at its start.
asio::awaitable<Result<bool>> Instance::async_end_strays(Clock::time_point since)
{
    if (!name_space_) {
        co_return false;
    }
    auto place = stray_place(name_space_->inode);
    auto ended = co_await instance::async_end_strays(std::move(place), environment_.census, since);
    co_return ended;
}

// Before Kea is started: nobody works on its leases who is on no record.
asio::awaitable<Result<void>> Instance::async_be_alone()
{
    const auto unknown_since = occupancy_.unknown_since();
    if (!unknown_since || !name_space_) {
        co_return Result<void>{};
    }
    const auto since = std::max<Clock::time_point>(*unknown_since, Clock::now() - recent);
    const auto ended = co_await async_end_strays(since);
    if (!ended) {
        co_return ended.error();
    }
    if (!name_space_) {
        co_return Error("its namespace has gone meanwhile");
    }
    auto place = stray_place(name_space_->inode);
    const auto left = co_await async_find_strays(std::move(place), environment_.census, since);
    if (!left) {
        co_return left.error();
    }
    if (!name_space_) {
        co_return Error("its namespace has gone meanwhile");
    }
    if (!left->suspects.empty()) {
        const auto code = kea::make_error_code(kea::StartFailure::busy);
        co_return Error(code,
                        name_all(left->suspects) + " in namespace " + name_space_->name +
                            " is a Kea or works on this VRF's leases, and nothing proves that it is keavrfd's: it "
                            "is left alone, and no Kea is started beside it")
            .hint("end it, and this VRF is served: kill " + std::to_string(left->suspects.front().pid.value()));
    }
    occupancy_.found_alone();
    co_return Result<void>{};
}

// Before its namespace is removed: who would live on in it, at the leases, where nobody could find him again.
asio::awaitable<Result<void>> Instance::async_clear_out()
{
    if (!name_space_) {
        co_return Result<void>{};
    }
    const auto locked = is_locked(server_paths(vrf_, *environment_.settings));
    if (!locked) {
        co_return locked.error();
    }
    if (*locked) {
        occupancy_.lock_is_held(Clock::now());
    }
    const auto alone = co_await async_be_alone();
    co_return alone;
}

// Who lives in the namespace that is in the way; empty: nobody, or nobody can tell now. Seldom, and whatever becomes of
// it: it is for a message.
asio::awaitable<void> Instance::async_look_who_is_in_the_way()
{
    const auto found = name_space_ ? Result<NamespaceInode>(Error("it is ours")) : find_namespace();
    if (!found || name_state(found) != NameState::taken) {
        in_it_lives_.clear();
        in_the_way_since_.reset();
        co_return;
    }
    const auto now = Clock::now();
    if (in_the_way_since_ && in_the_way_since_->first == *found && now < in_the_way_since_->second + recent) {
        co_return;
    }
    in_the_way_since_.emplace(*found, now);
    std::exception_ptr failure;
    try {
        auto who = co_await async_tell_inhabitants(*found);
        in_it_lives_ = std::move(who);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure && is_cancellation(failure)) {
        std::rethrow_exception(failure);
    }
}

asio::awaitable<std::string> Instance::async_tell_inhabitants(NamespaceInode name_space) const
{
    const auto since = Clock::now() - recent;
    auto place = stray_place(name_space);
    const auto strays = co_await async_find_strays(std::move(place), environment_.census, since);
    if (strays && !strays->ours.empty()) {
        const auto& settings = *environment_.settings;
        co_return "; " + name_all(strays->ours) +
            " in it is this VRF's Kea as an earlier keavrfd left it, and serves nobody: neither " +
            record_path(vrf_, settings) + " nor " + record_copy_path(vrf_, settings) +
            " is there and can be read, which would prove whose it is. End it first (its leases stay): kill " +
            std::to_string(strays->ours.front().pid.value());
    }
    const auto inhabitants = environment_.census->inhabitants(name_space, since);
    std::vector<process::ProcessIdentity> known;
    for (const auto pid : inhabitants ? *inhabitants : std::vector<ProcessId>()) {
        auto process = known.size() < most_told ? process::process_identity(pid) : Error("enough");
        if (process) {
            known.push_back(std::move(*process));
        }
    }
    co_return known.empty() ? std::string() : "; in it lives " + name_all(known);
}

} // namespace keavrf::instance
