// SPDX-License-Identifier: MIT
#include <daemon/devices/devices.hpp>

namespace iiofs {

std::vector<ChipState> Devices::states() const
{
    const std::lock_guard lock{mutex_};
    std::vector<ChipState> out;
    for (const auto &slot : slots_) {
        const int error = slot->chip ? slot->chip->absent_error() : slot->last_error;
        out.push_back({.config = slot->config,
                       .numbers = slot->numbers,
                       .is_configured = slot->is_configured,
                       .answers = slot->chip && error == 0,
                       .error = error,
                       .why = slot->chip ? explain(error) : slot->why});
    }
    return out;
}

} // namespace iiofs
