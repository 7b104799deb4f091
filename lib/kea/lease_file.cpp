#include "kea/lease_file.hpp"

#include "core/log.hpp"
#include "core/unique_fd.hpp"
#include "kea/folders.hpp"

#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>

#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace keavrf::kea {

namespace json = boost::json;

namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10U;
constexpr const char* temporary_suffix = ".keavrfd-new";

// One of the files that Kea loads, in that order.
struct LeasePart {
    std::string path;
    bool sorted = false; // written by kea-lfc
    LeaseReport report;
};

// memfile_lease_mgr.cc, loadLeasesFromFiles.
std::vector<LeasePart> parts_of(const std::string& lease_file)
{
    struct stat status {};
    if (::lstat((lease_file + ".completed").c_str(), &status) == 0) {
        return {{lease_file + ".completed", true, {}}, {lease_file, false, {}}};
    }
    return {{lease_file + ".2", true, {}}, {lease_file + ".1", false, {}}, {lease_file, false, {}}};
}

std::uint64_t secret()
{
    std::uint64_t number = 0;
    static_cast<void>(::getrandom(&number, sizeof number, 0));
    return number;
}

Result<void> write_all(int file, std::string_view text)
{
    while (!text.empty()) {
        const auto count = ::write(file, text.data(), text.size());
        if (count < 0 && errno != EINTR) {
            return Error::from_errno("cannot write");
        }
        text.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
    }
    return {};
}

// To `out` where that is a descriptor. The mender and its ghosts are the caller's, and outlive this.
asio::awaitable<Result<void>> async_read(int file, int out, LeaseMender* mender)
{
    const auto executor = co_await asio::this_coro::executor;
    std::string piece(piece_bytes, '\0');
    std::string mended;
    ssize_t count = 1;
    for (off_t offset = 0; count > 0; offset += count) {
        count = ::pread(file, piece.data(), piece.size(), offset);
        if (count < 0) {
            co_return Error::from_errno("cannot read");
        }
        mended.clear();
        if (count > 0) {
            mender->feed(std::string_view(piece.data(), static_cast<std::size_t>(count)), mended);
        } else {
            mender->finish(mended);
        }
        auto written = out < 0 ? Result<void>() : write_all(out, mended);
        if (!written) {
            co_return written;
        }
        co_await asio::post(executor, asio::use_awaitable);
    }
    co_return Result<void>{};
}

// Success too where there is no such file.
asio::awaitable<Result<void>> async_look(LeasePart* part, const LeaseSubnets* subnets, LeaseGhosts* ghosts)
{
    const auto file = open_plain_file(part->path);
    if (!file) {
        co_return file.error().is(ENOENT) ? Result<void>() : Result<void>(file.error());
    }
    ghosts->begin_file(part->sorted);
    LeaseMender mender(*subnets, *ghosts);
    auto read = co_await async_read(file->get(), -1, &mender);
    part->report = mender.report();
    co_return read;
}

asio::awaitable<Result<void>> async_rewrite(std::string path, const LeaseSubnets* subnets, std::string behind)
{
    const auto temporary = path + temporary_suffix;
    const auto file = open_plain_file(path);
    const auto out = create_output_file(temporary);
    struct stat status {};
    if (!file || !out || ::fstat(file->get(), &status) != 0 ||
        ::fchown(out->get(), status.st_uid, status.st_gid) != 0 || ::fchmod(out->get(), status.st_mode & 0777U) != 0) {
        co_return !file ? file.error() : !out ? out.error() : Error::from_errno("cannot make " + temporary);
    }
    LeaseGhosts ignored(0);
    LeaseMender mender(*subnets, ignored);
    auto done = co_await async_read(file->get(), out->get(), &mender);
    if (done) {
        done = write_all(out->get(), behind);
    }
    if (done) {
        done = rename_file(temporary, path, out->get());
    }
    if (!done) {
        static_cast<void>(remove_file(temporary));
    }
    co_return done;
}

