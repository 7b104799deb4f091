// Whether Kea's log lines are repeated, by the settings of the moment.
#include "instance/service.hpp"
#include "kea/log_follower.hpp"

namespace keavrf::instance {

namespace {

asio::awaitable<void> follow_log(VrfName vrf, std::string folder, std::string file)
{
    kea::LogFollower follower(std::move(vrf), std::move(folder), std::move(file));
    co_await follower.run();
}

} // namespace

void Service::follow_as_told()
{
    const bool wanted = environment_.settings->kea.log == config::KeaLog::inherit;
    const bool following = follower_ && tasks_.running(*follower_);
    if (following && !wanted) {
        tasks_.stop(*follower_);
        follower_.reset();
    } else if (wanted && !following && ready()) {
        const auto paths = server_paths(vrf_, *environment_.settings);
        const auto file = paths.log_file.substr(paths.log_folder.size() + 1);
        follower_ = tasks_.spawn("kea log", follow_log(vrf_, paths.log_folder, file));
    }
}

} // namespace keavrf::instance
