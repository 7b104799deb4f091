// Who has a file open, by /proc: whom a message names that asks the operator to end somebody.
#include "core/unique_fd.hpp"
#include "kea/file_users.hpp"
#include "temporary_folder.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using keavrf::UniqueFd;
using keavrf::kea::Access;
using keavrf::kea::users_of;

// A process that has the file open so, until the object goes.
class User {
public:
    User(const std::string& file, int flags) : pid_(::fork())
    {
        if (pid_ == 0) {
            const int descriptor = ::open(file.c_str(), flags | O_CLOEXEC);
            ::raise(SIGSTOP);
            ::_exit(descriptor < 0 ? 1 : 0);
        }
        ::waitpid(pid_, nullptr, WUNTRACED);
    }
    User(const User&) = delete;
    User& operator=(const User&) = delete;
    ~User()
    {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] std::string name() const { return "pid " + std::to_string(pid_) + " ("; }

private:
    pid_t pid_;
};

struct Folder : keavrf::test::TemporaryFolder {
    std::string file = path("leases.csv");
    Folder() { append("leases.csv", "x"); }
};

bool among(const std::string& users, const User& user)
{
    return users.find(user.name()) != std::string::npos;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(kea_file_users, Folder)

BOOST_AUTO_TEST_CASE(whoever_only_reads_is_no_writer)
{
    const User reader(file, O_RDONLY);
    const User writer(file, O_WRONLY | O_APPEND);
    const auto any = users_of(file);
    BOOST_TEST(among(any, reader), any);
    BOOST_TEST(among(any, writer), any);
    const auto writing = users_of(file, Access::writing);
    BOOST_TEST(!among(writing, reader), writing);
    BOOST_TEST(among(writing, writer), writing);
}

BOOST_AUTO_TEST_CASE(whoever_has_another_file_open_is_not_named)
{
    append("other.csv", "x");
    const User other(path("other.csv"), O_RDWR);
    BOOST_TEST(users_of(file).empty());
    BOOST_TEST(users_of(path("absent.csv")).empty());
}

BOOST_AUTO_TEST_SUITE_END()
