// SPDX-License-Identifier: MIT
//
// The parts: their channels, sequences and addresses.
#pragma once

#include "sequences.hpp"

#include <iio/driver/channel_table.hpp>
#include <string_view>
#include <utility>

namespace iio::max1363 {

constexpr std::array bound_events{
    EventSpec::of(EventType::thresh, EventDirection::rising, EventInfo::value, EventInfo::enable),
    EventSpec::of(EventType::thresh, EventDirection::falling, EventInfo::value, EventInfo::enable),
};

/// A channel's address is the configuration byte that samples it alone. Input N
/// and its neighbour, N ^ 1, are the pair that begins with N.
template <int... N>
constexpr auto make_channels(std::integer_sequence<int, N...>, std::uint8_t bits,
                             std::span<const EventSpec> events)
{
    constexpr auto voltage = ChannelType::voltage;
    constexpr int inputs = sizeof...(N);
    const std::uint8_t storage = bits > 8 ? 16 : 8;
    const auto straight = ScanType::of_unsigned(bits, storage, 0, Endian::big);
    const auto difference = ScanType::of_signed(bits, storage, 0, Endian::big);
    const auto input = [&](Channel channel, const Row &row, int n, ScanType type) {
        return channel.at(row.config(n, SCAN_ONE))
            .separate(Info::raw)
            .direct_read(Info::raw)
            .direct_events()
            .by_type(Info::scale)
            .scan(row.scan_index + n, type)
            .with_events(events);
    };
    return std::array{
        input(Channel::in(voltage, N), rows<inputs>[0], N, straight)...,
        input(Channel::differential(voltage, N, N ^ 1), rows<inputs>[1 + N % 2], N / 2,
              difference)...,
        Channel::timestamp(2 * inputs),
    };
}

/// The events that a part shows; `unable`: the kernel's driver gives it those of
/// the MAX1363, and all that is done with them fails.
enum class Events { none, unable, monitor };

template <int Inputs, std::uint8_t Bits, Events Shown>
constexpr auto channels_of = make_channels(std::make_integer_sequence<int, Inputs>{}, Bits,
                                           Shown == Events::none ? std::span<const EventSpec>{}
                                                                 : bound_events);

/// Where SCAN_UPPER begins.
template <int Inputs> constexpr unsigned upper_input = Inputs == 4 ? 2 : 6;
template <int Inputs> constexpr std::size_t captured_rows = Inputs == 2 ? 1 : 3;

template <int Inputs, bool HasUpper>
constexpr Sequences
    sequences_of = make_sequences(std::span{rows<Inputs>}.first(captured_rows<Inputs>),
                                  HasUpper ? upper_input<Inputs> : 0);

struct Kind {
    std::uint8_t bits;
    std::uint8_t all_inputs; // configuration byte of all of them in a row
    ChannelTable channels;
    const Sequences &sequences;
    bool has_monitor;
};
template <int Inputs, std::uint8_t Bits, Events Shown = Events::none>
constexpr Kind kind{
    .bits = Bits,
    .all_inputs = rows<Inputs>[0].config(Inputs - 1, SCAN_FROM_FIRST),
    .channels = ChannelTable{channels_of<Inputs, Bits, Shown>},
    .sequences = sequences_of<Inputs, Shown != Events::monitor>,
    .has_monitor = Shown == Events::monitor,
};

// One pin chooses of two, and the letter behind the part's number of several.
constexpr std::array<std::uint8_t, 4> at_34_to_37{0x34, 0x35, 0x36, 0x37};
constexpr std::array<std::uint8_t, 4> at_30_to_36{0x30, 0x32, 0x34, 0x36};
constexpr std::array<std::uint8_t, 4> at_31_to_37{0x31, 0x33, 0x35, 0x37};
constexpr std::array<std::uint8_t, 4> at_60_to_66{0x60, 0x62, 0x64, 0x66};
constexpr std::array<std::uint8_t, 4> at_61_to_67{0x61, 0x63, 0x65, 0x67};
constexpr std::array<std::uint8_t, 1> at_33{0x33};
constexpr std::array<std::uint8_t, 1> at_34{0x34};
constexpr std::array<std::uint8_t, 1> at_35{0x35};
constexpr std::array<std::uint8_t, 1> at_36{0x36};
constexpr std::array<std::uint8_t, 1> at_64{0x64};
constexpr std::array<std::uint8_t, 1> at_65{0x65};
constexpr std::array<std::uint8_t, 1> at_6d{0x6d};

struct Variant {
    std::string_view part;
    const Kind &kind;
    Few<std::uint8_t, 8> addresses;
};
constexpr std::array variants{
    Variant{"max1361", kind<4, 10, Events::monitor>, at_34_to_37},
    Variant{"max1362", kind<4, 10, Events::monitor>, at_34_to_37},
    Variant{"max1363", kind<4, 12, Events::monitor>, at_34_to_37},
    Variant{"max1364", kind<4, 12, Events::monitor>, at_34_to_37},
    Variant{"max1036", kind<4, 8>, at_60_to_66},
    Variant{"max1037", kind<4, 8>, at_60_to_66},
    Variant{"max1038", kind<12, 8>, at_61_to_67},
    Variant{"max1039", kind<12, 8>, at_61_to_67},
    Variant{"max1136", kind<4, 10>, at_30_to_36},
    Variant{"max1137", kind<4, 10>, at_30_to_36},
    Variant{"max1138", kind<12, 10>, at_31_to_37},
    Variant{"max1139", kind<12, 10>, at_31_to_37},
    Variant{"max1236", kind<4, 12>, at_30_to_36},
    Variant{"max1237", kind<4, 12>, at_30_to_36},
    Variant{"max1238", kind<12, 12>, at_31_to_37},
    Variant{"max1239", kind<12, 12>, at_31_to_37},
    Variant{"max11600", kind<4, 8>, at_64},
    Variant{"max11601", kind<4, 8>, at_64},
    Variant{"max11602", kind<8, 8>, at_6d},
    Variant{"max11603", kind<8, 8>, at_6d},
    Variant{"max11604", kind<12, 8>, at_65},
    Variant{"max11605", kind<12, 8>, at_65},
    Variant{"max11606", kind<4, 10>, at_34},
    Variant{"max11607", kind<4, 10>, at_34},
    Variant{"max11608", kind<8, 10>, at_33},
    Variant{"max11609", kind<8, 10>, at_33},
    Variant{"max11610", kind<12, 10>, at_35},
    Variant{"max11611", kind<12, 10>, at_35},
    Variant{"max11612", kind<4, 12, Events::unable>, at_34},
    Variant{"max11613", kind<4, 12, Events::unable>, at_34},
    Variant{"max11614", kind<8, 12>, at_33},
    Variant{"max11615", kind<8, 12>, at_33},
    Variant{"max11616", kind<12, 12>, at_35},
    Variant{"max11617", kind<12, 12>, at_35},
    Variant{"max11644", kind<2, 12>, at_36},
    Variant{"max11645", kind<2, 12>, at_36},
    Variant{"max11646", kind<2, 10>, at_36},
    Variant{"max11647", kind<2, 10>, at_36},
};

} // namespace iio::max1363
