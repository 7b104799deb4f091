#include "core/file.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace {

struct Folder {
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "keavrf-file-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }
    std::string path;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(file, Folder)

BOOST_AUTO_TEST_CASE(reads_what_was_written_with_the_mode_asked_for)
{
    const auto name = path + "/record";
    BOOST_REQUIRE(keavrf::write_file(name, "first", 0600).has_value());
    BOOST_REQUIRE(keavrf::write_file(name, "second", 0640).has_value());
    BOOST_TEST(keavrf::read_file(name, 100).value() == "second");
    struct stat status {};
    BOOST_REQUIRE(::stat(name.c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 07777U) == 0640U);
    BOOST_TEST(!std::filesystem::exists(name + ".new"));
}

BOOST_AUTO_TEST_CASE(says_what_cannot_be_read_and_why)
{
    BOOST_TEST(keavrf::read_file(path + "/none", 10).error().message() ==
               "cannot read " + path + "/none: No such file or directory");
    BOOST_TEST(keavrf::read_file(path, 10).error().message() == "cannot read " + path + ": Is a directory");
    BOOST_REQUIRE(keavrf::write_file(path + "/big", "12345678901", 0600).has_value());
    BOOST_TEST(keavrf::read_file(path + "/big", 10).error().is(EFBIG));
    BOOST_REQUIRE(::mkfifo((path + "/pipe").c_str(), 0600) == 0);
    BOOST_TEST(keavrf::read_file(path + "/pipe", 10).has_error());
}

BOOST_AUTO_TEST_CASE(a_write_never_follows_a_link_left_in_its_way)
{
    BOOST_REQUIRE(keavrf::write_file(path + "/victim", "mine", 0600).has_value());
    BOOST_REQUIRE(::symlink((path + "/victim").c_str(), (path + "/record.new").c_str()) == 0);
    BOOST_REQUIRE(keavrf::write_file(path + "/record", "other", 0600).has_value());
    BOOST_TEST(keavrf::read_file(path + "/victim", 100).value() == "mine");
}

BOOST_AUTO_TEST_CASE(a_new_folder_has_the_mode_asked_for_whatever_the_umask)
{
    const auto before = ::umask(0077);
    const auto made = keavrf::make_folders(path + "/open/below", 0711);
    ::umask(before);
    BOOST_REQUIRE(made.has_value());
    for (const auto* name : {"/open", "/open/below"}) {
        struct stat status {};
        BOOST_REQUIRE(::stat((path + name).c_str(), &status) == 0);
        BOOST_TEST((status.st_mode & 07777U) == 0711U);
    }
}

BOOST_AUTO_TEST_CASE(makes_missing_parents_and_refuses_a_file_in_the_way)
{
    BOOST_TEST(keavrf::make_folders(path + "/a/b/c", 0711).has_value());
    BOOST_TEST(keavrf::make_folders(path + "/a/b/c", 0711).has_value());
    BOOST_REQUIRE(keavrf::write_file(path + "/plain", "", 0600).has_value());
    BOOST_TEST(keavrf::make_folders(path + "/plain", 0711).error().is(ENOTDIR));
    BOOST_TEST(keavrf::make_folders(path + "/plain/under", 0711).error().is(ENOTDIR));
}

BOOST_AUTO_TEST_SUITE_END()
