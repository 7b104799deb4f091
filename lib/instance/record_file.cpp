#include "instance/record_file.hpp"

#include "core/file.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "instance/name_removal.hpp"
#include "instance/namespace_name.hpp"
#include "instance/proof.hpp"
#include "instance/rendering.hpp"
#include "netns/hidden_name.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

namespace keavrf::instance {

namespace {

constexpr std::size_t record_limit = 65536;
// As app/keavrfd makes it: Kea has to get through.
constexpr mode_t runtime_mode = 0711;

// Empty: the kernel does not tell. It is the same all the time, so it is read once.
Result<std::string> boot_id()
{
    static std::string known;
    if (known.empty()) {
        const auto text = read_file("/proc/sys/kernel/random/boot_id", record_limit);
        if (!text && !text.error().is(ENOENT)) {
            return text.error();
        }
        known = text ? text->substr(0, text->find('\n')) : std::string();
    }
    return success(known);
}

Result<Record> hub_record(const netns::Namespace& hub)
{
    Record record;
    record.vrf = VrfName("hub");
    const auto described = describe_namespace(record, hub);
    return described ? Result<Record>(std::move(record)) : described.error();
}

// With the place it is written to.
std::string text_of(Record record, const config::Settings& settings)
{
    record.runtime_dir = settings.runtime_dir;
    record.state_dir = settings.state_dir;
    return to_json(record);
}

bool speaks_of_the_same(const Record& one, const Record& other)
{
    return one.vrf == other.vrf && one.inode == other.inode && one.cookie == other.cookie && one.boot == other.boot;
}

using PathOf = std::string (*)(const VrfName&, const config::Settings&);

std::vector<std::string> erase_former(const Record& record, const config::Settings& settings, PathOf original,
                                      PathOf copy)
{
    config::Settings former = settings;
    former.runtime_dir = record.runtime_dir;
    former.state_dir = record.state_dir;
    std::vector<std::string> erased;
    const auto erase = [&](const std::string& path) {
        const auto found = read_record(path);
        if (!found || !speaks_of_the_same(*found, record)) {
            return; // another keavrfd's by now
        }
        if (::unlink(path.c_str()) == 0) {
            erased.push_back(path);
        } else {
            const auto why = Error::from_errno("cannot remove " + path);
            log::warning("remnant.kept", record.vrf, why.message());
        }
    };
    if (!record.runtime_dir.empty() && record.runtime_dir != settings.runtime_dir) {
        erase(original(record.vrf, former));
    }
    if (!record.state_dir.empty() && record.state_dir != settings.state_dir) {
        erase(copy(record.vrf, former));
        ::rmdir(record_copies(former).c_str()); // with the last one
    }
    return erased;
}

// Where the very same is there, nothing is written: a full disk is no obstacle to what does not change.
Result<void> write_text(const std::string& path, const std::string& text)
{
    const auto there = read_file(path, record_limit);
    return there && *there == text ? Result<void>() : write_file(path, text, 0600);
}

Result<void> write_copy(const std::string& path, const Record& record, const config::Settings& settings)
{
    auto done = make_folders(settings.state_dir, runtime_mode);
    if (done) {
        done = make_folders(record_copies(settings), 0700);
    }
    return done ? write_text(path, text_of(record, settings)) : done;
}

Error with_advice(const Error& error)
{
    if (error.is(ENOSPC) || error.is(EDQUOT)) {
        return error.hint("is the disk full?");
    }
    return error;
}

void warn_unless(const Result<void>& copied)
{
    if (!copied) {
        log::warning("hub.record", "",
                     "the copy of the hub's record, which a wiped runtime-dir would need, cannot be written: " +
                         copied.error().message());
    }
}

} // namespace

std::string record_path(const VrfName& vrf, const config::Settings& settings)
{
    return server_paths(vrf, settings).runtime_folder + "/instance.json";
}

// With a leading dot, which no VRF's folder has (escape_path_component).
std::string hub_record_path(const config::Settings& settings)
{
    return settings.runtime_dir + "/.hub.json";
}

std::string record_copies(const config::Settings& settings)
{
    return settings.state_dir + "/.records";
}

std::string record_copy_path(const VrfName& vrf, const config::Settings& settings)
{
    return record_copies(settings) + "/" + escape_path_component(vrf.str()) + ".json";
}

std::string hub_record_copy_path(const config::Settings& settings)
{
    return record_copies(settings) + "/.hub.json";
}

Result<void> write_record(const Record& record, const config::Settings& settings)
{
    const auto path = record_path(record.vrf, settings);
    auto done = make_folders(settings.runtime_dir, runtime_mode);
    if (done) {
        done = make_folders(path.substr(0, path.rfind('/')), 0750);
    }
    if (done) {
        done = write_text(path, text_of(record, settings));
    }
    if (!done) {
        return with_advice(done.error());
    }
    return done;
}

Result<void> write_record_copy(const Record& record, const config::Settings& settings)
{
    return write_copy(record_copy_path(record.vrf, settings), record, settings);
}

Result<void> write_hub_record(const netns::Namespace& hub, const config::Settings& settings)
{
    auto record = hub_record(hub);
    if (!record) {
        return record.error();
    }
    auto done = make_folders(settings.runtime_dir, runtime_mode);
    if (done) {
        done = write_text(hub_record_path(settings), text_of(std::move(*record), settings));
    }
    if (done) {
        warn_unless(write_hub_record_copy(hub, settings));
    }
    return done;
}

Result<void> write_hub_record_copy(const netns::Namespace& hub, const config::Settings& settings)
{
    const auto record = hub_record(hub);
    return record ? write_copy(hub_record_copy_path(settings), *record, settings) : record.error();
}

Result<void> erase_record(const VrfName& vrf, const config::Settings& settings)
{
    const auto path = record_path(vrf, settings);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        return Error::from_errno("cannot remove " + path).hint("is the file system read-only?");
    }
    ::unlink(record_copy_path(vrf, settings).c_str());
    ::rmdir(record_copies(settings).c_str()); // with the last one
    return {};
}

