// More VRFs than there are slots for: one that has none is named, by a reload too, and gets one when one is free.
#include "core/task_group.hpp"
#include "instance/record_file.hpp"
#include "netns/namespace.hpp"
#include "orchestrator/orchestrator.hpp"
#include "process/privileges.hpp"
#include "support/await.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace keavrf;
using namespace std::chrono_literals;

namespace {

asio::awaitable<void> until(std::function<bool()> is_so)
{
    const auto deadline = Clock::now() + 20s;
    while (!is_so() && Clock::now() < deadline) {
        co_await async_sleep(5ms);
    }
}

// They wait for an interface of their name: that takes a slot, and no Kea.
std::shared_ptr<const config::Settings> serving(const std::vector<std::string>& names)
{
    auto settings = std::make_shared<config::Settings>();
    settings->runtime_dir = "/run/keavrfd";
    settings->state_dir = "/run/state";
    settings->log_dir = "/run/log";
    for (const auto& name : names) {
        auto entry = std::make_shared<config::VrfSettings>();
        entry->pattern = name;
        entry->has_device = false;
        entry->automatic_interfaces = false;
        entry->interfaces.push_back({"if-" + name, std::nullopt, {}, {}});
        settings->vrfs.push_back(entry);
    }
    return settings;
}

struct WithSlots {
    asio::io_context context{1};
    TaskGroup tasks{context.get_executor()};
    std::unique_ptr<orchestrator::Orchestrator> orchestrator;

    void begin(std::uint32_t slots, const std::vector<std::string>& names)
    {
        orchestrator::Orchestrator::Setup setup;
        setup.settings = serving(names);
        setup.kea_version = {2, 2, 0};
        setup.kea_identity = process::find_kea_user("").value();
        setup.slots = slots;
        orchestrator = std::make_unique<orchestrator::Orchestrator>(context.get_executor(), std::move(setup));
        tasks.spawn("orchestrator", orchestrator->run());
        test::await(context, orchestrator->async_ready());
    }
    WithSlots() = default;
    WithSlots(const WithSlots&) = delete;
    WithSlots& operator=(const WithSlots&) = delete;
    ~WithSlots()
    {
        tasks.stop();
        test::await(context, until([this] { return tasks.size() == 0; }));
        BOOST_TEST(!tasks.failed());
    }
    orchestrator::ReloadReport reload(const std::vector<std::string>& names)
    {
        return test::await(context, orchestrator->async_reload(serving(names)));
    }
    [[nodiscard]] std::set<std::string> served() const
    {
        std::set<std::string> names;
        for (const auto& [vrf, instance] : orchestrator->instances()) {
            names.insert(vrf.str());
        }
        return names;
    }
    [[nodiscard]] std::set<std::string> without() const
    {
        std::set<std::string> names;
        for (const auto& vrf : orchestrator->without_slot()) {
            names.insert(vrf.str());
        }
        return names;
    }
};

using Names = std::set<std::string>;

asio::awaitable<void> async_reload(orchestrator::Orchestrator* orchestrator,
                                   std::shared_ptr<const config::Settings> settings)
{
    const auto report = co_await orchestrator->async_reload(std::move(settings));
    BOOST_TEST(report.applied);
}

} // namespace

BOOST_AUTO_TEST_SUITE(slots)

BOOST_FIXTURE_TEST_CASE(one_without_a_slot_fails_a_reload_and_is_served_when_one_is_free, WithSlots)
{
    begin(2, {"a", "b"});
    BOOST_TEST((served() == Names{"a", "b"}));
    const auto too_many = reload({"a", "b", "c"});
    BOOST_TEST(too_many.applied);
    BOOST_REQUIRE(too_many.complaints.size() == 1U);
    BOOST_TEST(too_many.complaints.front().text.find("vrf c: there is no slot") == 0U,
               too_many.complaints.front().text);
    BOOST_TEST(too_many.changed == 0U);
    BOOST_TEST((served() == Names{"a", "b"}));
    BOOST_TEST((without() == Names{"c"}));
    const auto unchanged = reload({"a", "b", "c"});
    BOOST_TEST(unchanged.complaints.size() == 1U);
    // It waits for the one that is on its way out.
    const auto fewer = reload({"b", "c"});
    BOOST_TEST(fewer.applied);
    BOOST_TEST(fewer.complaints.empty());
    test::await(context, until([this] { return served() == Names{"b", "c"}; }));
    BOOST_TEST((served() == Names{"b", "c"}));
    BOOST_TEST(without().empty());
    BOOST_TEST(reload({"b", "c"}).complaints.empty());
}

// As of a keavrfd that served more.
BOOST_FIXTURE_TEST_CASE(what_is_left_of_one_without_a_slot_is_taken_down, WithSlots)
{
    instance::Record record;
    record.vrf = VrfName("a");
    record.slot = Slot(7);
    {
        const auto name_space = netns::create("keavrf-a").value();
        BOOST_REQUIRE(instance::describe_namespace(record, name_space).has_value());
    }
    BOOST_REQUIRE(instance::write_record(record, *serving({})).has_value());
    begin(1, {"a"});
    // In which its VRF is served at last.
    const auto slot = [this] {
        const auto found = orchestrator->instances().find(VrfName("a"));
        return found == orchestrator->instances().end() ? Slot(7) : found->second->slot();
    };
    test::await(context, until([&] { return slot() == Slot(0); }));
    BOOST_TEST(netns::open("keavrf-a").has_error());
    BOOST_TEST(without().empty());
    BOOST_TEST(slot().value() == 0U);
}

BOOST_FIXTURE_TEST_CASE(one_that_is_not_wanted_any_more_is_forgotten, WithSlots)
{
    begin(1, {"a", "b"});
    BOOST_TEST((without() == Names{"b"}));
    BOOST_TEST(reload({"a"}).complaints.empty());
    BOOST_TEST(without().empty());
}

// Of all that an orchestrator calls the one that a test can make throw.
BOOST_FIXTURE_TEST_CASE(without_memory_for_a_look_it_looks_again, WithSlots)
{
    begin(2, {"a"});
    unsigned refused = 0;
    bool refuses = true;
    orchestrator->on_change([&refused, &refuses] {
        ++refused;
        if (refuses) {
            throw std::bad_alloc();
        }
    });
    // One that ends has the orchestrator look.
    tasks.spawn("reload", async_reload(orchestrator.get(), serving({"b"})));
    test::await(context, until([&] { return refused >= 6 || tasks.failed(); }));
    refuses = false;
    test::await(context, until([&] { return served() == Names{"b"}; }));
    BOOST_TEST((served() == Names{"b"}));
    BOOST_TEST(!tasks.failed());
    orchestrator->on_change({});
}

BOOST_AUTO_TEST_SUITE_END()
