// What somebody who has taken over a Kea can do to root, and to the other VRF, with its lease file, with links and with
// many files.
#include "intruder.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <stdio.h> // NOLINT(modernize-deprecated-headers): renameat2

using namespace keavrf::test;
namespace fs = std::filesystem;

namespace {

const std::string state = "/var/lib/keavrfd/red";
const std::string lease_file = state + "/kea-leases4.csv";
const std::vector<std::string> folders{"/run/keavrfd/red/kea", state, "/var/log/keavrfd/red"};

// A file of root's that nobody else can read, on the file system of the leases.
struct Secret : TakenOver {
    const std::string path = "/var/lib/secret";
    struct stat before {};

    Secret()
    {
        std::ofstream(path) << "root's own\n";
        BOOST_REQUIRE(::chmod(path.c_str(), 0600) == 0);
        BOOST_REQUIRE(::stat(path.c_str(), &before) == 0);
    }
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret() { fs::remove(path); }
    void check_untouched() const
    {
        struct stat now {};
        BOOST_REQUIRE(::stat(path.c_str(), &now) == 0);
        BOOST_TEST(slurp(path) == "root's own\n");
        BOOST_TEST(now.st_uid == 0U);
        BOOST_TEST(now.st_mode == before.st_mode);
        BOOST_TEST(now.st_ino == before.st_ino);
        BOOST_TEST(now.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
    }
    // By a descriptor that it was given.
    [[nodiscard]] bool is_held_by(pid_t process) const
    {
        for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(process) + "/fd")) {
            struct stat status {};
            if (::stat(entry.path().c_str(), &status) == 0 && status.st_ino == before.st_ino &&
                status.st_dev == before.st_dev) {
                return true;
            }
        }
        return false;
    }
    // Kills red's Kea, and waits for the next.
    pid_t restart_red()
    {
        kill_and_wait_for_the_next();
        return daemon.kea("red");
    }
};

std::vector<std::string> names_in_folders()
{
    std::vector<std::string> names{state + "/kea-leases4.csv.pid", state + "/kea-leases4.csv.completed",
                                   lease_file + ".keavrfd-new", state + "/.keavrfd.lock"};
    for (const auto& folder : folders) {
        for (const auto& entry : fs::directory_iterator(folder)) {
            names.push_back(entry.path());
        }
    }
    return names;
}

