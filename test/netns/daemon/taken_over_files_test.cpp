// What somebody can do to root who has taken over a Kea, with code that runs as _kea and Kea's folders: nothing, and
// the other VRF is served on (DESIGN sections 6 and 10).
#include "intruder.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

using namespace keavrf::test;
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> folders{"/run/keavrfd/red/kea", "/var/lib/keavrfd/red", "/var/log/keavrfd/red"};

// A file of root's that nobody else can read or change, and that stays as it is.
class Treasure {
public:
    explicit Treasure(std::string path) : path_(std::move(path))
    {
        std::ofstream(path_) << text;
        BOOST_REQUIRE(::chmod(path_.c_str(), 0600) == 0);
        before_ = look();
    }
    [[nodiscard]] const std::string& path() const { return path_; }
    void check_untouched() const
    {
        const auto now = look();
        BOOST_TEST(slurp(path_) == text);
        BOOST_TEST(now.st_uid == 0U);
        BOOST_TEST(now.st_mode == before_.st_mode);
        BOOST_TEST(now.st_ino == before_.st_ino);
        BOOST_TEST(now.st_mtim.tv_nsec == before_.st_mtim.tv_nsec);
        BOOST_TEST(now.st_nlink == before_.st_nlink);
    }

private:
    static constexpr const char* text = "root's own\n";
    [[nodiscard]] struct stat look() const
    {
        struct stat status {};
        BOOST_REQUIRE(::lstat(path_.c_str(), &status) == 0);
        return status;
    }

    std::string path_;
    struct stat before_ {};
};

struct Forgery {
    const char* name;
    std::function<bool(const std::string& path, const std::string& target)> put;
};

std::vector<Forgery> forgeries()
{
    return {
        {"a symbolic link to a file of root's",
         [](const auto& path, const auto& target) { return ::symlink(target.c_str(), path.c_str()) == 0; }},
        {"a symbolic link to a folder of root's",
         [](const auto& path, const auto&) { return ::symlink("/run/test/chest", path.c_str()) == 0; }},
        {"a FIFO", [](const auto& path, const auto&) { return ::mkfifo(path.c_str(), 0666) == 0; }},
        {"a socket nobody listens on", [](const auto& path, const auto&) { return bind_unix(path, SOCK_DGRAM); }},
        {"a folder that is not empty",
         [](const auto& path, const auto&) {
             return ::mkdir(path.c_str(), 0777) == 0 && ::mkdir((path + "/x").c_str(), 0700) == 0;
         }},
        {"a file that names a process of root's",
         [](const auto& path, const auto&) { return static_cast<bool>(std::ofstream(path) << "1\n"); }},
    };
}

std::vector<std::string> names_in_folders()
{
    std::vector<std::string> names{"/run/keavrfd/red/kea/kea-dhcp4.kea-dhcp4.pid",
                                   "/run/keavrfd/red/kea/logger_lockfile", "/var/lib/keavrfd/red/kea-leases4.csv.pid",
                                   "/var/log/keavrfd/red/kea-dhcp4.out"};
    for (const auto& folder : folders) {
        for (const auto& entry : fs::directory_iterator(folder)) {
            names.push_back(entry.path());
        }
    }
    return names;
}

// Everything in Kea's folders that _kea can replace; returns how much that was.
int replace_all(const std::vector<std::string>& names, const Forgery& forgery, const std::string& target)
{
    return Intruder([&] {
               int count = 0;
               for (const auto& name : names) {
                   std::error_code ignored;
                   fs::remove_all(name, ignored);
                   count += forgery.put(name, target) ? 1 : 0;
               }
               return count;
           })
        .result();
}

int remove_all(const std::vector<std::string>& names)
{
    return Intruder([&] {
               for (const auto& name : names) {
                   std::error_code ignored;
                   fs::remove_all(name, ignored);
               }
               return 0;
           })
        .result();
}

// Each death and each start that failed leads into a backoff.
int failures_since(const Daemon& daemon, std::size_t start)
{
    int count = 0;
    const auto log = daemon.log();
    for (auto at = log.find("instance.backoff", start); at != std::string::npos;
         at = log.find("instance.backoff", at + 1)) {
        ++count;
    }
    return count;
}

} // namespace

BOOST_AUTO_TEST_SUITE(a_taken_over_kea)