void tell(const VrfName& vrf, const LeasePart& part, std::size_t ghosts)
{
    const auto& report = part.report;
    if (report.changes() || ghosts > 0) {
        log::warning("leases.mended", vrf,
                     "the lease file was not whole, as a full disk or a kill leaves it; no lease that Kea had "
                     "acknowledged is lost",
                     {{"file", part.path},
                      {"rows-separated", report.separated},
                      {"parts-removed", report.torn},
                      {"never-acknowledged", ghosts}});
    }
    for (const auto& line : report.examples) {
        log::warning("leases.unreadable", vrf,
                     "a line of the lease file is no lease, and what it was cannot be told; Kea will skip it",
                     {{"file", part.path}, {"line", line.number}, {"text", line.text}, {"lines", report.unreadable}});
    }
}

Error not_mended(const std::string& path, const Error& why)
{
    return Error(why.code(), "the lease file " + path + " is not whole and cannot be mended: " + why.message())
        .hint("Kea is not started, since it would forget leases; is there room on the disk?");
}

void add_subnets(const json::value* list, LeaseSubnets& subnets)
{
    if (list == nullptr || !list->is_array()) {
        return;
    }
    for (const auto& entry : list->get_array()) {
        const auto* subnet = entry.if_object();
        const auto* id = subnet == nullptr ? nullptr : subnet->if_contains("id");
        const auto* text = subnet == nullptr ? nullptr : subnet->if_contains("subnet");
        if (id == nullptr || text == nullptr || !text->is_string()) {
            continue;
        }
        boost::system::error_code no_number;
        const auto number = id->to_number<std::uint32_t>(no_number);
        const auto prefix = Ipv4Prefix::parse(std::string_view(text->get_string()), true);
        if (!no_number && prefix) {
            subnets[number] = *prefix;
        }
    }
}

} // namespace

LeaseSubnets lease_subnets(std::string_view configuration)
{
    LeaseSubnets subnets;
    boost::system::error_code error;
    const auto value = json::parse(configuration, error);
    const auto* root = error ? nullptr : value.if_object();
    const auto* inner = root == nullptr ? nullptr : root->if_contains("Dhcp4");
    const auto* dhcp4 = inner == nullptr ? nullptr : inner->if_object();
    if (dhcp4 == nullptr) {
        return subnets;
    }
    add_subnets(dhcp4->if_contains("subnet4"), subnets);
    const auto* networks = dhcp4->if_contains("shared-networks");
    if (networks != nullptr && networks->is_array()) {
        for (const auto& network : networks->get_array()) {
            add_subnets(network.is_object() ? network.get_object().if_contains("subnet4") : nullptr, subnets);
        }
    }
    return subnets;
}

asio::awaitable<Result<void>> async_mend_leases(VrfName vrf, std::string lease_file, LeaseSubnets subnets)
{
    static_cast<void>(remove_file(lease_file + ".output"));
    LeaseGhosts ghosts(secret());
    auto parts = parts_of(lease_file);
    for (auto& part : parts) {
        // Of a keavrfd that was killed while it wrote: on a disk that is full it would be missed.
        static_cast<void>(remove_file(part.path + temporary_suffix));
        const auto looked = co_await async_look(&part, &subnets, &ghosts);
        if (!looked) {
            log::warning("leases.unseen", vrf,
                         "whether the lease file is whole cannot be told: " + looked.error().message(),
                         {{"file", part.path}});
        }
    }
    for (const auto& part : parts) {
        const bool last = &part == &parts.back();
        const auto releases = last ? ghosts.releases() : std::string();
        if (part.report.changes() || (!releases.empty() && part.report.lines > 0)) {
            const auto rewritten = co_await async_rewrite(part.path, &subnets, releases);
            if (!rewritten) {
                const auto failure = not_mended(part.path, rewritten.error());
                co_return failure;
            }
        }
        tell(vrf, part, last ? ghosts.count() : 0);
    }
    co_return Result<void>{};
}

asio::awaitable<bool> async_leases_are_whole(std::string lease_file, LeaseSubnets subnets)
{
    LeaseGhosts ghosts(secret());
    auto parts = parts_of(lease_file);
    bool whole = true;
    for (auto& part : parts) {
        const auto looked = co_await async_look(&part, &subnets, &ghosts);
        whole = whole && (!looked || part.report.separated == 0);
    }
    co_return whole&& ghosts.count() == 0;
}

} // namespace keavrf::kea
