#include "kea/folders.hpp"
#include "temporary_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace {

using namespace keavrf::kea;
using keavrf::UniqueFd;
using keavrf::test::TemporaryFolder;
namespace fs = std::filesystem;

mode_t mode_of(const std::string& path)
{
    struct stat status {};
    BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

FolderOwner ourselves(mode_t mode)
{
    return {::geteuid(), ::getegid(), mode};
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(kea_folders, TemporaryFolder)

BOOST_AUTO_TEST_CASE(a_folder_is_made_with_its_parents_and_corrected_when_it_is_there)
{
    const auto folder = path("state/red");
    BOOST_TEST(ensure_folder(folder, ourselves(0750)).has_value());
    BOOST_TEST(mode_of(folder) == 0750U);
    BOOST_TEST(mode_of(path("state")) == 0711U);
    BOOST_REQUIRE(::chmod(folder.c_str(), 0777) == 0);
    BOOST_TEST(ensure_folder(folder, ourselves(0750)).has_value());
    BOOST_TEST(mode_of(folder) == 0750U);
}

BOOST_AUTO_TEST_CASE(another_users_folder_is_taken_with_the_plain_files_that_are_that_users_and_no_others)
{
    if (::geteuid() != 0) {
        return; // nobody else can give anything away
    }
    constexpr uid_t former = 54321;
    constexpr uid_t now = 54322;
    const auto owner_of = [this](const std::string& name) {
        struct stat status {};
        BOOST_REQUIRE(::lstat(path(name).c_str(), &status) == 0);
        return status.st_uid;
    };
    fs::create_directories(path("red/folder"));
    for (const auto* name : {"red/leases", "red/leases.2", "red/mine", "twice", "target"}) {
        append(name, "kept");
    }
    fs::create_hard_link(path("twice"), path("red/twice"));
    fs::create_symlink(path("target"), path("red/link"));
    BOOST_REQUIRE(::mkfifo(path("red/pipe").c_str(), 0600) == 0);
    for (const auto* name : {"red", "red/leases", "red/leases.2", "red/folder", "twice", "target", "red/pipe"}) {
        BOOST_REQUIRE(::chown(path(name).c_str(), former, former) == 0);
    }
    BOOST_TEST(ensure_folder(path("red"), {now, now, 0750}).has_value());
    BOOST_TEST(owner_of("red") == now);
    BOOST_TEST(owner_of("red/leases") == now);
    BOOST_TEST(owner_of("red/leases.2") == now);
    BOOST_TEST(owner_of("red/mine") == 0U);
    for (const auto* name : {"twice", "target", "red/folder", "red/pipe"}) {
        BOOST_TEST(owner_of(name) == former, name);
    }
    BOOST_TEST(read("red/leases") == "kept");
}

BOOST_AUTO_TEST_CASE(a_file_is_replaced_only_where_its_text_group_or_mode_is_another)
{
    const auto file = path("conf");
    const auto number = [&] {
        struct stat status {};
        BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
        return status.st_ino;
    };
    BOOST_TEST(replace_file(file, "text", ::getegid()).has_value());
    const auto kept = UniqueFd(::open(file.c_str(), O_RDONLY | O_CLOEXEC)); // its number is not given anew
    const auto first = number();
    BOOST_TEST(replace_file(file, "text", ::getegid()).has_value());
    BOOST_TEST(number() == first);
    for (const auto* text : {"texts", "tex", ""}) {
        const auto before = number();
        const auto held = UniqueFd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
        BOOST_TEST(replace_file(file, text, ::getegid()).has_value());
        BOOST_TEST(read("conf") == text);
        BOOST_TEST(number() != before);
    }
    BOOST_REQUIRE(::chmod(file.c_str(), 0600) == 0);
    BOOST_TEST(replace_file(file, "", ::getegid()).has_value());
    BOOST_TEST(mode_of(file) == 0640U);
}

BOOST_AUTO_TEST_CASE(what_is_staged_is_not_there_until_it_is_committed)
{
    BOOST_TEST(replace_file(path("conf"), "old", ::getegid()).has_value());
    BOOST_TEST(stage_file(path("conf"), "new", ::getegid()).has_value());
    BOOST_TEST(read("conf") == "old");
    discard_file(path("conf"));
    BOOST_TEST(commit_file(path("conf")).has_error());
    BOOST_TEST(stage_file(path("conf"), "new", ::getegid()).has_value());
    BOOST_TEST(commit_file(path("conf")).has_value());
    BOOST_TEST(read("conf") == "new");
    BOOST_TEST(std::distance(fs::directory_iterator(path()), fs::directory_iterator()) == 1);
}

BOOST_AUTO_TEST_CASE(a_link_in_place_of_a_folder_is_not_followed)
{
    fs::create_directory(path("elsewhere"));
    append("elsewhere/file", "kept");
    fs::create_directory_symlink(path("elsewhere"), path("link"));
    const auto before = mode_of(path("elsewhere"));
    BOOST_TEST(ensure_folder(path("link"), ourselves(0700)).has_error());
    const auto refused = ensure_folder(path("link"), ourselves(0700)).error().message();
    BOOST_TEST(refused.find("move it away") != std::string::npos, refused);
    BOOST_TEST(clear_folder(path("link"), 100).has_error());
    BOOST_TEST(create_output_file(path("link/file")).has_error());
    BOOST_TEST(lock_file(path("link/lock")).has_error());
    BOOST_TEST(mode_of(path("elsewhere")) == before);
    BOOST_TEST(read("elsewhere/file") == "kept");
}

BOOST_AUTO_TEST_CASE(clearing_removes_links_and_not_what_they_point_to)
{
    fs::create_directory(path("kea"));
    fs::create_directory(path("kea/folder"));
    append("target", "kept");
    append("kea/kea-dhcp4.kea-dhcp4.pid", "1");
    append("kea/.hidden", "1");
    fs::create_symlink(path("target"), path("kea/link"));
    const auto cleared = clear_folder(path("kea"), 100);
    BOOST_TEST((cleared && *cleared));
    BOOST_TEST(std::distance(fs::directory_iterator(path("kea")), fs::directory_iterator()) == 1);
    BOOST_TEST(read("target") == "kept");
}

BOOST_AUTO_TEST_CASE(clearing_stops_after_so_many_names_and_goes_on_when_called_again)
{
    fs::create_directory(path("kea"));
    for (int number = 0; number < 250; ++number) {
        append("kea/" + std::to_string(number), "");
    }
    int calls = 1;
    for (auto cleared = clear_folder(path("kea"), 100); cleared && !*cleared;
         cleared = clear_folder(path("kea"), 100)) {
        ++calls;
    }
    BOOST_TEST(calls >= 3);
    BOOST_TEST(calls < 6);
    BOOST_TEST(fs::is_empty(path("kea")));
}

BOOST_AUTO_TEST_CASE(an_output_file_is_new_whatever_had_its_name)
{
    fs::create_directory(path("log"));
    append("target", "kept");
    fs::create_symlink(path("target"), path("log/out"));
    {
        const auto file = create_output_file(path("log/out"));
        BOOST_REQUIRE(file.has_value());
        BOOST_TEST(::write(file->get(), "text", 4) == 4);
    }
    BOOST_TEST(read("log/out") == "text");
    BOOST_TEST(read("target") == "kept");
    BOOST_TEST(!fs::is_symlink(path("log/out")));
    BOOST_TEST(create_output_file(path("log/out")).has_value());
    BOOST_TEST(read("log/out").empty());
}

BOOST_AUTO_TEST_CASE(a_file_is_replaced_in_one_step)
{
    append("file", "old");
    const UniqueFd reader(::open(path("file").c_str(), O_RDONLY | O_CLOEXEC));
    BOOST_TEST(replace_file(path("file"), "new text", ::getegid()).has_value());
    BOOST_TEST(read("file") == "new text");
    BOOST_TEST(mode_of(path("file")) == 0640U);
    char old[8]{};
    BOOST_TEST(::read(reader.get(), &old[0], sizeof(old)) == 3);
    // Left behind by one that was killed.
    append(".file.new", "half");
    BOOST_TEST(replace_file(path("file"), "newer", ::getegid()).has_value());
    BOOST_TEST(read("file") == "newer");
    BOOST_TEST(!fs::exists(path(".file.new")));
    BOOST_TEST(replace_file(path("no/such/file"), "x", ::getegid()).error().is(ENOENT));
}

BOOST_AUTO_TEST_CASE(the_lock_is_held_as_long_as_any_copy_of_its_descriptor)
{
    auto lock = lock_file(path("locks/red"));
    BOOST_REQUIRE(lock.has_value());
    BOOST_TEST(lock_file(path("locks/red")).error().is(EWOULDBLOCK));
    UniqueFd copy(::fcntl(lock->get(), F_DUPFD_CLOEXEC, 0));
    lock->reset();
    BOOST_TEST(lock_file(path("locks/red")).error().is(EWOULDBLOCK));
    BOOST_TEST(lock_file(path("locks/blue")).has_value());
    BOOST_TEST(mode_of(path("locks")) == 0700U);
    copy.reset();
    BOOST_TEST(lock_file(path("locks/red")).has_value());
}

BOOST_AUTO_TEST_CASE(only_plain_files_of_one_name_are_read)
{
    append("plain", "text");
    BOOST_TEST(open_plain_file(path("plain")).has_value());
    fs::create_symlink(path("plain"), path("link"));
    BOOST_TEST(open_plain_file(path("link")).error().is(ELOOP));
    BOOST_REQUIRE(::mkfifo(path("fifo").c_str(), 0600) == 0);
    BOOST_TEST(open_plain_file(path("fifo")).error().is(EINVAL));
    fs::create_hard_link(path("plain"), path("second"));
    BOOST_TEST(open_plain_file(path("plain")).error().is(EINVAL));
    BOOST_TEST(open_plain_file(path("absent")).error().is(ENOENT));
}

BOOST_AUTO_TEST_CASE(the_tail_of_a_file_starts_at_the_offset_and_is_bounded)
{
    append("file", "0123456789");
    BOOST_TEST(file_size(path("file")) == 10U);
    BOOST_TEST(file_size(path("absent")) == 0U);
    BOOST_TEST(read_tail(path("file"), 0, 100) == "0123456789");
    BOOST_TEST(read_tail(path("file"), 4, 100) == "456789");
    BOOST_TEST(read_tail(path("file"), 4, 3) == "789");
    BOOST_TEST(read_tail(path("file"), 10, 3).empty());
    // It was rotated meanwhile.
    BOOST_TEST(read_tail(path("file"), 11, 100) == "0123456789");
    BOOST_TEST(read_tail(path("absent"), 0, 100).empty());
}

BOOST_AUTO_TEST_SUITE_END()
