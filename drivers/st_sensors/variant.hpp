// SPDX-License-Identifier: MIT
//
// What tells ST's accelerometers, gyroscopes and magnetometers apart.
#pragma once

#include <array>
#include <bit>
#include <iio/driver/channel_table.hpp>
#include <iio/driver/value.hpp>
#include <optional>
#include <string_view>

namespace iio::st {

/// Bits of a register; none where the part does not have them.
struct StField {
    std::uint8_t reg = 0;
    std::uint8_t mask = 0;

    [[nodiscard]] constexpr bool exists() const { return mask != 0; }
    [[nodiscard]] constexpr std::uint8_t place(unsigned code) const
    {
        return static_cast<std::uint8_t>(code << std::countr_zero(mask));
    }
};

/// What an attribute can be set to, and the codes of it.
struct StChoices {
    StField field;
    std::span<const Value> values;
    std::span<const std::uint8_t> codes;

    [[nodiscard]] constexpr std::uint8_t bits(std::size_t choice) const
    {
        return field.place(codes[choice]);
    }
};

// The register map that most of the parts have in common.
constexpr std::uint8_t WHO_AM_I = 0x0f;
constexpr std::uint8_t CTRL_REG1 = 0x20;
constexpr std::uint8_t CTRL_REG2 = 0x21;
constexpr std::uint8_t CTRL_REG3 = 0x22;
constexpr std::uint8_t CTRL_REG4 = 0x23;
constexpr std::uint8_t CTRL_REG5 = 0x24;
constexpr std::uint8_t CTRL_REG6 = 0x25;
constexpr std::uint8_t STATUS_REG = 0x27;
constexpr std::uint8_t OUT_X_L = 0x28;
constexpr std::uint8_t sub_msb = 0x80; // in an address on I2C: reads move on

constexpr std::size_t axis_count = 3;
using Outputs = std::array<std::uint8_t, axis_count>;
constexpr Outputs usual_outputs{OUT_X_L, OUT_X_L + 2, OUT_X_L + 4};

/// Whether the part runs, and which of its axes it samples.
struct StPower {
    StField field;
    unsigned off;
    std::optional<unsigned> on; ///< none: the field is the rate's, where 0 is off
    std::uint8_t axes = 0;      ///< in the same register, bit n: the axis of scan index n
};

/// The interrupt output that tells that a sample is there.
struct StDataReady {
    bool exists = false;
    StField enable{}; ///< none: it always tells
    StField active_low{};
};

struct Variant {
    std::string_view part;
    ChannelTable channels; ///< the three axes and the timestamp
    StChoices rate;        ///< Hz, rounded
    StChoices range;       ///< as scales
    StPower power;
    StDataReady data_ready{};
    StField block_update{CTRL_REG4, 0x80}; ///< both bytes of a word are of one sample
    std::span<const Value> z_scales{};     ///< by range; none: as the other axes
    std::uint8_t first_output = OUT_X_L;   ///< of six, two for each axis
    std::uint8_t increment_flag = sub_msb;
};

inline constexpr std::array mounting{ExtInfo::mount_matrix(Shared::by_all)};

/// The axes x, y and z by the registers of their samples.
constexpr auto make_channels(ChannelType type, ScanType sample, Outputs outputs)
{
    const auto axis = [&](Modifier modifier, int n) {
        return Channel::in(type)
            .modifier(modifier)
            .at(outputs[static_cast<std::size_t>(n)])
            .separate(Info::raw, Info::scale)
            .direct_read(Info::raw)
            .available(Shared::by_type, Info::scale)
            .by_all(Info::sampling_frequency)
            .available(Shared::by_all, Info::sampling_frequency)
            .with_ext_info(mounting)
            .scan(n, sample);
    };
    return std::array{axis(Modifier::x, 0), axis(Modifier::y, 1), axis(Modifier::z, 2),
                      Channel::timestamp(axis_count)};
}

inline constexpr std::array<std::uint8_t, 9> counting{0, 1, 2, 3, 4, 5, 6, 7, 8};
constexpr std::span<const std::uint8_t> codes_from(std::size_t first)
{
    return std::span{counting}.subspan(first);
}

/// A scale below 1, as all of them are.
constexpr Value micro(int millionths) { return IntPlusMicro{0, millionths}; }

} // namespace iio::st
