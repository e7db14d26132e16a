// SPDX-License-Identifier: MIT
//
// In which unit the values of a channel type are shown.
#pragma once

#include <string_view>

namespace iiofs::top {

struct Unit {
    double factor;           ///< from the unit of IIO's ABI (after scale) to the shown one
    std::string_view ascii;  ///< "degC", without a blank; empty: a plain number
    std::string_view symbol; ///< "°C", in UTF-8
    int decimals;            ///< of a value whose resolution is not known
};

/// By the type's word ("temp", "voltage") and the part's name, as some parts'
/// drivers do not give what the ABI says. A plain number for types of which the
/// ABI says no unit, or that hardly any chip reports in it (proximity), and for
/// types that are not known.
/// Source: Documentation/ABI/testing/sysfs-bus-iio.
[[nodiscard]] Unit unit_of(std::string_view type, std::string_view part = {});

/// Of a raw value that nothing converts.
[[nodiscard]] Unit raw_unit();

} // namespace iiofs::top