void erase_hub_record(const config::Settings& settings)
{
    ::unlink(hub_record_path(settings).c_str());
    ::unlink(hub_record_copy_path(settings).c_str());
    ::rmdir(record_copies(settings).c_str());
}

std::vector<std::string> erase_former_records(const Record& record, const config::Settings& settings)
{
    return erase_former(record, settings, record_path, record_copy_path);
}

std::vector<std::string> erase_former_hub_records(const Record& record, const config::Settings& settings)
{
    const PathOf original = [](const VrfName&, const config::Settings& there) { return hub_record_path(there); };
    const PathOf copy = [](const VrfName&, const config::Settings& there) { return hub_record_copy_path(there); };
    return erase_former(record, settings, original, copy);
}

Result<Record> read_record(const std::string& path)
{
    const auto text = read_file(path, record_limit);
    if (!text) {
        return text.error();
    }
    const auto record = parse_record(*text);
    return record ? record : record.error().in(path);
}

bool is_shortage(const Error& error)
{
    constexpr std::array passing{EMFILE, ENFILE, ENOMEM, ENOBUFS, EAGAIN, EINTR};
    return std::any_of(passing.begin(), passing.end(), [&](int number) { return error.is(number); });
}

Result<void> describe_namespace(Record& record, const netns::Namespace& name_space)
{
    const auto cookie = netns::cookie_of(name_space.fd.get());
    auto boot = boot_id();
    if (!cookie || !boot) {
        return cookie ? boot.error() : cookie.error();
    }
    record.name_space = name_space.name;
    record.inode = name_space.inode;
    record.cookie = *cookie;
    record.boot = std::move(*boot);
    return {};
}

Result<bool> is_of_this_boot(const Record& record)
{
    const auto boot = boot_id();
    return boot ? Result<bool>(is_of_boot(record, *boot)) : boot.error();
}

Result<bool> proves_namespace(const Record& record, const netns::Namespace& name_space)
{
    const auto cookie = netns::cookie_of(name_space.fd.get());
    return cookie ? Result<bool>(proves_namespace(record, name_space.inode, *cookie)) : cookie.error();
}

namespace {

// By what has its name, or has not (ENOENT, EEXIST).
Error not_in_sight(const Record& record, const std::string& what, int number)
{
    return netns::bears_name(record.name_space, record.inode) ? mounted_over(record.name_space)
                                                              : Error::from_errno(what, number);
}

} // namespace

Result<netns::Namespace> open_recorded_namespace(const Record& record)
{
    if (record.name_space.empty()) {
        return Error::from_errno("a namespace without a name", ENOENT);
    }
    auto opened = netns::open(record.name_space);
    const auto name = "namespace " + record.name_space;
    if (!opened) {
        const auto state = judge_name(opened.error(), std::nullopt);
        if (state == NameState::unknown) {
            return opened;
        }
        return not_in_sight(record, name, state == NameState::gone ? ENOENT : EEXIST);
    }
    const auto proved = proves_namespace(record, *opened);
    if (!proved) {
        return proved.error().in(name);
    }
    if (*proved) {
        return opened;
    }
    const auto foreign = name + " is not the one that keavrfd made";
    const bool same_number = opened->inode == record.inode; // given anew: it is this one that the table speaks of
    return same_number ? Error::from_errno(foreign, EEXIST) : not_in_sight(record, foreign, EEXIST);
}

} // namespace keavrf::instance
