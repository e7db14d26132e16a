// SPDX-License-Identifier: MIT
//
// What a server finds in the keep of the one before, restored: triggers, settings of
// the devices, streaming.
#pragma once

#include <daemon/takeover/keep.hpp>
#include <functional>
#include <iio/host/registry.hpp>

namespace iiofs {

/// Reserves the numbers that triggers had. To be called before the first device comes.
void expect_trigger_numbers(const Keep &keep, iio::Registry &registry);

/// Makes the directory of an hrtimer trigger in the tree.
using MakeHrtimerDirectory = std::function<void(const std::string &name)>;

/// Those that clients made, with their settings. What cannot be made is logged.
void restore_triggers(const Keep &keep, iio::Registry &registry, const MakeHrtimerDirectory &make);

/// Those of the devices with these numbers, for DeviceOptions.
[[nodiscard]] std::vector<iio::Settings> settings_of(const Keep &keep,
                                                     std::span<const unsigned> numbers);

/// A device has another number now. It does not stream any more.
void move_settings(Keep &keep, unsigned from, unsigned to);

/// Sets up streaming as it was, after settings and triggers. What the device refuses
/// is logged. False: its trigger is not there, and nothing was done.
[[nodiscard]] bool restore_streaming(const Keep &keep, const iio::Registry &registry,
                                     const iio::LiveDevice &device);

} // namespace iiofs
