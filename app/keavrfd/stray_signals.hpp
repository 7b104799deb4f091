// Signals that mean nothing to keavrfd and would end it: by mistake as a rule, from a script that takes it for a daemon
// which opens its log anew or prints its state (logrotate's postrotate). They are ignored, each told once.
#pragma once

#include "core/asio.hpp"

namespace keavrf {

// They wait until ignore_stray_signals() runs.
void hold_back_stray_signals();
// Until cancelled.
asio::awaitable<void> ignore_stray_signals();

} // namespace keavrf
