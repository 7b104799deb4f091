// What an earlier keavrfd left behind, killed or told to keep its Keas running: found by its records (instance.json),
// proved by the system's own tables (instance/proof.hpp).
//
// What is proved is inherited: the instance of that name goes on with it, or takes it down where nobody wants it. What
// cannot be proved is never touched: it is told, and where it stands in the way of an instance, that one fails by name.
// Of what cannot be told for want of descriptors or memory the record is inherited, and the instance asks again.
#pragma once

#include "config/settings.hpp"
#include "core/asio.hpp"
#include "core/types.hpp"
#include "instance/inheritance.hpp"
#include "netns/namespace.hpp"

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>

namespace keavrf::orchestrator {

struct Estate {
    std::optional<netns::Namespace> hub;
    bool hub_hidden = false; // there is one, and something is mounted over its name
    std::map<VrfName, instance::Inheritance> instances;
};

// To be called while the locks (lock.hpp) are held, so that no other keavrfd owns any of it, and before any instance
// exists. `kea_user`: whom a new Kea would run as. What is ours and of no use to anybody (of another netns-prefix, half
// made) is removed here. Throws FatalError where for ten seconds it cannot even be told what there is.
asio::awaitable<Estate> async_take_stock(std::shared_ptr<const config::Settings> settings, uid_t kea_user);
// Takes it down, where keavrfd is told to stop before any instance could take it over.
asio::awaitable<void> async_remove_estate(Estate estate, std::shared_ptr<const config::Settings> settings);
// Both, where nobody knows yet what there is.
asio::awaitable<void> async_remove_all(std::shared_ptr<const config::Settings> settings);

} // namespace keavrf::orchestrator