BOOST_FIXTURE_TEST_CASE(can_signal_and_touch_nothing_of_roots, TakenOver)
{
    const auto keavrfd = daemon.pid();
    for (const int number : {0, SIGTERM, SIGKILL, SIGHUP, SIGSTOP}) {
        BOOST_TEST(tried_as_kea([&] { return ::kill(keavrfd, number) == 0; }) == EPERM, number);
    }
    const std::vector<std::string> closed{"/run/keavrfd/red/instance.json", "/run/keavrfd/.hub.json"};
    for (const auto& file : closed) {
        BOOST_TEST(tried_as_kea([&] { return ::open(file.c_str(), O_RDONLY) >= 0; }) == EACCES, file);
    }
    BOOST_TEST(tried_as_kea([] { return ::open("/run/keavrfd/red/kea-dhcp4.conf", O_WRONLY) >= 0; }) == EACCES);
    BOOST_TEST(tried_as_kea([] { return ::unlink("/run/keavrfd/red/instance.json") == 0; }) == EACCES);
    BOOST_TEST(tried_as_kea([] { return ::rename("/run/keavrfd/red/kea", "/run/keavrfd/red/aek") == 0; }) == EACCES);
    BOOST_TEST(tried_as_kea([] { return ::rename("/var/lib/keavrfd/red", "/var/lib/keavrfd/der") == 0; }) == EACCES);
    for (const auto* folder : {"/run/keavrfd", "/run/keavrfd/red", "/var/lib/keavrfd", "/var/log/keavrfd"}) {
        const auto made = std::string(folder) + "/forged";
        BOOST_TEST(tried_as_kea([&] { return ::mkdir(made.c_str(), 0777) == 0; }) == EACCES, folder);
    }
    BOOST_TEST(tried_as_kea([] {
                   sockaddr_un address{AF_UNIX, "/run/keavrfd/control.sock"};
                   const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
                   return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
               }) == EACCES);
    check_blue();
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(leads_root_nowhere_by_what_it_puts_into_its_folders, TakenOver)
{
    const Treasure treasure(folder() + "/treasure");
    fs::create_directories("/run/test/chest");
    const Treasure inside("/run/test/chest/kea-dhcp4.log");
    for (const auto& forgery : forgeries()) {
        BOOST_TEST_CONTEXT(forgery.name)
        {
            start_anew();
            const auto names = names_in_folders();
            const auto start = daemon.log_size();
            const auto kea = daemon.kea("red");
            BOOST_TEST(replace_all(names, forgery, treasure.path()) > 3);
            BOOST_TEST(tried_as_kea([&] { return ::kill(kea, SIGKILL) == 0; }) == 0);
            // It was started again, or that failed.
            const auto tried = [&] {
                const auto now = daemon.kea("red");
                return (now != 0 && now != kea) || failures_since(daemon, start) > 1;
            };
            BOOST_TEST(eventually(tried), daemon.log().substr(start));
            check_blue();
            BOOST_TEST(remove_all(names) == 0);
            treasure.check_untouched();
            inside.check_untouched();
        }
    }
    daemon.wait_until("red", "serving", 60s);
    BOOST_TEST(red.client().acquire().has_value(), daemon.log());
    daemon.stop();
    treasure.check_untouched();
    inside.check_untouched();
}

BOOST_FIXTURE_TEST_CASE(leaves_nothing_behind_of_what_it_filled_its_folder_with, TakenOver)
{
    BOOST_TEST(Intruder([] {
                   fs::current_path("/run/keavrfd/red/kea");
                   for (int number = 0; number < 20'000; ++number) {
                       std::ofstream(std::to_string(number)).close();
                   }
                   for (int depth = 0; depth < 200; ++depth) {
                       fs::create_directory("in");
                       fs::current_path("in");
                   }
                   return 0;
               }).result() == 0);
    daemon.write_configuration("kea: {log: inherit}\nvrfs:\n  blue: {device: none, interfaces: [eth2]}\n");
    BOOST_TEST(daemon.reload(), daemon.log());
    BOOST_TEST(eventually([] { return !fs::exists("/run/keavrfd/red"); }), daemon.log());
    BOOST_TEST(eventually([&] { return !daemon.status_of("red").has_value(); }), daemon.log());
    check_blue();
    daemon.stop();
    BOOST_TEST(daemon.log().find("remnant.kept") == std::string::npos, daemon.log());
}

// Whoever has open what the link leads to holds no lock of ours.
BOOST_FIXTURE_TEST_CASE(has_root_end_nobody_by_a_link_in_place_of_a_lock, TakenOver)
{
    Program program({"nsenter", "--net=/run/netns/keavrf-red", "--", "sh", "-c", "exec sleep 500 < /dev/null"});
    BOOST_TEST(eventually([] { return processes_with("sleep 500").size() == 1; }));
    BOOST_TEST(tried_as_kea([] { return ::symlink("/dev/null", "/var/lib/keavrfd/red/.keavrfd.lock") == 0; }) == 0);
    BOOST_TEST(tried_as_kea(
                   [] { return ::symlink("/dev/null", "/var/lib/keavrfd/red/kea-leases4.csv.completed") == 0; }) == 0);
    kill_and_wait_for_the_next();
    BOOST_TEST(processes_with("sleep 500").size() == 1U);
    check_blue();
    daemon.stop();
    BOOST_TEST(daemon.log_lines({"remnant.stopped"}).empty(), daemon.log());
    BOOST_TEST(processes_with("sleep 500").size() == 1U);
    ::kill(program.pid(), SIGKILL);
    BOOST_TEST(program.wait_for_exit().has_value());
}

BOOST_FIXTURE_TEST_CASE(keeps_its_vrf_from_no_service_and_no_end_by_links_that_lead_to_themselves, TakenOver)
{
    const std::vector<std::string> links{"/var/lib/keavrfd/red/.keavrfd.lock",
                                         "/var/lib/keavrfd/red/kea-leases4.csv.completed"};
    for (const auto& link : links) {
        BOOST_TEST(tried_as_kea([&] { return ::symlink(link.c_str(), link.c_str()) == 0; }) == 0);
    }
    kill_and_wait_for_the_next();
    BOOST_TEST(red.client().acquire().has_value(), daemon.log());
    check_blue();
    const auto kea = daemon.kea("red");
    BOOST_TEST(tried_as_kea([&] { return ::kill(kea, SIGKILL) == 0; }) == 0);
    daemon.stop();
    BOOST_TEST(daemon.log_lines({"instance.left-behind"}).empty(), daemon.log());
}

BOOST_AUTO_TEST_SUITE_END()
