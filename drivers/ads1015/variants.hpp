// SPDX-License-Identifier: MIT
//
// The registers that the parts have in common, and what they differ in.
#pragma once

#include <array>
#include <iio/driver/channel_table.hpp>
#include <iio/driver/value.hpp>
#include <string_view>

namespace iio::ads1015 {

// Registers of 16 bits, high byte first; samples and thresholds are two's
// complement and left-justified.
constexpr std::uint8_t CONVERSION = 0;
constexpr std::uint8_t CONFIG = 1;
constexpr std::uint8_t LO_THRESH = 2;
constexpr std::uint8_t HI_THRESH = 3;

constexpr unsigned CONFIG_MUX = 7 << 12;
constexpr unsigned CONFIG_PGA = 7 << 9;
constexpr unsigned CONFIG_MODE = 1 << 8; // single-shot: asleep unless told to convert
constexpr unsigned CONFIG_DR = 7 << 5;
constexpr unsigned CONFIG_COMP_MODE = 1 << 4; // window: alert below Lo_thresh, too
constexpr unsigned CONFIG_COMP_POL = 1 << 3;  // an alert is a high level
constexpr unsigned CONFIG_COMP_LAT = 1 << 2;  // it lasts until a sample is read
constexpr unsigned CONFIG_COMP_QUE = 3;       // all ones: the comparator is off
// What a sample depends on.
constexpr unsigned CONFIG_SAMPLE = CONFIG_MUX | CONFIG_PGA | CONFIG_MODE | CONFIG_DR;

constexpr std::array threshold_events{
    EventSpec::of(EventType::thresh, EventDirection::rising, EventInfo::value, EventInfo::enable),
    EventSpec::of(EventType::thresh, EventDirection::falling, EventInfo::value),
    EventSpec::of(EventType::thresh, EventDirection::either, EventInfo::enable, EventInfo::period),
};

/// The inputs in the order of their MUX codes, which their address is.
constexpr auto make_channels(ScanType sample, std::span<const EventSpec> events)
{
    const auto input = [&](Channel channel, int mux) {
        return channel.at(static_cast<unsigned>(mux))
            .separate(Info::raw, Info::scale, Info::sampling_frequency)
            .direct_read(Info::raw)
            .direct_events()
            .available(Shared::by_all, Info::scale, Info::sampling_frequency)
            .scan(mux, sample)
            .with_events(events);
    };
    constexpr auto voltage = ChannelType::voltage;
    return std::array{
        input(Channel::differential(voltage, 0, 1), 0),
        input(Channel::differential(voltage, 0, 3), 1),
        input(Channel::differential(voltage, 1, 3), 2),
        input(Channel::differential(voltage, 2, 3), 3),
        input(Channel::in(voltage, 0), 4),
        input(Channel::in(voltage, 1), 5),
        input(Channel::in(voltage, 2), 6),
        input(Channel::in(voltage, 3), 7),
        Channel::timestamp(8),
    };
}
constexpr auto ads1015_channels = make_channels(ScanType::of_signed(12, 16, 4), threshold_events);
constexpr auto ads1115_channels = make_channels(ScanType::of_signed(16, 16), threshold_events);
constexpr auto tla2024_channels = make_channels(ScanType::of_signed(12, 16, 4), {});
constexpr std::size_t input_count = 8;

/// mV per step: the full scale over 2^(bits - 1) steps. Smallest first, which
/// is PGA code 5.
using Scales = std::array<Value, 6>;
constexpr Scales make_scales(Log2 steps)
{
    return {FractionalLog2{256, steps},  FractionalLog2{512, steps},  FractionalLog2{1024, steps},
            FractionalLog2{2048, steps}, FractionalLog2{4096, steps}, FractionalLog2{6144, steps}};
}
constexpr int full_scale_mv(const Value &scale)
{
    return std::get<FractionalLog2>(scale).numerator;
}

/// Samples per second by DR code.
using Rates = std::array<Value, 8>;
constexpr Rates rates_12_bit{Int{128},  Int{250},  Int{490},  Int{920},
                             Int{1600}, Int{2400}, Int{3300}, Int{3300}};
constexpr Rates rates_16_bit{Int{8},   Int{16},  Int{32},  Int{64},
                             Int{128}, Int{250}, Int{475}, Int{860}};
constexpr int hz(const Value &rate) { return std::get<Int>(rate).value; }

struct Variant {
    std::string_view part;
    int shift; // unused low bits of samples and thresholds
    Scales scales;
    Rates rates;
    ChannelTable channels;
    bool has_comparator = true;

    [[nodiscard]] constexpr int highest_code() const { return INT16_MAX >> shift; }
    [[nodiscard]] constexpr int lowest_code() const { return INT16_MIN >> shift; }
};
constexpr std::array variants{
    Variant{"ads1015", 4, make_scales(11), rates_12_bit, ChannelTable{ads1015_channels}},
    Variant{"ads1115", 0, make_scales(15), rates_16_bit, ChannelTable{ads1115_channels}},
    Variant{"tla2024", 4, make_scales(11), rates_12_bit, ChannelTable{tla2024_channels}, false},
};

} // namespace iio::ads1015
