#include "orchestrator/estate.hpp"

#include "core/log.hpp"
#include "core/task_group.hpp"
#include "instance/machine.hpp"
#include "instance/record_file.hpp"
#include "orchestrator/left_records.hpp"

#include <map>
#include <vector>

namespace keavrf::orchestrator {

namespace {

using instance::Inheritance;
using instance::Record;

// Without the hub and the list of what there is nothing can begin: for so long it is asked for again, and then the
// start ends, with everything left as it is.
constexpr std::chrono::seconds look_limit{10};
constexpr std::chrono::milliseconds look_pause{250};
// What is to go, as an instance that leaves has it (machine.hpp).
constexpr Clock::duration removal_limit = instance::leave_limit;

// Of this boot, and proved.
Result<netns::Namespace> open_hub(const Record& record)
{
    const auto of_this_boot = instance::is_of_this_boot(record);
    if (!of_this_boot) {
        return of_this_boot.error();
    }
    return *of_this_boot ? instance::open_recorded_namespace(record)
                         : Error::from_errno("a hub of before the last boot", ENOENT);
}

// None: there is none of ours. An error: cannot be told now, and its record stays.
Result<std::optional<netns::Namespace>> find_hub(const config::Settings& settings)
{
    std::optional<netns::Namespace> none;
    const auto record = read_hub_record(settings);
    if (!record) {
        return record.error();
    }
    if (!*record) {
        return none;
    }
    auto opened = open_hub(**record);
    if (!opened && opened.error().is(EBUSY)) {
        return none; // something is mounted over it: it may show again
    }
    if (!opened && !opened.error().is(ENOENT) && !opened.error().is(EEXIST)) {
        return opened.error();
    }
    const bool elsewhere =
        instance::moved(**record, settings) && !instance::erase_former_hub_records(**record, settings).empty();
    if (opened && opened->name == settings.netns_prefix + "hub") {
        const auto written = elsewhere ? instance::write_hub_record(*opened, settings) : Result<void>();
        if (!written) {
            log::warning("hub.record", "", written.error().message());
        }
        return std::optional(std::move(*opened));
    }
    if (opened) {
        const auto removed = instance::remove_left_name("", opened->name, opened->inode);
        if (!removed) {
            return removed.error();
        }
    }
    instance::erase_hub_record(settings);
    return none;
}

// Until it can be told, or the time is over.
template <class Found>
asio::awaitable<Found> async_insist(Result<Found> (*find)(const config::Settings&),
                                    std::shared_ptr<const config::Settings> settings)
{
    const auto end = Clock::now() + look_limit;
    bool told = false;
    while (true) {
        auto found = find(*settings);
        if (found) {
            co_return std::move(*found);
        }
        const auto error = found.error().in("it cannot be told now what an earlier keavrfd has left, all of which "
                                            "stays as it is");
        if (Clock::now() >= end) {
            throw FatalError(error.hint("more descriptors or memory are needed: ulimit -n, LimitNOFILE= in the unit; "
                                        "then start keavrfd again"));
        }
        if (!std::exchange(told, true)) {
            log::warning("remnant.undecided", "", error.message());
        }
        co_await async_sleep(look_pause);
    }
}

Inheritance undecided(const Record& record, const Error& error, bool slot_taken)
{
    log::warning("remnant.undecided", record.vrf,
                 "what an earlier keavrfd left of this VRF stays as it is for now, and is looked at again: " +
                     error.message());
    Inheritance left;
    left.record = record;
    left.undecided = error.message();
    left.slot_taken = slot_taken;
    return left;
}

// Also where that cannot be told at first.
asio::awaitable<Result<void>> async_remove(Inheritance left, instance::Heir heir)
{
    const auto end = Clock::now() + removal_limit;
    const auto record = left.record;
    Result<void> removed = Error(left.undecided);
    if (left.name_space) {
        removed = co_await instance::async_remove_inheritance(std::move(left), heir);
    }
    while (!removed && Clock::now() < end) {
        co_await async_sleep(look_pause);
        const auto settled = co_await instance::async_settle(record, false, heir);
        removed = settled ? Result<void>() : Result<void>(settled.error());
    }
    co_return removed;
}

// Records that claim one slot, one after the other: it is the first one's that proves itself. No slot: none is theirs.
asio::awaitable<void> settle(std::vector<Record> records, bool slot_wanted, instance::Heir heir, Estate* estate)
{
    bool slot_free = slot_wanted;
    for (const auto& record : records) {
        const bool fits = std::exchange(slot_free, false);
        auto settled = co_await instance::async_settle(record, fits, heir);
        if (!settled) {
            auto left = undecided(record, settled.error(), !fits);
            estate->instances.emplace(record.vrf, std::move(left));
        } else if (*settled) {
            estate->instances.emplace(record.vrf, std::move(**settled));
        } else {
            slot_free = fits;
        }
    }
}

// Side by side: a Kea that is to be stopped may take its time.
asio::awaitable<void> async_settle_all(std::vector<Record> records, instance::Heir heir, Estate* estate)
{
    std::map<Slot, std::vector<Record>> by_slot;
    std::vector<Record> of_others;
    for (auto& record : records) {
        const bool ours = record.name_space == heir.settings->netns_prefix + record.vrf.str();
        (ours ? by_slot[record.slot] : of_others).push_back(std::move(record));
    }
    TaskGroup tasks(co_await asio::this_coro::executor);
    for (auto& [slot, claims] : by_slot) {
        tasks.spawn("what is left of slot " + std::to_string(slot.value()),
                    settle(std::move(claims), true, heir, estate));
    }
    for (auto& record : of_others) {
        const auto name = "what is left of " + record.vrf.str();
        tasks.spawn(name, settle({std::move(record)}, false, heir, estate));
    }
    co_await tasks.async_join();
}

asio::awaitable<Estate> async_take_stock_for(instance::Heir heir)
{
    Estate estate;
    const auto settings = heir.settings;
    auto hub = co_await async_insist(find_hub, settings);
    estate.hub = std::move(hub);
    // Any other record that proves nothing is erased by now.
    const auto hub_record = co_await async_insist(read_hub_record, settings);
    estate.hub_hidden = !estate.hub && hub_record;
    auto records = co_await async_insist(find_records, settings);
    co_await async_settle_all(std::move(records), heir, &estate);
    co_return estate;
}

asio::awaitable<void> remove_one(Inheritance left, instance::Heir heir)
{
    const auto vrf = left.record.vrf;
    const auto removed = co_await async_remove(std::move(left), heir);
    if (!removed) {
        log::warning("remnant.kept", vrf, removed.error().message() + "; the next keavrfd goes on with it");
    }
}

} // namespace

asio::awaitable<Estate> async_take_stock(std::shared_ptr<const config::Settings> settings, uid_t kea_user)
{
    instance::Heir heir{std::move(settings), kea_user, std::make_shared<instance::Census>()};
    auto estate = co_await async_take_stock_for(std::move(heir));
    co_return estate;
}

asio::awaitable<void> async_remove_estate(Estate estate, std::shared_ptr<const config::Settings> settings)
{
    const instance::Heir heir{settings, 0, std::make_shared<instance::Census>()};
    TaskGroup tasks(co_await asio::this_coro::executor);
    for (auto& [vrf, inheritance] : estate.instances) {
        tasks.spawn("the end of what is left of " + vrf.str(), remove_one(std::move(inheritance), heir));
    }
    co_await tasks.async_join();
    if (estate.hub) {
        const auto removed = instance::remove_left_name("", estate.hub->name, estate.hub->inode);
        if (!removed) {
            log::warning("remnant.kept", "", removed.error().message());
            co_return;
        }
        instance::erase_hub_record(*settings);
    }
}

asio::awaitable<void> async_remove_all(std::shared_ptr<const config::Settings> settings)
{
    constexpr uid_t anybody = 0; // whoever they run as, they go
    auto estate = co_await async_take_stock(settings, anybody);
    co_await async_remove_estate(std::move(estate), settings);
}

} // namespace keavrf::orchestrator
