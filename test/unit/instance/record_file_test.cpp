#include "instance/record_file.hpp"
#include "unit/kea/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <string>

namespace {

using namespace keavrf;
using namespace keavrf::instance;

struct Records : test::TemporaryFolder {
    config::Settings settings;
    Record record;

    Records()
    {
        settings.runtime_dir = path("run");
        settings.state_dir = path("lib");
        record.vrf = VrfName("red");
        record.slot = Slot(3);
        record.name_space = "keavrf-red";
        record.inode = NamespaceInode(4711);
        record.cookie = 12;
        record.boot = "8f2b";
    }
    [[nodiscard]] Result<void> write(const Record& what) const
    {
        const auto written = write_record(what, settings);
        return written ? write_record_copy(what, settings) : written;
    }
    [[nodiscard]] config::Settings elsewhere() const
    {
        auto others = settings;
        others.runtime_dir = path("other-run");
        others.state_dir = path("other-lib");
        return others;
    }
};

ino_t file_number(const std::string& path)
{
    struct stat status {};
    BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_ino;
}

bool exists(const std::string& path)
{
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(instance_record_file, Records)

// On a full disk there is no room to replace a file by its like.
BOOST_AUTO_TEST_CASE(what_is_on_record_already_is_not_written_again)
{
    BOOST_REQUIRE(write(record).has_value());
    const auto original = file_number(record_path(record.vrf, settings));
    const auto copy = file_number(record_copy_path(record.vrf, settings));
    BOOST_REQUIRE(write(record).has_value());
    BOOST_TEST(file_number(record_path(record.vrf, settings)) == original);
    BOOST_TEST(file_number(record_copy_path(record.vrf, settings)) == copy);
    record.slot = Slot(4);
    BOOST_REQUIRE(write(record).has_value());
    BOOST_TEST((read_record(record_path(record.vrf, settings)).value().slot == Slot(4)));
    BOOST_TEST((read_record(record_copy_path(record.vrf, settings)).value().slot == Slot(4)));
}

BOOST_AUTO_TEST_CASE(what_lies_where_it_was_written_before_is_erased)
{
    BOOST_REQUIRE(write(record).has_value());
    const auto written = read_record(record_path(record.vrf, settings)).value();
    BOOST_TEST(erase_former_records(written, settings).empty());
    BOOST_TEST(erase_former_records(written, elsewhere()).size() == 2U);
    BOOST_TEST(!exists(record_path(record.vrf, settings)));
    BOOST_TEST(!exists(record_copies(settings)));
}

// Another keavrfd works with these folders by now, and has a VRF of the same name.
BOOST_AUTO_TEST_CASE(what_speaks_of_another_namespace_there_is_left_alone)
{
    struct Case {
        const char* what;
        void (*change)(Record&);
    };
    const Case cases[]{
        {"inode", [](Record& one) { one.inode = NamespaceInode(4712); }},
        {"cookie", [](Record& one) { one.cookie = 13; }},
        {"boot", [](Record& one) { one.boot = "9a3c"; }},
    };
    for (const auto& [what, change] : cases) {
        auto others = record;
        change(others);
        BOOST_REQUIRE(write(others).has_value());
        auto ours = record;
        ours.runtime_dir = settings.runtime_dir;
        ours.state_dir = settings.state_dir;
        BOOST_TEST(erase_former_records(ours, elsewhere()).empty(), what);
        BOOST_TEST(exists(record_path(record.vrf, settings)), what);
        BOOST_TEST(exists(record_copy_path(record.vrf, settings)), what);
    }
}

BOOST_AUTO_TEST_SUITE_END()
