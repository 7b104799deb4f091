// What all instances share. The orchestrator owns it, and it outlives them.
#pragma once

#include "config/settings.hpp"
#include "core/asio.hpp"
#include "core/semaphore.hpp"
#include "instance/census.hpp"
#include "instance/disk_watch.hpp"
#include "instance/hub.hpp"
#include "instance/path_watch.hpp"
#include "kea/version.hpp"
#include "process/spawn.hpp"
#include "relay/relay.hpp"

#include <functional>
#include <memory>
#include <string>

namespace keavrf::instance {

struct Environment {
    asio::any_io_executor executor;
    // Replaced at a reload; an instance takes its own reference for what it is doing.
    std::shared_ptr<const config::Settings> settings;
    kea::Version kea_version;
    process::Identity kea_identity;
    std::string host; // ${host}
    Hub* hub = nullptr;
    relay::SharedIo* relay_io = nullptr;
    PathWatch paths;
    // Bounds how many instances are being built and started at once.
    Semaphore* starts = nullptr;
    // Asked before anything is written to them; null: they are taken to answer.
    std::shared_ptr<Disks> disks;
    // Who lives in which namespace.
    std::shared_ptr<Census> census = std::make_shared<Census>();
    // Uniform in [0, 1), for jitter.
    std::function<double()> random;
    // After every change of an instance's state; may be empty.
    std::function<void()> on_change;
    // At the end of every turn of an instance: a trial may have ended.
    std::function<void()> on_turn;
};

} // namespace keavrf::instance