// As Kea's user: half a row and a whole one, so that the file has to be written anew.
void tear(const std::string& path)
{
    const std::string row = "192.168.1.50,02:00:00:00:01:03,,7200,2795851295,1,0,0,,0,\n";
    const auto text = row.substr(0, row.size() / 2) + row;
    const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (file >= 0) {
        (void)!::write(file, text.data(), text.size());
        ::close(file);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(a_taken_over_kea)

// As it can where fs.protected_hardlinks is 0.
BOOST_FIXTURE_TEST_CASE(gets_nothing_of_roots_by_hard_links, Secret)
{
    int tried = 0;
    for (const auto& name : names_in_folders()) {
        BOOST_TEST_CONTEXT(name)
        {
            start_anew();
            const auto kea = daemon.kea("red");
            std::error_code failure;
            fs::remove(name, failure);
            fs::create_hard_link(path, name, failure);
            if (failure) {
                continue; // on another file system
            }
            ++tried;
            ::kill(kea, SIGKILL);
            // It was started again, or that failed too.
            const auto again = [&] {
                const auto now = daemon.kea("red");
                return (now != 0 && now != kea) || daemon.log_lines({"vrf=red ", "instance.backoff"}).size() > 1;
            };
            BOOST_TEST(eventually(again), daemon.log());
            check_blue();
            fs::remove(name, failure);
            check_untouched();
        }
    }
    BOOST_TEST(tried > 4);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(is_given_no_file_of_roots_that_it_linked_in_place_of_a_lock, Secret)
{
    const auto lock = state + "/.keavrfd.lock";
    fs::remove(lock);
    fs::create_hard_link(path, lock);
    BOOST_TEST(!is_held_by(restart_red()));
    check_untouched();
    fs::remove(lock);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(loses_no_lease_by_a_second_name_of_its_lease_file, Secret)
{
    const auto lease = red.client().acquire();
    BOOST_REQUIRE(lease);
    const std::vector<std::string> names{state + "/second", lease_file + ".keavrfd-new", lease_file + ".1"};
    for (const auto& name : names) {
        BOOST_TEST(tried_as_kea([&] { return ::link(lease_file.c_str(), name.c_str()) == 0; }) == 0);
        restart_red();
        const auto answer = red.client().rebind(*lease);
        BOOST_REQUIRE_MESSAGE(answer, daemon.log());
        BOOST_TEST(answer->message.type() == type::ack, describe(answer));
        fs::remove(name);
    }
    check_blue();
    daemon.stop();
}

// While root looks at the lease file and writes it anew, the intruder changes it for something else all the time.
BOOST_FIXTURE_TEST_CASE(leads_root_nowhere_by_exchanging_its_lease_file, Secret)
{
    BOOST_REQUIRE(red.client().acquire());
    const auto other = state + "/other";
    const auto temporary = lease_file + ".keavrfd-new";
    for (const std::string kind : {"link", "hard link", "FIFO"}) {
        BOOST_TEST_CONTEXT(kind)
        {
            fs::remove(other);
            if (kind == "link") {
                fs::create_symlink(path, other);
            } else if (kind == "hard link") {
                fs::create_hard_link(path, other);
            } else {
                BOOST_REQUIRE(::mkfifo(other.c_str(), 0666) == 0);
            }
            {
                const Intruder intruder([&] {
                    for (;;) {
                        tear(lease_file);
                        ::renameat2(AT_FDCWD, lease_file.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
                        ::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
                    }
                    return 0;
                });
                for (int time = 0; time < 10; ++time) {
                    const auto kea = daemon.kea("red");
                    if (kea != 0) {
                        ::kill(kea, SIGKILL);
                    }
                    check_blue();
                }
            }
            check_untouched();
        }
        for (const auto& entry : fs::directory_iterator(state)) {
            fs::remove_all(entry.path());
        }
    }
    daemon.wait_until("red", "serving", 60s);
    check_untouched();
    daemon.stop();
}

// One long line of nothing: to look at all of it takes an hour.
BOOST_FIXTURE_TEST_CASE(holds_up_nobody_by_a_lease_file_of_a_tebibyte, TakenOver)
{
    const auto before = peak_kilobytes();
    BOOST_TEST(tried_as_kea([] {
                   ::unlink(lease_file.c_str());
                   const int file = ::open(lease_file.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0644);
                   return file >= 0 && ::ftruncate(file, off_t{1} << 40U) == 0;
               }) == 0);
    const auto kea = daemon.kea("red");
    BOOST_TEST(tried_as_kea([&] { return ::kill(kea, SIGKILL) == 0; }) == 0);
    // Whoever looks at it is not keavrfd itself.
    BOOST_TEST(eventually([&] { return processes_with("/keavrfd -c ").size() > 1; }), daemon.log());
    for (int time = 0; time < 20; ++time) {
        check_blue();
    }
    BOOST_TEST(peak_kilobytes() < before + 8192);
    BOOST_TEST(daemon.kea("red") != kea);
    daemon.stop();
    fs::remove(lease_file);
}

BOOST_FIXTURE_TEST_CASE(holds_up_nobody_by_filling_the_folder_that_root_clears, TakenOver)
{
    {
        const Intruder intruder([] {
            for (int number = 0;; ++number) {
                const auto name = "/run/keavrfd/red/kea/" + std::to_string(number % 200'000);
                const int file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
                ::close(file);
            }
            return 0;
        });
        for (int time = 0; time < 5; ++time) {
            const auto kea = daemon.kea("red");
            if (kea != 0) {
                ::kill(kea, SIGKILL);
            }
            check_blue();
        }
    }
    daemon.wait_until("red", "serving", 60s);
    BOOST_TEST(red.client().acquire().has_value(), daemon.log());
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
