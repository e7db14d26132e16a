// SPDX-License-Identifier: MIT
//
// What the log says of chips.
#pragma once

#include <daemon/base/log.hpp>
#include <daemon/config/config.hpp>
#include <iio/host/bound_chip.hpp>
#include <string>
#include <vector>

namespace iiofs {

/// "iio:device2"
[[nodiscard]] std::string directory_of(unsigned number);
/// "iio:device2", or "iio:device2, iio:device3" of a chip that is two.
[[nodiscard]] std::string directories_of(const std::vector<unsigned> &numbers);

/// What an errno means when a chip is looked for.
[[nodiscard]] const char *explain(int error);

/// Why a chip has no device.
struct Refusal {
    // NOLINTNEXTLINE(google-explicit-constructor): an errno that says all
    Refusal(iio::Errno errno_value) : error{errno_value.value()}, why{explain(error)} {}
    Refusal(int errno_value, std::string reason) : error{errno_value}, why{std::move(reason)} {}

    int error;
    std::string why; ///< for people
};
template <class T> using OrRefusal = tl::expected<T, Refusal>;

/// What a line of the log is about.
[[nodiscard]] LogSubject subject(const DeviceConfig &config, const std::vector<unsigned> &numbers,
                                 int error = 0);

/// `where`: describe() of the chip's bus.
void log_health(LogSubject about, const std::string &where, const iio::HealthChange &change);

} // namespace iiofs
