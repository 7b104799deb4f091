// This process stands in for Kea: what it has open is looked at by its own number.
#include "kea/lease_watch.hpp"
#include "temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace {

using namespace keavrf;
using namespace std::chrono_literals;
using kea::LeaseWatch;

const std::string header = "address,hwaddr,client_id,valid_lifetime,expire\n";
const Clock::time_point start{1h};

struct Writer : test::TemporaryFolder {
    std::string file = path("leases.csv");
    UniqueFd held = begin();
    LeaseWatch watch;

    [[nodiscard]] UniqueFd begin() const
    {
        UniqueFd made(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
        BOOST_REQUIRE(::write(made.get(), header.data(), header.size()) == static_cast<ssize_t>(header.size()));
        return made;
    }
    bool astray(Clock::duration after = 0s) { return watch.astray(start + after, ProcessId(::getpid()), file); }
    [[nodiscard]] std::string of_held() const
    {
        std::string text(header.size(), '\0');
        BOOST_REQUIRE(::pread(watch.held(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
        return text;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(kea_lease_watch, Writer)

BOOST_AUTO_TEST_CASE(a_file_in_its_place_is_well)
{
    BOOST_TEST(!astray());
    BOOST_TEST(!astray(1h));
    BOOST_TEST(!watch.gone(start + 1h));
    BOOST_TEST(watch.held() == -1);
}

BOOST_AUTO_TEST_CASE(one_that_is_removed_is_held_at_once_and_gone_when_it_stays_away)
{
    BOOST_TEST(!astray());
    std::filesystem::remove(file);
    BOOST_TEST(astray(1s));
    BOOST_TEST(!watch.gone(start + 1s));
    BOOST_TEST(astray(6s));
    BOOST_TEST(watch.gone(start + 6s));
    held.reset();
    BOOST_TEST(of_held() == header);
}

BOOST_AUTO_TEST_CASE(one_that_kea_begins_anew_is_well_whatever_its_descriptor)
{
    BOOST_TEST(!astray());
    std::filesystem::rename(file, file + ".1");
    BOOST_TEST(astray(1s), "seen in the middle");
    const auto before = std::move(held);
    held = begin();
    BOOST_TEST(!astray(6s));
    BOOST_TEST(!watch.gone(start + 6s));
    BOOST_TEST(watch.held() == -1);
}

// lfcExecute does so, whatever became of the file before.
BOOST_AUTO_TEST_CASE(one_that_kea_begins_while_another_is_gone_lets_go_of_nothing)
{
    BOOST_TEST(!astray());
    std::filesystem::remove(file);
    BOOST_TEST(astray(1s));
    BOOST_TEST(!watch.continued());
    watch.note_copy();
    held = begin();
    BOOST_TEST(astray(2s));
    BOOST_TEST(watch.continued());
    BOOST_TEST(watch.gone(start + 6s));
    BOOST_TEST(watch.copied());
    BOOST_TEST(of_held() == header);
    BOOST_TEST(!watch.take_lost());
    // Another cleanup.
    std::filesystem::rename(file, file + ".1");
    held = begin();
    BOOST_TEST(!astray(3s));
    BOOST_TEST(watch.take_lost());
    BOOST_TEST(!watch.take_lost());
    BOOST_TEST(watch.held() == -1);
    BOOST_TEST(!watch.continued());
    BOOST_TEST(!watch.copied());
}

BOOST_AUTO_TEST_CASE(one_that_kea_has_begun_is_missed_where_it_was_never_seen_in_its_place)
{
    BOOST_TEST(!astray());
    std::filesystem::rename(file, file + ".1");
    held = begin();
    std::filesystem::remove(file);
    BOOST_TEST(astray(1s));
    BOOST_TEST(of_held() == header);
}

BOOST_AUTO_TEST_CASE(one_that_a_cleanup_has_moved_and_removed_is_no_loss)
{
    BOOST_TEST(!astray());
    std::filesystem::rename(file, file + ".1");
    BOOST_TEST(astray(1s));
    std::filesystem::remove(file + ".1");
    held = begin();
    BOOST_TEST(!astray(2s));
    BOOST_TEST(watch.held() == -1);
}

BOOST_AUTO_TEST_CASE(one_that_is_moved_away_and_replaced_is_gone_and_well_again_when_it_is_moved_back)
{
    BOOST_TEST(!astray());
    std::filesystem::rename(file, file + ".old");
    BOOST_TEST(astray(1s));
    std::ofstream(file) << header;
    BOOST_TEST(astray(6s));
    BOOST_TEST(watch.gone(start + 6s));
    std::filesystem::rename(file + ".old", file);
    BOOST_TEST(!astray(7s));
    BOOST_TEST(!watch.gone(start + 60s));
}

BOOST_AUTO_TEST_CASE(a_link_is_no_file_even_where_it_leads_to_it)
{
    BOOST_TEST(!astray());
    std::filesystem::rename(file, path("elsewhere"));
    std::filesystem::create_symlink(path("elsewhere"), file);
    BOOST_TEST(astray(1s));
}

BOOST_AUTO_TEST_CASE(what_was_gone_before_the_first_look_is_told_by_what_is_in_it)
{
    std::filesystem::remove(file);
    BOOST_TEST(astray());
    BOOST_TEST(of_held() == header);
}

BOOST_AUTO_TEST_CASE(what_a_cleanup_wrote_is_missed_where_it_was_there)
{
    BOOST_TEST(!astray());
    BOOST_TEST(!watch.lost_older(file), "there was none");
    std::ofstream(file + ".2") << header;
    BOOST_TEST(!astray());
    std::filesystem::remove(file);
    BOOST_TEST(astray());
    BOOST_TEST(!watch.lost_older(file));
    std::filesystem::rename(file + ".2", file + ".completed");
    BOOST_TEST(!watch.lost_older(file));
    std::filesystem::remove(file + ".completed");
    BOOST_TEST(watch.lost_older(file));
}

// A taken-over Kea puts another file under the number, again and again, by a descriptor that gives no right to it.
BOOST_AUTO_TEST_CASE(what_is_put_in_its_place_meanwhile_is_never_read)
{
    std::ofstream(path("secret")) << "of root's";
    const UniqueFd lease(::open(file.c_str(), O_RDWR | O_CLOEXEC));
    const UniqueFd secret(::open(path("secret").c_str(), O_PATH | O_CLOEXEC));
    const auto number = held.get();
    BOOST_TEST(!astray());
    std::filesystem::remove(file);
    const std::jthread exchange([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            ::dup2(secret.get(), number);
            ::dup2(lease.get(), number);
        }
    });
    unsigned held_once = 0;
    for (unsigned round = 0; round < 3000; ++round) {
        watch.put_back();
        if (astray()) {
            struct stat status {};
            ::fstat(watch.held(), &status);
            BOOST_REQUIRE(status.st_size == static_cast<off_t>(header.size()));
            ++held_once;
        }
    }
    BOOST_TEST(held_once > 0U);
}

BOOST_AUTO_TEST_CASE(a_kea_without_such_a_file_has_lost_none)
{
    held.reset();
    const UniqueFd other(::open(path("log").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
    const UniqueFd read_only(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    std::filesystem::remove(file);
    BOOST_TEST(!astray());
    BOOST_TEST(!watch.gone(start + 1h));
}

BOOST_AUTO_TEST_SUITE_END()
