// Lease files that are renamed while they are looked at, as kea-lfc does it.
#include "kea/lease_set.hpp"
#include "temporary_folder.hpp"

#include <unistd.h>

#include <functional>
#include <map>
#include <vector>

namespace {

using namespace keavrf::kea;
using keavrf::test::TemporaryFolder;

struct Folder : TemporaryFolder {
    const std::string lease_file = path("leases.csv");
    int looks = 0;

    Folder() { append("leases.csv", "begun 0\n"); }
    void rename(const std::string& from, const std::string& to) const { std::filesystem::rename(path(from), path(to)); }
    // What Kea does before it starts its kea-lfc.
    void begin_cleanup() const
    {
        rename("leases.csv", "leases.csv.1");
        append("leases.csv", "begun anew\n");
    }
    void end_cleanup() const
    {
        append("leases.csv.output", "cleaned\n");
        rename("leases.csv.output", "leases.csv.completed");
        std::filesystem::remove(path("leases.csv.2"));
        std::filesystem::remove(path("leases.csv.1"));
        rename("leases.csv.completed", "leases.csv.2");
    }
    // `meanwhile` during the look of that number.
    std::optional<LeaseSet> look(std::map<int, std::function<void()>> meanwhile)
    {
        looks = 0;
        return look_in_place(lease_file, [&, meanwhile = std::move(meanwhile)](const LeaseSet&) {
            const auto deed = meanwhile.find(++looks);
            if (deed != meanwhile.end()) {
                deed->second();
            }
        });
    }
};

std::vector<std::string> texts(const LeaseSet& set)
{
    std::vector<std::string> all;
    for (const auto& file : set.files()) {
        std::string text(100, '\0');
        const auto count = file.file ? ::pread(file.file->get(), text.data(), text.size(), 0) : 0;
        text.resize(static_cast<std::size_t>(count));
        all.push_back(text);
    }
    return all;
}

using Texts = std::vector<std::string>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(kea_lease_set, Folder)

BOOST_AUTO_TEST_CASE(files_that_stay_in_place_are_looked_at_once)
{
    append("leases.csv.2", "old\n");
    const auto set = look({{1, [&] { append("leases.csv", "more\n"); }}});
    BOOST_REQUIRE(set.has_value());
    BOOST_TEST(looks == 1);
    BOOST_TEST((texts(*set) == Texts{"old\n", "", "begun 0\nmore\n"}));
    append("leases.csv.completed", "done\n");
    const auto completed = look({});
    BOOST_REQUIRE(completed.has_value());
    BOOST_TEST((texts(*completed) == Texts{"done\n", "begun 0\nmore\n"}));
}

BOOST_AUTO_TEST_CASE(each_step_of_a_cleanup_has_them_looked_at_again)
{
    const auto set = look({{1, [&] { begin_cleanup(); }}, {2, [&] { end_cleanup(); }}});
    BOOST_REQUIRE(set.has_value());
    BOOST_TEST(looks == 3);
    BOOST_TEST((texts(*set) == Texts{"cleaned\n", "", "begun anew\n"}));
}

BOOST_AUTO_TEST_CASE(a_file_that_comes_or_goes_is_noticed)
{
    const std::vector<std::pair<std::string, std::string>> renamings{{"other", "leases.csv.1"},
                                                                     {"leases.csv.1", "leases.csv.2"},
                                                                     {"leases.csv.2", "leases.csv.completed"},
                                                                     {"leases.csv.completed", "other"},
                                                                     {"leases.csv", "gone"}};
    append("other", "x");
    for (const auto& [from, to] : renamings) {
        BOOST_TEST_CONTEXT(from << " to " << to)
        {
            const LeaseSet set(lease_file);
            BOOST_TEST(set.in_place());
            rename(from, to);
            BOOST_TEST(!set.in_place());
        }
    }
}

// Without the open file the file system would give the next one its number.
BOOST_AUTO_TEST_CASE(a_file_made_anew_under_its_name_is_another)
{
    for (int time = 0; time < 20; ++time) {
        const LeaseSet set(lease_file);
        std::filesystem::remove(lease_file);
        append("leases.csv", "begun 0\n");
        BOOST_TEST(!set.in_place());
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_opened_can_change_places_too)
{
    append("other", "x");
    std::filesystem::create_symlink("other", path("leases.csv.2"));
    const auto set = look({});
    BOOST_REQUIRE(set.has_value());
    BOOST_TEST(looks == 1);
    BOOST_TEST(set->files().front().file.has_error());
    rename("other", "leases.csv.2");
    BOOST_TEST(!set->in_place());
}

BOOST_AUTO_TEST_CASE(where_they_never_stay_nothing_can_be_told)
{
    std::map<int, std::function<void()>> always;
    for (int time = 1; time <= 10; ++time) {
        always[time] = [&] {
            append("other", "x");
            rename("other", "leases.csv");
        };
    }
    BOOST_TEST(!look(always).has_value());
    BOOST_TEST(looks == 5);
}

BOOST_AUTO_TEST_SUITE_END()
