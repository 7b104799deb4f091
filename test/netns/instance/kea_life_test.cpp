// What becomes of an instance's Kea when something happens in a moment that hardly comes by itself; here the test
// chooses it. With real Kea.
#include "core/unique_fd.hpp"
#include "core/wakeup.hpp"
#include "surroundings.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <optional>
#include <string>

namespace {

std::size_t next_to_fail = 0; // the size of an allocation; 0: none

} // namespace

void* operator new(std::size_t size)
{
    const bool fails = size != 0 && size == next_to_fail;
    void* memory = fails ? nullptr : std::malloc(size == 0 ? 1 : size);
    if (fails) {
        next_to_fail = 0;
    }
    return memory != nullptr ? memory : throw std::bad_alloc();
}

void operator delete(void* memory) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept
{
    std::free(memory);
}

using namespace keavrf;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t answer_buffer = 65536; // of the control channel, when Kea is asked whether it is ready

struct WithKea : test::Surroundings {
    test::ClientNamespace far;
    InterfaceIndex index;

    WithKea() : Surroundings("/usr/sbin/kea-dhcp4", 60s)
    {
        for (const auto* folder : {"/run/keavrfd", "/run/state", "/run/log"}) {
            fs::remove_all(folder);
            fs::create_directories(folder);
        }
        fs::create_directories("/run/state/.locks");
        fs::create_directories("/run/state/.records");
        index = add_client_interface(far, test::Mac{0x02, 0, 0, 0, 0, 0x01});
    }
};

// An instance that runs as long as the object lives.
struct Running {
    test::Surroundings& around;
    instance::Instance red;
    TaskGroup::Id task;

    Running(test::Surroundings& surroundings, const topology::Domain& domain)
        : around(surroundings), red(around.environment, VrfName("red"), Slot(0)), task(begin(domain))
    {
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running()
    {
        red.end("the test is over");
        around.tasks.stop(task);
        BOOST_TEST(around.comes_to_be([this] { return !around.tasks.running(task); }));
    }
    bool serves()
    {
        return around.comes_to_be(
            [this] { return red.server_ready() && red.machine().state() == instance::State::serving; });
    }

private:
    TaskGroup::Id begin(const topology::Domain& domain)
    {
        red.update(domain);
        return around.tasks.spawn("red", red.run());
    }
};

// Its prefix is none where the table is 300.
topology::Domain with_table(InterfaceIndex index, std::uint32_t table)
{
    auto settings = std::make_shared<config::VrfSettings>();
    settings->dhcp4 = {{"subnet4", {{{"subnet", "10.${table}.0.0/24"}, {"id", 1}}}}};
    auto domain = test::served(index);
    domain.settings = settings;
    domain.table = table;
    return domain;
}

// Zombies that nobody has waited for included.
std::ptrdiff_t children()
{
    std::ifstream file("/proc/self/task/" + std::to_string(::getpid()) + "/children");
    BOOST_REQUIRE(file.good());
    return std::distance(std::istream_iterator<pid_t>(file), std::istream_iterator<pid_t>());
}

// For Kea in the namespace of this program, where it listens nowhere.
instance::Rendering idle_configuration(const config::Settings& settings)
{
    const auto paths = instance::server_paths(VrfName("red"), settings);
    return instance::rendered(R"({"Dhcp4": {"interfaces-config": {"interfaces": []}, "lease-database": {"type": )"
                              R"("memfile", "name": ")" +
                              paths.lease_file + R"("}, "control-socket": {"socket-type": "unix", "socket-name": ")" +
                              paths.control_socket + R"("}, "subnet4": []}})");
}

} // namespace

BOOST_AUTO_TEST_SUITE(kea_life)

// It runs by then, and nobody waits for its end.
BOOST_FIXTURE_TEST_CASE(a_start_that_fails_when_there_is_a_kea_leaves_none_that_serves_nobody, WithKea)
{
    Running running(*this, test::served(index));
    BOOST_REQUIRE(comes_to_be([&] { return running.red.server_pid() != ProcessId(); }));
    const auto first = running.red.server_pid();
    next_to_fail = answer_buffer;
    BOOST_TEST(running.serves(), running.red.machine().reason());
    BOOST_TEST(next_to_fail == 0U);
    BOOST_TEST(running.red.server_pid().value() != first.value());
    BOOST_TEST(::kill(first.value(), 0) != 0);
}

BOOST_FIXTURE_TEST_CASE(a_configuration_that_cannot_be_made_any_more_while_it_is_told_is_not_told, WithKea)
{
    Running running(*this, with_table(index, 1));
    BOOST_REQUIRE_MESSAGE(running.serves(), running.red.machine().reason());
    running.red.update(with_table(index, 2));
    const auto deadline = Clock::now() + test::patience;
    while (children() < 2 && Clock::now() < deadline) { // Kea, and who looks at its leases before the reload
        context.run_one();
    }
    BOOST_REQUIRE(children() == 2);
    running.red.update(with_table(index, 300));
    BOOST_TEST(comes_to_be([&] { return running.red.machine().state() == instance::State::waiting; }));
    BOOST_TEST(running.red.machine().reason().find("cannot be made") != std::string::npos);
    running.red.update(with_table(index, 3));
    BOOST_TEST(running.serves(), running.red.machine().reason());
}

// A kill, and a turn of its instance before whoever waits for it is told.
BOOST_FIXTURE_TEST_CASE(an_exit_that_nobody_has_told_of_yet_is_one, WithKea)
{
    Wakeup changed(context.get_executor());
    instance::Service service(environment, VrfName("red"), tasks, changed);
    const UniqueFd here(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    const std::function<void()> launched = [] {};
    const auto started =
        test::await(context, service.async_start(here.get(), idle_configuration(*environment.settings), launched));
    BOOST_REQUIRE_MESSAGE(started.has_value(), started.error().message());
    const auto pid = service.pid().value();
    ::kill(pid, SIGKILL);
    siginfo_t information{};
    BOOST_REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &information, WEXITED | WNOWAIT) == 0);
    const auto exit = test::await(context, service.async_take_exit());
    BOOST_REQUIRE(exit.has_value());
    BOOST_TEST(exit->what == "killed by SIGKILL");
    BOOST_TEST(!service.observe().has_value());
    const auto again = test::await(context, service.async_take_exit());
    BOOST_TEST(!again.has_value());
    BOOST_TEST(comes_to_be([&] { return tasks.size() == 1; })); // the hub's
}

BOOST_FIXTURE_TEST_CASE(a_stop_that_was_asked_for_is_no_exit, WithKea)
{
    Wakeup changed(context.get_executor());
    instance::Service service(environment, VrfName("red"), tasks, changed);
    const UniqueFd here(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    const std::function<void()> launched = [] {};
    const auto started =
        test::await(context, service.async_start(here.get(), idle_configuration(*environment.settings), launched));
    BOOST_REQUIRE_MESSAGE(started.has_value(), started.error().message());
    const auto stopped = test::await(context, service.async_stop("the test is over"));
    BOOST_TEST(stopped.has_value());
    const auto exit = test::await(context, service.async_take_exit());
    BOOST_TEST(!exit.has_value());
    BOOST_TEST(comes_to_be([&] { return tasks.size() == 1; })); // the hub's
}

BOOST_AUTO_TEST_SUITE_END()
