// SPDX-License-Identifier: MIT
//
// The two devices of each part, and what else the parts differ in.
#pragma once

#include "registers.hpp"

namespace iio::lsm6dsx {

enum Id : std::size_t { gyro, accel, id_count };

/// kernel: The integer part of a written scale does not count.
inline Result<unsigned> find_by_fraction(std::span<const Value> scales, Written written)
{
    return find_value(scales, {0, written.fraction});
}

/// The slowest that is not slower. kernel: A written rate is computed in 32 bits without a sign, so
/// that a negative one is a high one.
inline Result<unsigned> find_rate(std::span<const Value> rates, Written written)
{
    const auto millihertz = [](int hz, int micro) {
        return static_cast<unsigned>(hz) * 1000 + static_cast<unsigned>(micro / 1000);
    };
    for (unsigned i = 0; i < rates.size(); ++i) {
        const auto &[hz, micro] = std::get<IntPlusMicro>(rates[i]);
        if (millihertz(hz, micro) >= millihertz(written.integer, written.fraction))
            return i;
    }
    return fail(EINVAL);
}

// 8.75 to 70 mdps a step, in rad/s. kernel: The gyroscope's scales are computed with pi as
// 3.14159.
constexpr auto &gyro_scales = nanos<152'716, 305'432, 610'865, 1'221'729>;
// 61 to 488 ug a step, in m/s^2.
constexpr auto &accel_scales = nanos<598'205, 1'196'411, 2'392'822, 4'785'645>;

constexpr Choices make_scales(std::span<const Value> values, Field field, Codes codes)
{
    return {.values = values, .field = field, .codes = codes, .find = find_by_fraction};
}
/// Where there is a FIFO each is twice the one before.
constexpr Choices make_rates(std::span<const Value> hz, Field field, unsigned first_code)
{
    return {.values = hz, .field = field, .codes = codes_from(first_code), .find = find_rate};
}

constexpr std::array wake_events{
    EventSpec::of(EventType::thresh, EventDirection::either, EventInfo::value, EventInfo::enable)};

/// The two devices.
struct Devices {
    std::array<Choices, id_count> scales;
    std::array<Choices, id_count> rates;
    std::array<const char *, id_count> listed_rates;
    std::array<std::uint8_t, id_count> out{OUTX_L_G, OUTX_L_XL};
    std::span<const EventSpec> events = wake_events; ///< of the accelerometer
};
constexpr Devices make_devices(std::span<const Value> hz, const char *listed)
{
    return {{make_scales(gyro_scales, FS_G, codes_from(0)),
             make_scales(accel_scales, FS_XL, {0, 2, 3, 1})},
            {make_rates(hz, ODR_G, 1), make_rates(hz, ODR_XL, 1)},
            {listed, listed}};
}
constexpr std::span<const Value> rates =
    micros<12'500'000, 26'000'000, 52'000'000, 104'000'000, 208'000'000, 416'000'000, 833'000'000>;
constexpr Devices slow =
    make_devices(rates.first(6), "12.500 26.000 52.000 104.000 208.000 416.000\n");
constexpr Devices fast =
    make_devices(rates, "12.500 26.000 52.000 104.000 208.000 416.000 833.000\n");
constexpr std::span<const Value> v16x_rates =
    micros<7'500'000, 15'000'000, 30'000'000, 60'000'000, 120'000'000, 240'000'000, 480'000'000,
           960'000'000>;
constexpr auto v16x_listed = "7.500 15.000 30.000 60.000 120.000 240.000 480.000 960.000\n";
// kernel: Linux leaves an LSM6DSV16X's gyroscope at the 125 degrees per second of its reset, with a
// scale of 250. Here the range is what the scale says.
constexpr Devices v16x_devices{
    {make_scales(gyro_scales, v16x::FS_G, codes_from(1)),
     make_scales(accel_scales, v16x::FS_XL, codes_from(0))},
    {make_rates(v16x_rates, v16x::ODR_G, 2), make_rates(v16x_rates, v16x::ODR_XL, 2)},
    {v16x_listed, v16x_listed}};
// 8.75, 17.5 and 70 mdps a step; 61, 122, 244 and, at +-16 g, 732 ug a step.
constexpr Devices lsm9ds1_devices{
    {make_scales(nanos<152'716, 305'432, 1'221'729>, lsm9ds1::FS_G, {0, 1, 3}),
     make_scales(nanos<598'205, 1'196'411, 2'392'822, 7'178'467>, lsm9ds1::FS_XL, {0, 2, 3, 1})},
    {make_rates(micros<14'900'000, 59'500'000, 119'000'000, 238'000'000, 476'000'000, 952'000'000>,
                lsm9ds1::ODR_G, 1),
     make_rates(micros<10'000'000, 50'000'000, 119'000'000, 238'000'000, 476'000'000, 952'000'000>,
                lsm9ds1::ODR_XL, 1)},
    {"14.900 59.500 119.000 238.000 476.000 952.000\n",
     "10.000 50.000 119.000 238.000 476.000 952.000\n"},
    {lsm9ds1::OUT_X_L_G, lsm9ds1::OUT_X_L_XL},
    {}};

constexpr auto word = ScanType::of_signed(16, 16, 0, Endian::little);
template <const Devices &map, Id id>
constexpr auto channel_list =
    axes_and_time(id == gyro ? ChannelType::anglvel : ChannelType::accel, map.out[id], word,
                  [](const Channel &axis) {
                      return axis.direct_raw()
                          .setting(Info::scale, map.scales[id], Shared::by_type)
                          .unlisted(Info::sampling_frequency, map.rates[id], Shared::by_all)
                          .direct_write(Info::raw, Info::scale, Info::sampling_frequency)
                          .with_events(id == accel ? map.events : std::span<const EventSpec>{})
                          .with_ext_info(mount_matrix<Shared::by_all>);
                  });

/// A period and a quarter, as the clock may be slow.
template <const Devices &map, Id id> constexpr auto first_sample_time(unsigned rate)
{
    return 1'250'000us / std::get<IntPlusMicro>(map.rates[id].values[rate]).integer;
}

template <const Devices &map, Id id>
constexpr std::array attribute_list{
    DeviceAttribute::constant("sampling_frequency_available", map.listed_rates[id])};

template <const Devices &map, Id id>
constexpr RegisterPart device{{.power = {.off = {map.rates[id].field, 0},
                                         .on_by = &map.rates[id],
                                         .settles_at = first_sample_time<map, id>},
                               .burst = {map.out[id], 6}},
                              channel_list<map, id>,
                              attribute_list<map, id>};
template <const Devices &map> constexpr std::array devices{device<map, gyro>, device<map, accel>};

/// What the parts differ in; the LSM6DSO's, unless a part says otherwise.
struct Variant {
    Identity identity;
    std::array<RegisterPart, id_count> devices = lsm6dsx::devices<fast>;
    std::uint8_t control = CTRL3_C; ///< the register of SW_RESET, BDU and BOOT
    Field proof = INT1_FTH;         ///< set at probe, and not after a reset
    Few<FieldValue, 6> setup{
        {INT1_WU, 0}, {DEC_TS_BATCH, 1}, {INT_CLR_ON_READ, 1}, {LSM6DSO_LIR, 1}, {DRDY_MASK, 1}};
    Field active_low = H_LACTIVE;
    Field wake_enable = INTERRUPTS_ENABLE; ///< none: always
    std::uint8_t wake_source = WAKE_UP_SRC;

    // The clock.
    Field timer_enable = TIMER_EN;
    int tick_ns = 25'000;
    Field trim = FREQ_FINE;
    int trim_step = 15;                     ///< ten-thousandths
    std::uint32_t last_ticks = 0xffff'0000; ///< shortly before it wraps in the FIFO

    // The FIFO. An entry is a sample of one sensor or a time, six bytes each.
    /// A tag precedes each entry. Without tags entries come in a pattern that follows
    /// from the sensors' rates.
    bool tagged = true;
    std::uint16_t capacity = 512;                         ///< entries; 0: none is driven
    std::uint8_t words = 1;                               ///< of an entry, in level and threshold
    std::uint8_t status = FIFO_STATUS1;                   ///< its register
    std::uint16_t level_mask = 0x3ff;                     ///< in the status
    std::array<Field, 2> threshold{WTM_LOW, WTM8};        ///< low, high
    std::array<Field, id_count> batching{BDR_GY, BDR_XL}; ///< which samples of a sensor it takes
    std::uint8_t data = FIFO_DATA_OUT_TAG;                ///< its register
};
constexpr Variant lsm6ds3{.identity = {WHO_AM_I, {0x69}},
                          .devices = devices<slow>,
                          .setup = {{INT1_WU, 0},
                                    {TIMER_PEDO_FIFO_EN, 1},
                                    {DEC_DS4_FIFO, 1},
                                    {ODR_FIFO, 8},
                                    {LIR, 1},
                                    {TIMER_HR, 1}},
                          .wake_enable = {},
                          .timer_enable = LSM6DS3_TIMER_EN,
                          .trim = {},
                          .last_ticks = 0xff'0000,
                          .tagged = false,
                          .capacity = 1365,
                          .words = 3,
                          .level_mask = 0xfff,
                          .threshold = {FTH_LOW, FTH_HIGH},
                          .batching = {DEC_FIFO_GYRO, DEC_FIFO_XL},
                          .data = FIFO_DATA_OUT_L};
constexpr Variant lsm6dsl = [] {
    Variant variant = lsm6ds3;
    variant.identity.codes = {0x6a};
    variant.wake_enable = INTERRUPTS_ENABLE;
    variant.timer_enable = TIMER_EN;
    variant.capacity = 682;
    return variant;
}();
constexpr Variant lsm6dso{.identity = {WHO_AM_I, {0x6c}}};
// LSM6DSR, ISM330DHCX, ASM330LHH
constexpr Variant lsm6dsr{.identity = {WHO_AM_I, {0x6b}}};
constexpr Variant lsm6dsv16x{
    .identity = {WHO_AM_I, {0x70}},
    .devices = devices<v16x_devices>,
    .setup = {{INT1_WU, 0}, {DEC_TS_BATCH, 1}, {LSM6DSO_LIR, 1}, {DRDY_MASK, 1}},
    .active_low = v16x::H_LACTIVE,
    .wake_enable = v16x::INTERRUPTS_ENABLE,
    .wake_source = v16x::WAKE_UP_SRC,
    .timer_enable = v16x::TIMESTAMP_EN,
    .tick_ns = 21'701,
    .trim = v16x::INTERNAL_FREQ_FINE,
    .trim_step = 13,
    .capacity = 256,
    .status = v16x::FIFO_STATUS1,
    .threshold = {WTM_LOW}};
constexpr Variant lsm9ds1_imu{.identity = {WHO_AM_I, {0x68}},
                              .devices = devices<lsm9ds1_devices>,
                              .control = lsm9ds1::CTRL_REG8,
                              .proof = {lsm9ds1::CTRL_REG8, BDU},
                              .setup = {},
                              .active_low = {},
                              .wake_enable = {},
                              .timer_enable = {},
                              .trim = {},
                              .capacity = 0};

} // namespace iio::lsm6dsx
