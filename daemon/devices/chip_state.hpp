// SPDX-License-Identifier: MIT
#pragma once

#include <daemon/config/config.hpp>
#include <string>
#include <vector>

namespace iiofs {

/// What a running daemon knows of a chip.
struct ChipState {
    DeviceConfig config;
    std::vector<unsigned> numbers; ///< of its devices
    bool is_configured;            ///< else it came by new_device
    bool answers;
    int error;       ///< why it does not; 0: it is being tried for the first time
    std::string why; ///< the same for people, as in the log: "id 0x60: that is a bme280"
};

} // namespace iiofs
