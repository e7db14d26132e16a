// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <daemon/info/units.hpp>
#include <daemon/top/unit.hpp>

namespace iiofs::top {

namespace {

struct Row {
    std::string_view type;
    Unit unit;
};

constexpr std::array units{
    Row{"voltage", {1e-3, "V", "V", 3}},    // the ABI: millivolts
    Row{"altvoltage", {1e-3, "V", "V", 3}}, // millivolts
    Row{"current", {1e-3, "A", "A", 4}},    // milliamperes
    Row{"power", {1e-3, "W", "W", 3}},      // milliwatts
    Row{"accel", {1, "m/s2", "m/s²", 3}},
    Row{"gravity", {1, "m/s2", "m/s²", 3}},
    Row{"anglvel", {1, "rad/s", "rad/s", 4}},
    Row{"magn", {1, "Gauss", "Gauss", 4}},
    Row{"illuminance", {1, "lx", "lx", 1}},
    Row{"temp", {1e-3, "degC", "°C", 2}}, // thousandths of a degree
    Row{"incli", {1, "deg", "°", 2}},
    Row{"rot", {1, "deg", "°", 2}},
    Row{"angl", {1, "rad", "rad", 4}},
    Row{"deltaangl", {1, "rad", "rad", 4}},
    Row{"phase", {1, "rad", "rad", 4}},
    Row{"capacitance", {1, "nF", "nF", 3}},
    Row{"cct", {1, "K", "K", 0}},
    Row{"colortemp", {1, "K", "K", 0}},
    Row{"pressure", {10, "hPa", "hPa", 2}},       // kilopascals
    Row{"humidityrelative", {1e-3, "%", "%", 2}}, // thousandths of a per cent
    Row{"positionrelative", {1e-3, "%", "%", 2}}, // thousandths of a per cent
    Row{"activity", {1, "%", "%", 0}},
    Row{"concentration", {1, "%", "%", 4}},
    Row{"energy", {1, "J", "J", 2}},
    Row{"distance", {1, "m", "m", 3}},
    Row{"velocity", {1, "m/s", "m/s", 3}},
    Row{"deltavelocity", {1, "m/s", "m/s", 3}},
    Row{"resistance", {1, "ohm", "Ω", 2}},
    Row{"electricalconductivity", {1, "S/m", "S/m", 4}},
    Row{"massconcentration", {1, "ug/m3", "µg/m³", 1}},
    Row{"ph", {1, "", "", 2}},
    Row{"uvindex", {1, "", "", 1}},
};

} // namespace

Unit unit_of(std::string_view type, std::string_view part)
{
    const auto *const row = std::ranges::find(units, type, &Row::type);
    auto unit = row == units.end() ? Unit{1, "", "", 0} : row->unit;
    for (const auto &other : info::other_units()) {
        if (other.part == part && other.type == type)
            unit.factor *= other.factor;
    }
    return unit;
}

Unit raw_unit() { return {1, "raw", "raw", 0}; }

} // namespace iiofs::top
