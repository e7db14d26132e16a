// SPDX-License-Identifier: MIT
//
// IIO's vocabulary: channel types, modifiers, info elements, events, and the
// words that the attribute names are made of.
//
// Numbers: <linux/iio/types.h>. Words: Documentation/ABI/testing/sysfs-bus-iio
// of Linux 6.12. What <linux/iio/types.h> of Linux 6.1 (Debian bookworm) lacks is
// counted on from its last name; Linux only ever appends.
#pragma once

#include <array>
#include <cstdint>
#include <iiowrap.h>
#include <string_view>

namespace iio {

enum class Endian : std::uint8_t { little = IIO_LE, big = IIO_BE };

enum class ChannelType : std::uint32_t {
    voltage = IIO_VOLTAGE,
    current = IIO_CURRENT,
    power = IIO_POWER,
    accel = IIO_ACCEL,
    anglvel = IIO_ANGL_VEL,
    magn = IIO_MAGN,
    illuminance = IIO_LIGHT,
    intensity = IIO_INTENSITY,
    proximity = IIO_PROXIMITY,
    temp = IIO_TEMP,
    incli = IIO_INCLI,
    rot = IIO_ROT,
    angl = IIO_ANGL,
    timestamp = IIO_TIMESTAMP,
    capacitance = IIO_CAPACITANCE,
    altvoltage = IIO_ALTVOLTAGE,
    cct = IIO_CCT,
    pressure = IIO_PRESSURE,
    humidityrelative = IIO_HUMIDITYRELATIVE,
    activity = IIO_ACTIVITY,
    steps = IIO_STEPS,
    energy = IIO_ENERGY,
    distance = IIO_DISTANCE,
    velocity = IIO_VELOCITY,
    concentration = IIO_CONCENTRATION,
    resistance = IIO_RESISTANCE,
    ph = IIO_PH,
    uvindex = IIO_UVINDEX,
    electricalconductivity = IIO_ELECTRICALCONDUCTIVITY,
    count = IIO_COUNT,
    index = IIO_INDEX,
    gravity = IIO_GRAVITY,
    positionrelative = IIO_POSITIONRELATIVE,
    phase = IIO_PHASE,
    massconcentration = IIO_MASSCONCENTRATION,
    deltaangl,
    deltavelocity,
    colortemp,
    chromaticity,
};

enum class Modifier : int {
    none = IIO_NO_MOD,
    x = IIO_MOD_X,
    y = IIO_MOD_Y,
    z = IIO_MOD_Z,
    x_and_y = IIO_MOD_X_AND_Y,
    x_and_z = IIO_MOD_X_AND_Z,
    y_and_z = IIO_MOD_Y_AND_Z,
    x_and_y_and_z = IIO_MOD_X_AND_Y_AND_Z,
    x_or_y = IIO_MOD_X_OR_Y,
    x_or_z = IIO_MOD_X_OR_Z,
    y_or_z = IIO_MOD_Y_OR_Z,
    x_or_y_or_z = IIO_MOD_X_OR_Y_OR_Z,
    light_both = IIO_MOD_LIGHT_BOTH,
    light_ir = IIO_MOD_LIGHT_IR,
    root_sum_squared_x_y = IIO_MOD_ROOT_SUM_SQUARED_X_Y,
    sum_squared_x_y_z = IIO_MOD_SUM_SQUARED_X_Y_Z,
    light_clear = IIO_MOD_LIGHT_CLEAR,
    light_red = IIO_MOD_LIGHT_RED,
    light_green = IIO_MOD_LIGHT_GREEN,
    light_blue = IIO_MOD_LIGHT_BLUE,
    quaternion = IIO_MOD_QUATERNION,
    temp_ambient = IIO_MOD_TEMP_AMBIENT,
    temp_object = IIO_MOD_TEMP_OBJECT,
    north_magn = IIO_MOD_NORTH_MAGN,
    north_true = IIO_MOD_NORTH_TRUE,
    north_magn_tilt_comp = IIO_MOD_NORTH_MAGN_TILT_COMP,
    north_true_tilt_comp = IIO_MOD_NORTH_TRUE_TILT_COMP,
    running = IIO_MOD_RUNNING,
    jogging = IIO_MOD_JOGGING,
    walking = IIO_MOD_WALKING,
    still = IIO_MOD_STILL,
    root_sum_squared_x_y_z = IIO_MOD_ROOT_SUM_SQUARED_X_Y_Z,
    i = IIO_MOD_I,
    q = IIO_MOD_Q,
    co2 = IIO_MOD_CO2,
    voc = IIO_MOD_VOC,
    light_uv = IIO_MOD_LIGHT_UV,
    light_duv = IIO_MOD_LIGHT_DUV,
    pm1 = IIO_MOD_PM1,
    pm2p5 = IIO_MOD_PM2P5,
    pm4 = IIO_MOD_PM4,
    pm10 = IIO_MOD_PM10,
    ethanol = IIO_MOD_ETHANOL,
    h2 = IIO_MOD_H2,
    o2 = IIO_MOD_O2,
    linear_x = IIO_MOD_LINEAR_X,
    linear_y = IIO_MOD_LINEAR_Y,
    linear_z = IIO_MOD_LINEAR_Z,
    pitch = IIO_MOD_PITCH,
    yaw = IIO_MOD_YAW,
    roll = IIO_MOD_ROLL,
    light_uva,
    light_uvb,
};

enum class Info : int {
    raw = IIO_CHAN_INFO_RAW,
    processed = IIO_CHAN_INFO_PROCESSED,
    scale = IIO_CHAN_INFO_SCALE,
    offset = IIO_CHAN_INFO_OFFSET,
    calibscale = IIO_CHAN_INFO_CALIBSCALE,
    calibbias = IIO_CHAN_INFO_CALIBBIAS,
    peak = IIO_CHAN_INFO_PEAK,
    peak_scale = IIO_CHAN_INFO_PEAK_SCALE,
    quadrature_correction_raw = IIO_CHAN_INFO_QUADRATURE_CORRECTION_RAW,
    average_raw = IIO_CHAN_INFO_AVERAGE_RAW,
    low_pass_filter_3db_frequency = IIO_CHAN_INFO_LOW_PASS_FILTER_3DB_FREQUENCY,
    high_pass_filter_3db_frequency = IIO_CHAN_INFO_HIGH_PASS_FILTER_3DB_FREQUENCY,
    sampling_frequency = IIO_CHAN_INFO_SAMP_FREQ,
    frequency = IIO_CHAN_INFO_FREQUENCY,
    phase = IIO_CHAN_INFO_PHASE,
    hardwaregain = IIO_CHAN_INFO_HARDWAREGAIN,
    hysteresis = IIO_CHAN_INFO_HYSTERESIS,
    hysteresis_relative = IIO_CHAN_INFO_HYSTERESIS_RELATIVE,
    integration_time = IIO_CHAN_INFO_INT_TIME,
    enable = IIO_CHAN_INFO_ENABLE,
    calibheight = IIO_CHAN_INFO_CALIBHEIGHT,
    calibweight = IIO_CHAN_INFO_CALIBWEIGHT,
    debounce_count = IIO_CHAN_INFO_DEBOUNCE_COUNT,
    debounce_time = IIO_CHAN_INFO_DEBOUNCE_TIME,
    calibemissivity = IIO_CHAN_INFO_CALIBEMISSIVITY,
    oversampling_ratio = IIO_CHAN_INFO_OVERSAMPLING_RATIO,
    thermocouple_type = IIO_CHAN_INFO_THERMOCOUPLE_TYPE,
    calibambient = IIO_CHAN_INFO_CALIBAMBIENT,
    zeropoint = IIO_CHAN_INFO_ZEROPOINT,
    trough = IIO_CHAN_INFO_TROUGH,
};

enum class EventType : std::uint32_t {
    thresh = IIO_EV_TYPE_THRESH,
    mag = IIO_EV_TYPE_MAG,
    roc = IIO_EV_TYPE_ROC,
    thresh_adaptive = IIO_EV_TYPE_THRESH_ADAPTIVE,
    mag_adaptive = IIO_EV_TYPE_MAG_ADAPTIVE,
    change = IIO_EV_TYPE_CHANGE,
    mag_referenced = IIO_EV_TYPE_MAG_REFERENCED,
    gesture = IIO_EV_TYPE_GESTURE,
};

enum class EventDirection : std::uint32_t {
    either = IIO_EV_DIR_EITHER,
    rising = IIO_EV_DIR_RISING,
    falling = IIO_EV_DIR_FALLING,
    none = IIO_EV_DIR_NONE,
    singletap = IIO_EV_DIR_SINGLETAP,
    doubletap = IIO_EV_DIR_DOUBLETAP,
};

enum class EventInfo : int {
    enable = IIO_EV_INFO_ENABLE,
    value = IIO_EV_INFO_VALUE,
    hysteresis = IIO_EV_INFO_HYSTERESIS,
    period = IIO_EV_INFO_PERIOD,
    high_pass_filter_3db = IIO_EV_INFO_HIGH_PASS_FILTER_3DB,
    low_pass_filter_3db = IIO_EV_INFO_LOW_PASS_FILTER_3DB,
    timeout = IIO_EV_INFO_TIMEOUT,
    reset_timeout = IIO_EV_INFO_RESET_TIMEOUT,
    tap2_min_delay = IIO_EV_INFO_TAP2_MIN_DELAY,
    running_period = IIO_EV_INFO_RUNNING_PERIOD,
    running_count = IIO_EV_INFO_RUNNING_COUNT,
};

/// Which channels an attribute speaks for.
enum class Shared : std::uint32_t {
    separate = IIO_SEPARATE,
    by_type = IIO_SHARED_BY_TYPE,
    by_direction = IIO_SHARED_BY_DIR,
    by_all = IIO_SHARED_BY_ALL,
};

namespace sysfs_names {

inline constexpr std::array<std::string_view,
                            static_cast<std::size_t>(ChannelType::chromaticity) + 1>
    channel_types{
        "voltage",
        "current",
        "power",
        "accel",
        "anglvel",
        "magn",
        "illuminance",
        "intensity",
        "proximity",
        "temp",
        "incli",
        "rot",
        "angl",
        "timestamp",
        "capacitance",
        "altvoltage",
        "cct",
        "pressure",
        "humidityrelative",
        "activity",
        "steps",
        "energy",
        "distance",
        "velocity",
        "concentration",
        "resistance",
        "ph",
        "uvindex",
        "electricalconductivity",
        "count",
        "index",
        "gravity",
        "positionrelative",
        "phase",
        "massconcentration",
        "deltaangl",
        "deltavelocity",
        "colortemp",
        "chromaticity",
    };

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Modifier::light_uvb) + 1>
    modifiers{
        "",
        "x",
        "y",
        "z",
        "x&y",
        "x&z",
        "y&z",
        "x&y&z",
        "x|y",
        "x|z",
        "y|z",
        "x|y|z",
        "both",
        "ir",
        "sqrt(x^2+y^2)",
        "x^2+y^2+z^2",
        "clear",
        "red",
        "green",
        "blue",
        "quaternion",
        "ambient",
        "object",
        "from_north_magnetic",
        "from_north_true",
        "from_north_magnetic_tilt_comp",
        "from_north_true_tilt_comp",
        "running",
        "jogging",
        "walking",
        "still",
        "sqrt(x^2+y^2+z^2)",
        "i",
        "q",
        "co2",
        "voc",
        "uv",
        "duv",
        "pm1",
        "pm2p5",
        "pm4",
        "pm10",
        "ethanol",
        "h2",
        "o2",
        "linear_x",
        "linear_y",
        "linear_z",
        "pitch",
        "yaw",
        "roll",
        "uva",
        "uvb",
    };

inline constexpr std::array<std::string_view, IIO_CHAN_INFO_COUNT> infos{
    "raw",
    "input",
    "scale",
    "offset",
    "calibscale",
    "calibbias",
    "peak_raw",
    "peak_scale",
    "quadrature_correction_raw",
    "mean_raw",
    "filter_low_pass_3db_frequency",
    "filter_high_pass_3db_frequency",
    "sampling_frequency",
    "frequency",
    "phase",
    "hardwaregain",
    "hysteresis",
    "hysteresis_relative",
    "integration_time",
    "en",
    "calibheight",
    "calibweight",
    "debounce_count",
    "debounce_time",
    "calibemissivity",
    "oversampling_ratio",
    "thermocouple_type",
    "calibambient",
    "zeropoint",
    "trough_raw",
};

inline constexpr std::array<std::string_view, IIO_EV_TYPE_GESTURE + 1> event_types{
    "thresh",         "mag",    "roc", "thresh_adaptive", "mag_adaptive", "change",
    "mag_referenced", "gesture"};

/// The word of EventDirection::none is not part of a name.
inline constexpr std::array<std::string_view, IIO_EV_DIR_DOUBLETAP + 1> event_directions{
    "either", "rising", "falling", "", "singletap", "doubletap"};

inline constexpr std::array<std::string_view, IIO_EV_INFO_COUNT> event_infos{"en",
                                                                             "value",
                                                                             "hysteresis",
                                                                             "period",
                                                                             "high_pass_filter_3db",
                                                                             "low_pass_filter_3db",
                                                                             "timeout",
                                                                             "reset_timeout",
                                                                             "tap2_min_delay",
                                                                             "runningperiod",
                                                                             "runningcount"};

// A word that is missing above would shift those behind it.
static_assert(channel_types.back() == "chromaticity" && modifiers.back() == "uvb" &&
              infos.back() == "trough_raw" && event_infos.back() == "runningcount" &&
              modifiers[IIO_MOD_ROLL] == "roll" &&
              channel_types[IIO_MASSCONCENTRATION] == "massconcentration");

} // namespace sysfs_names
} // namespace iio
