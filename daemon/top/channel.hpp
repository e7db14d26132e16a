// SPDX-License-Identifier: MIT
//
// The channels of a device, found by the names of its attributes.
#pragma once

#include <daemon/top/unit.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iiofs::top {

struct Channel {
    std::string name;   ///< "temp", "accel_x", "voltage0-voltage1"; "out_voltage0" for an output
    std::string value;  ///< the attribute: "in_temp_input", "in_accel_x_raw"
    std::string scale;  ///< the attribute, empty: none; always for a processed value
    std::string offset; ///< likewise
    Unit unit;
};

/// The channels that have a value, which is one number: inputs, then outputs;
/// by their names with the numbers in these in order, differential ones last.
/// A processed value (_input) is preferred to a raw one. Scale and offset are the
/// channel's own, or those that it shares by type or by direction.
/// `part`: the device's name.
[[nodiscard]] std::vector<Channel> channels_of(const std::vector<std::string> &attributes,
                                               std::string_view part);

/// The number of an attribute's text. None where it is no number, or several.
[[nodiscard]] std::optional<double> parse_value(std::string_view text);

/// A value as IIO's ABI makes it, in the channel's unit.
[[nodiscard]] double converted(const Unit &unit, double raw, double offset, double scale);

/// With how many decimals a value is shown whose steps are so large.
[[nodiscard]] int decimals_for(double resolution, const Unit &unit);

} // namespace iiofs::top
