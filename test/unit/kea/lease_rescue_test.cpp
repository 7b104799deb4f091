#include "core/unique_fd.hpp"
#include "kea/lease_kept.hpp"
#include "kea/lease_rescue.hpp"
#include "kea/lease_watch.hpp"
#include "kea/lease_work.hpp"
#include "lease_folder.hpp"
#include "support/await.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace {

using namespace keavrf::kea;
using keavrf::test::await;
namespace fs = std::filesystem;

const std::string header = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,"
                           "user_context,pool_id\n";
const std::string rows = header + "10.50.0.7,02:00:00:00:01:03,,3600,1800000000,1,0,0,,0,,0\n";
const std::string later = "10.50.0.8,02:00:00:00:01:05,,3600,1800000000,1,0,0,,0,,0\n";

struct Orphan : keavrf::test::LeaseFolder {
    std::string file = path("leases.csv");
    keavrf::UniqueFd source;

    Orphan()
    {
        std::ofstream(file) << rows;
        ::chmod(file.c_str(), 0640);
        source.reset(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
        fs::remove(file);
    }
    static std::string content(const std::string& path)
    {
        std::ostringstream text;
        text << std::ifstream(path).rdbuf();
        return text.str();
    }
    void write(const std::string& text) const
    {
        BOOST_REQUIRE(::write(source.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    bool rescue(Rescue what) { return await(context, async_rescue_leases(task(), source.get(), what)).has_value(); }
    [[nodiscard]] long files() const { return std::distance(fs::directory_iterator(path()), fs::directory_iterator()); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(kea_lease_rescue, Orphan)

BOOST_AUTO_TEST_CASE(what_kea_had_open_has_its_name_and_mode_again)
{
    BOOST_TEST(rescue(Rescue::carry_out));
    BOOST_TEST(content(file) == rows);
    struct stat status {};
    BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 0777U) == 0640U);
    BOOST_TEST(files() == 1);
}

BOOST_AUTO_TEST_CASE(a_proof_leaves_a_copy_and_fails_where_it_could_not_be_done)
{
    BOOST_TEST(rescue(Rescue::prove));
    BOOST_TEST(files() == 1);
    BOOST_TEST(content(kept_copy(file)) == rows);
    auto nowhere = task();
    nowhere.lease_file = path("no/such/folder");
    const auto failed = await(context, async_rescue_leases(std::move(nowhere), source.get(), Rescue::prove));
    BOOST_REQUIRE(!failed);
    BOOST_TEST(failed.error().message().find("cannot be put back") != std::string::npos, failed.error().message());
}

// As large as a file can be, and nothing in it but a beginning, some pieces and an end.
BOOST_AUTO_TEST_CASE(holes_stay_holes)
{
    constexpr off_t size = off_t{1} << 42U;
    constexpr off_t apart = 65536;
    const auto write_at = [this](off_t offset, const std::string& text) {
        return ::pwrite(source.get(), text.data(), text.size(), offset) == static_cast<ssize_t>(text.size());
    };
    const auto huge = path("huge");
    source.reset(::open(huge.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
    for (off_t piece = 0; piece < 64; ++piece) {
        BOOST_REQUIRE(write_at(piece * apart, rows));
    }
    BOOST_REQUIRE(write_at(size, "the end"));
    fs::remove(huge);
    BOOST_TEST(rescue(Rescue::prove));
    BOOST_TEST(rescue(Rescue::carry_out));

    struct stat before {};
    struct stat status {};
    BOOST_REQUIRE(::fstat(source.get(), &before) == 0);
    BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
    BOOST_TEST(status.st_size == size + 7);
    BOOST_TEST(status.st_blocks <= before.st_blocks + 64);
    source.reset(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    for (const auto& [offset, text] : {std::pair{off_t{0}, rows}, {63 * apart, rows}, {size, std::string("the end")}}) {
        std::string put_back(text.size(), ' ');
        BOOST_REQUIRE(::pread(source.get(), put_back.data(), put_back.size(), offset) ==
                      static_cast<ssize_t>(text.size()));
        BOOST_TEST(put_back == text);
    }
}

BOOST_AUTO_TEST_CASE(what_has_the_name_meanwhile_is_set_aside_whatever_it_is)
{
    std::ofstream(file) << "another's";
    BOOST_TEST(rescue(Rescue::carry_out));
    BOOST_TEST(content(file) == rows);
    BOOST_TEST(content(file + ".set-aside-1") == "another's");
    fs::remove(file);
    fs::create_directory(file);
    BOOST_TEST(rescue(Rescue::carry_out));
    BOOST_TEST(content(file) == rows);
    BOOST_TEST(fs::is_directory(file + ".set-aside-2"));
    fs::remove(file);
    std::ofstream(path("secret")) << "secret";
    fs::create_symlink(path("secret"), file);
    BOOST_TEST(rescue(Rescue::carry_out));
    BOOST_TEST(content(file) == rows);
    BOOST_TEST(fs::is_symlink(file + ".set-aside-3"));
    BOOST_TEST(content(path("secret")) == "secret");
}

BOOST_AUTO_TEST_CASE(the_copy_of_a_proof_becomes_the_file_with_what_was_written_since)
{
    source.reset(::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
    fs::remove(file);
    write(rows);
    BOOST_TEST(rescue(Rescue::prove));
    BOOST_TEST(rescue(Rescue::prove)); // another audit
    struct stat copy {};
    BOOST_REQUIRE(::stat(kept_copy(file).c_str(), &copy) == 0);
    write("later\n");
    BOOST_TEST(rescue(Rescue::carry_out));
    struct stat put_back {};
    BOOST_REQUIRE(::stat(file.c_str(), &put_back) == 0);
    BOOST_TEST(put_back.st_ino == copy.st_ino);
    BOOST_TEST(content(file) == rows + "later\n");
    BOOST_TEST(files() == 1);
}

BOOST_AUTO_TEST_CASE(a_copy_of_something_else_is_none)
{
    for (const auto& other : {std::string("another"), rows + "more", rows.substr(1)}) {
        std::ofstream(kept_copy(file)) << other;
        BOOST_TEST(rescue(Rescue::carry_out));
        BOOST_TEST(content(file) == rows);
        BOOST_TEST(content(kept_copy(file)) == other);
        fs::remove(file);
        BOOST_TEST(rescue(Rescue::prove));
        BOOST_TEST(content(kept_copy(file)) == rows);
        fs::remove(kept_copy(file));
    }
    fs::create_symlink(path("secret"), kept_copy(file));
    std::ofstream(path("secret")) << "address";
    BOOST_TEST(rescue(Rescue::carry_out));
    BOOST_TEST(content(path("secret")) == "address");
    BOOST_TEST(content(file) == rows);
}

// Kea's cleanup begins a new file also where it found none (memfile_lease_mgr.cc, lfcExecute).
BOOST_AUTO_TEST_CASE(what_kea_went_on_with_comes_behind_what_it_had_before)
{
    for (const bool proved : {false, true}) {
        BOOST_TEST((!proved || rescue(Rescue::prove)));
        std::ofstream(file) << header << later;
        BOOST_TEST(rescue(Rescue::merge));
        BOOST_TEST(content(file) == rows + later);
        BOOST_TEST(files() == 1);
        fs::remove(file);
    }
    std::ofstream(file) << "another's";
    BOOST_TEST(rescue(Rescue::merge));
    BOOST_TEST(content(file) == rows);
    BOOST_TEST(content(file + ".set-aside-1") == "another's");
}

// keavrfd was killed between the stop of the Kea that wrote it and the put-back.
BOOST_AUTO_TEST_CASE(a_copy_that_nobody_put_back_is_before_the_next_kea_starts)
{
    for (const auto* older : {"", "leases.csv.1", "leases.csv.2", "leases.csv.completed"}) {
        BOOST_TEST(rescue(Rescue::prove));
        if (*older != 0) {
            std::ofstream(path(older)) << header << "10.50.0.9,02:00:00:00:01:04,,3600,1\n";
        }
        const auto findings = work_on_leases(file, {}, LeaseWork::recall);
        BOOST_TEST(findings.failure == "");
        BOOST_TEST(findings.recalled.in_place);
        BOOST_TEST(!findings.recalled.merged);
        BOOST_TEST(content(file) == rows);
        BOOST_TEST(!fs::exists(kept_copy(file)));
        BOOST_TEST(!work_on_leases(file, {}, LeaseWork::recall).recalled.in_place);
        fs::remove(file);
        fs::remove(path(*older != 0 ? older : "none"));
    }
    BOOST_TEST(rescue(Rescue::prove));
    BOOST_TEST(await(context, async_mend_leases(task())).has_value());
    BOOST_TEST(content(file) == rows);
}

BOOST_AUTO_TEST_CASE(a_copy_all_of_which_is_loaded_anyway_is_removed)
{
    for (const auto* name : {"leases.csv", "leases.csv.1"}) {
        for (const auto work : {LeaseWork::recall, LeaseWork::compare}) {
            BOOST_TEST(rescue(Rescue::prove));
            std::ofstream(path(name)) << rows << later;
            const auto findings = work_on_leases(file, {}, work);
            BOOST_TEST(!findings.recalled.in_place);
            BOOST_TEST(findings.recalled.set_aside == "");
            BOOST_TEST(!findings.copy_knows_more);
            BOOST_TEST(content(path(name)) == rows + later);
            BOOST_TEST(files() == 1);
            fs::remove(path(name));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_copy_that_knows_more_is_put_in_front_of_the_file_at_the_next_start)
{
    BOOST_TEST(rescue(Rescue::prove));
    std::ofstream(file) << header << later;
    BOOST_TEST(await(context, async_copy_knows_more(task())));
    BOOST_TEST(content(file) == header + later);
    const auto findings = work_on_leases(file, {}, LeaseWork::recall);
    BOOST_TEST(findings.recalled.in_place);
    BOOST_TEST(findings.recalled.merged);
    BOOST_TEST(content(file) == rows + later);
    BOOST_TEST(files() == 1);
    const auto heard = parse_findings(to_text(findings));
    BOOST_REQUIRE(heard.has_value());
    BOOST_TEST(heard->recalled.in_place);
    BOOST_TEST(heard->recalled.merged);
    BOOST_TEST(!await(context, async_copy_knows_more(task())));
}

// In whatever way somebody has put it there: as a rule it is the beginning of what was lost.
BOOST_AUTO_TEST_CASE(a_backup_does_not_override_what_is_newer)
{
    const auto older = header + "10.50.0.7,02:00:00:00:01:99,,3600,1700000000,1,0,0,,0,,0\n";
    for (const auto& backup : {header, rows, older}) {
        std::ofstream(path("all")) << rows << later;
        source.reset(::open(path("all").c_str(), O_RDONLY | O_CLOEXEC));
        fs::remove(path("all"));
        BOOST_TEST(rescue(Rescue::prove));
        std::ofstream(file) << backup;
        const auto findings = work_on_leases(file, {}, LeaseWork::recall);
        BOOST_TEST(findings.recalled.in_place);
        BOOST_TEST(!findings.recalled.merged);
        BOOST_TEST(findings.recalled.set_aside == (backup == older ? file + ".set-aside-1" : std::string()));
        BOOST_TEST(content(file) == rows + later);
        fs::remove(file);
    }
}

BOOST_AUTO_TEST_CASE(a_copy_does_not_override_what_a_cleanup_has_made_of_newer_rows)
{
    const auto newer = header + "10.50.0.7,02:00:00:00:01:99,,3600,1900000000,1,0,0,,0,,0\n";
    for (const auto* name : {"leases.csv.1", "leases.csv.2", "leases.csv.completed"}) {
        BOOST_TEST(rescue(Rescue::prove));
        std::ofstream(path(name)) << newer;
        std::ofstream(file) << header;
        BOOST_TEST(!work_on_leases(file, {}, LeaseWork::compare).copy_knows_more);
        const auto findings = work_on_leases(file, {}, LeaseWork::recall);
        BOOST_TEST(findings.recalled.outdated);
        BOOST_TEST(findings.recalled.set_aside == file + ".set-aside-1");
        BOOST_TEST(!fs::exists(kept_copy(file)));
        BOOST_TEST(content(file) == header);
        fs::remove(file + ".set-aside-1");
        fs::remove(path(name));
    }
}

BOOST_AUTO_TEST_CASE(a_copy_that_finds_no_room_for_what_comes_behind_it_stays_as_it_was)
{
    BOOST_TEST(rescue(Rescue::prove));
    std::ofstream(file) << header << later << later;
    rlimit before{};
    BOOST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const rlimit less{rows.size() + later.size(), before.rlim_max};
    std::signal(SIGXFSZ, SIG_IGN);
    BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &less) == 0);
    const auto findings = work_on_leases(file, {}, LeaseWork::recall);
    BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, SIG_DFL);
    BOOST_TEST(findings.failure != "");
    BOOST_TEST(content(kept_copy(file)) == rows);
    BOOST_TEST(content(file) == header + later + later);
}

// Killed in the middle of a put-back too: the stranger has two names then.
BOOST_AUTO_TEST_CASE(a_stranger_gives_way_to_a_copy_that_nobody_put_back)
{
    BOOST_TEST(rescue(Rescue::prove));
    std::ofstream(file) << header << later;
    fs::create_hard_link(file, file + ".set-aside-1");
    auto findings = work_on_leases(file, {}, LeaseWork::recall);
    BOOST_TEST(findings.recalled.set_aside == file + ".set-aside-2");
    BOOST_TEST(content(file) == rows);
    fs::remove(file);
    BOOST_TEST(rescue(Rescue::prove));
    fs::create_symlink(path("secret"), file);
    findings = work_on_leases(file, {}, LeaseWork::recall);
    BOOST_TEST(findings.recalled.set_aside == file + ".set-aside-3");
    BOOST_TEST(content(file) == rows);
    BOOST_TEST(!fs::exists(path("secret")));
}

BOOST_AUTO_TEST_CASE(a_copy_with_another_name_is_copied)
{
    BOOST_TEST(rescue(Rescue::prove));
    fs::create_hard_link(kept_copy(file), path("backup"));
    BOOST_TEST(work_on_leases(file, {}, LeaseWork::recall).recalled.in_place);
    BOOST_TEST(content(file) == rows);
    BOOST_TEST(fs::hard_link_count(file) == 1U);
    BOOST_TEST(!fs::exists(kept_copy(file)));
}

BOOST_AUTO_TEST_CASE(what_is_no_copy_of_leases_is_in_nobody_s_way)
{
    fs::create_directory(kept_copy(file));
    BOOST_TEST(await(context, async_mend_leases(task())).has_value());
    BOOST_TEST(fs::is_directory(file + ".set-aside-1"));
    BOOST_TEST(!fs::exists(kept_copy(file)));
    std::ofstream(file) << rows;
    std::ofstream(kept_copy(file)) << "no header";
    const auto findings = work_on_leases(file, {}, LeaseWork::recall);
    BOOST_TEST(findings.recalled.set_aside == file + ".set-aside-2");
    BOOST_TEST(!fs::exists(kept_copy(file)));
    BOOST_TEST(content(file) == rows);
    BOOST_TEST(!work_on_leases(file, {}, LeaseWork::compare).copy_knows_more);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_put_back_keeps_kea_from_starting)
{
    BOOST_TEST(rescue(Rescue::prove));
    for (int number = 1; number <= 100; ++number) {
        std::ofstream(file + ".set-aside-" + std::to_string(number)) << number;
    }
    fs::create_directory(file);
    const auto mended = await(context, async_mend_leases(task()));
    BOOST_REQUIRE(!mended);
    BOOST_TEST(mended.error().message().find("cannot be put there") != std::string::npos, mended.error().message());
    BOOST_TEST(content(kept_copy(file)) == rows);
    BOOST_TEST(!rescue(Rescue::prove), "and where that is known before, no Kea is stopped");
}

BOOST_AUTO_TEST_CASE(what_has_a_name_that_kea_would_load_is_left_alone)
{
    for (const auto* name : {"leases.csv", "leases.csv.1"}) {
        std::ofstream(path(name)) << rows;
        source.reset(::open(path(name).c_str(), O_RDONLY | O_CLOEXEC));
        BOOST_TEST(rescue(Rescue::carry_out));
        BOOST_TEST(files() == 1);
        fs::remove(path(name));
    }
}

BOOST_AUTO_TEST_SUITE_END()
