// SPDX-License-Identifier: MIT
//
// `set` in a [[device]]: what attributes have from the start.
#pragma once

#include <daemon/takeover/keep.hpp>
#include <iio/host/registry.hpp>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace iiofs {

/// What each of a chip's `devices` is to be given before a client sees it: what the configuration
/// sets, then what clients have `kept` (none, or one for each device), which wins.
[[nodiscard]] std::vector<iio::Settings>
with_configured(const iio::Settings &set, std::vector<iio::Settings> kept, std::size_t devices);

/// A client's value does not win over one that the configuration did not have `before`.
void update_kept(Keep &keep, std::span<const unsigned> numbers, const iio::Settings &before,
                 const iio::Settings &now);

/// A line for each value that none of the chip's devices has taken, which says what would be
/// right. Reads attributes: blocks for the chip.
[[nodiscard]] std::vector<std::string>
refused_values(const iio::Settings &set,
               std::span<const std::shared_ptr<const iio::LiveDevice>> devices);

} // namespace iiofs
