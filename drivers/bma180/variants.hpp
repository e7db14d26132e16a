// SPDX-License-Identifier: MIT
//
// What is where in each member of the family, and what it has to choose from.
#pragma once

#include <array>
#include <iio/driver/driver.hpp>
#include <optional>

namespace iio::bma180 {

/// Some bits of a register.
struct Field {
    std::uint8_t reg;
    std::uint8_t mask;

    [[nodiscard]] constexpr std::uint8_t place(unsigned code) const
    {
        return static_cast<std::uint8_t>(code * (mask & -unsigned{mask})); // from its lowest bit on
    }
};
struct FieldValue {
    Field field;
    unsigned code;
};

constexpr std::array<const char *, 2> power_modes{"low_noise", "low_power"};
constexpr std::array all_ext_infos{
    ExtInfo::choice("power_mode", Shared::by_type, power_modes),
    ExtInfo::choice_available("power_mode_available", Shared::by_type, power_modes),
    ExtInfo::mount_matrix(Shared::by_direction),
};
constexpr std::array matrix_only{all_ext_infos.back()};

constexpr Channel make_axis(Modifier modifier, int index, std::uint8_t bits,
                            std::span<const ExtInfo> ext_infos)
{
    return Channel::in(ChannelType::accel)
        .modifier(modifier)
        .separate(Info::raw)
        .direct_read(Info::raw)
        .by_type(Info::scale, Info::low_pass_filter_3db_frequency)
        .available(Shared::by_type, Info::scale, Info::low_pass_filter_3db_frequency)
        .scan(index,
              ScanType::of_signed(bits, 16, static_cast<std::uint8_t>(16 - bits), Endian::little))
        .with_ext_info(ext_infos);
}
/// The axes first, in the order of their registers.
constexpr auto make_channels(std::uint8_t bits, std::span<const ExtInfo> ext_infos,
                             ScanType temperature)
{
    return std::array{
        make_axis(Modifier::x, 0, bits, ext_infos),
        make_axis(Modifier::y, 1, bits, ext_infos),
        make_axis(Modifier::z, 2, bits, ext_infos),
        Channel::timestamp(4),
        Channel::in(ChannelType::temp)
            .separate(Info::raw, Info::scale, Info::offset)
            .direct_read(Info::raw)
            .scan(3, temperature),
    };
}
constexpr auto signed_byte = ScanType::of_signed(8, 16, 0, Endian::little);
constexpr auto unsigned_byte = ScanType::of_unsigned(8, 16, 0, Endian::little);
constexpr auto bma150_channels = make_channels(10, matrix_only, unsigned_byte);
constexpr auto bma180_channels = make_channels(14, all_ext_infos, signed_byte);
constexpr auto bma250_channels = make_channels(10, all_ext_infos, signed_byte);
constexpr std::array bma023_channels{bma150_channels[0], bma150_channels[1], bma150_channels[2],
                                     bma150_channels[3]};
constexpr std::size_t axis_count = 3;
constexpr std::size_t temperature_index = 4;
constexpr std::size_t frame_size = 7; // of the axes and the temperature

// Hz, in the order of the codes.
constexpr std::array<Value, 7> bma150_bandwidths{Int{25},  Int{50},  Int{100}, Int{190},
                                                 Int{375}, Int{750}, Int{1500}};
constexpr std::array<Value, 6> bma180_bandwidths{Int{10}, Int{20},  Int{40},
                                                 Int{75}, Int{150}, Int{300}};
constexpr std::array<Value, 8> bma250_bandwidths{Int{8},   Int{16},  Int{31},  Int{63},
                                                 Int{125}, Int{250}, Int{500}, Int{1000}};

// Millionths of m/s^2 per step, and the code of each range.
constexpr Value micro(int step) { return IntPlusMicro{0, step}; }
constexpr std::array bma150_scales{micro(2452), micro(4903), micro(9709)};
constexpr std::array bma180_scales{micro(1275), micro(1863), micro(2452),  micro(3727),
                                   micro(4903), micro(9709), micro(19'417)};
// In the kernel's driver 0 is a scale, too, with a code that the chip reserves.
constexpr std::array bma250_scales{micro(0), micro(38'344), micro(76'590), micro(153'180),
                                   micro(306'458)};
constexpr std::array<std::uint8_t, 7> plain_codes{0, 1, 2, 3, 4, 5, 6};
constexpr std::array<std::uint8_t, 5> bma250_range_codes{0, 3, 5, 8, 12};

constexpr std::array bma180_setup{
    FieldValue{{0x0d, 1 << 4}, 1}, // ee_w: the registers from 0x20 on can be written
    FieldValue{{0x0d, 1 << 0}, 1}, // dis_wake_up: always on
    FieldValue{{0x0d, 1 << 1}, 0}, // sleep
    FieldValue{{0x30, 3}, 0},      // mode_config: low noise
    FieldValue{{0x35, 1 << 0}, 1}, // smp_skip: an interrupt per sample
};
constexpr std::array bma250_setup{
    FieldValue{{0x11, 1 << 7}, 0}, // suspend
    FieldValue{{0x11, 1 << 6}, 0}, // lowpower_en
    FieldValue{{0x1a, 1 << 0}, 1}, // int1_data: new data on INT1
};

struct Variant {
    std::string_view part;
    std::uint8_t chip_id;
    int bits;
    int temperature_offset; // in steps of half a degree
    ChannelTable table;

    FieldValue reset;
    std::span<const FieldValue> setup;
    FieldValue sleep;
    Field data_ready; // its interrupt
    Field reset_interrupt;
    std::optional<Field> interrupt_high; // active level, where it can be chosen
    std::optional<FieldValue> low_power; // 0: low noise

    Field bandwidth;
    unsigned first_bandwidth_code;
    std::span<const Value> bandwidths;
    Field range;
    std::span<const std::uint8_t> range_codes;
    std::span<const Value> scales;
    unsigned default_scale;
};

constexpr Variant make_bma150(std::string_view part, ChannelTable table)
{
    return {.part = part,
            .chip_id = 2,
            .bits = 10,
            .temperature_offset = -60,
            .table = table,
            .reset = {{0x0a, 1 << 1}, 1},
            .setup = {},
            .sleep = {{0x0a, 1 << 0}, 1},
            .data_ready = {0x15, 1 << 5},
            .reset_interrupt = {0x0a, 1 << 6},
            .interrupt_high = {},
            .low_power = {},
            .bandwidth = {0x14, 7},
            .first_bandwidth_code = 0,
            .bandwidths = bma150_bandwidths,
            .range = {0x14, 3 << 3},
            .range_codes = plain_codes,
            .scales = bma150_scales,
            .default_scale = 0};
}
constexpr std::array variants{
    make_bma150("bma023", ChannelTable{bma023_channels}),
    make_bma150("bma150", ChannelTable{bma150_channels}),
    make_bma150("smb380", ChannelTable{bma150_channels}),
    Variant{.part = "bma180",
            .chip_id = 3,
            .bits = 14,
            .temperature_offset = 48,
            .table = ChannelTable{bma180_channels},
            .reset = {{0x10, 0xff}, 0xb6},
            .setup = bma180_setup,
            .sleep = {{0x0d, 1 << 1}, 1},
            .data_ready = {0x21, 1 << 1},
            .reset_interrupt = {0x0d, 1 << 6},
            .interrupt_high = {},
            .low_power = FieldValue{{0x30, 3}, 3},
            .bandwidth = {0x20, 0xf0},
            .first_bandwidth_code = 0,
            .bandwidths = bma180_bandwidths,
            .range = {0x35, 7 << 1},
            .range_codes = plain_codes,
            .scales = bma180_scales,
            .default_scale = 2},
    Variant{.part = "bma250",
            .chip_id = 3,
            .bits = 10,
            .temperature_offset = 48,
            .table = ChannelTable{bma250_channels},
            .reset = {{0x14, 0xff}, 0xb6},
            .setup = bma250_setup,
            .sleep = {{0x11, 1 << 7}, 1},
            .data_ready = {0x17, 1 << 4},
            .reset_interrupt = {0x21, 1 << 7},
            .interrupt_high = Field{0x20, 1 << 0},
            .low_power = FieldValue{{0x11, 1 << 6}, 1},
            .bandwidth = {0x10, 0x1f},
            .first_bandwidth_code = 8,
            .bandwidths = bma250_bandwidths,
            .range = {0x0f, 0x0f},
            .range_codes = bma250_range_codes,
            .scales = bma250_scales,
            .default_scale = 1},
};

} // namespace iio::bma180
