// SPDX-License-Identifier: MIT
//
// The parts: the configuration bytes of their inputs and sequences of inputs, their
// channels and addresses.
#pragma once

#include <iio/driver/channel_table.hpp>
#include <iio/driver/part.hpp>
#include <iio/driver/scan.hpp>
#include <utility>

namespace iio::max1363 {

// The configuration byte.
constexpr unsigned SCAN_FROM_FIRST = 0 << 5; // AIN0 up to the one that CS selects
constexpr unsigned SCAN_UPPER = 2 << 5;      // the same from one in the middle on
constexpr unsigned SCAN_MONITOR = 2 << 5;    // what it is in the MAX1361 to MAX1364
constexpr unsigned SCAN_ONE = 3 << 5;        // the one that CS selects
constexpr Field CS{0, 0x0f << 1};            // an input, the positive one of a pair
constexpr unsigned CONFIG_SGL = 1;           // against ground, else a pair

// Channels that can follow each other are a row: the inputs against ground, and the pairs one way
// round and the other. These are the scan indices of the first ones, alike in all parts but for
// the pairs of those with two inputs. kernel: The pairs of the parts with two inputs can be read
// but not captured by the buffer.
constexpr std::array row_begins{0, 12, 18};

/// What the chip can sample at once, shorter sequences before longer ones: the first that has
/// all that is wanted is used. `has_upper`: the chip knows SCAN_UPPER.
template <int inputs> constexpr Few<ScanMask, 54> make_sequences(bool has_upper)
{
    constexpr int upper = inputs == 4 ? 2 : 6; // the input where SCAN_UPPER begins
    constexpr int pairs = inputs == 2 ? 0 : inputs / 2;
    Few<ScanMask, 54> all;
    for (int length = 1; length <= inputs; ++length) {
        for (const int begin : row_begins) {
            const int count = begin == 0 ? inputs : pairs;
            for (int n = 0; n + length <= count; ++n) {
                if (length == 1 || n == 0 || (has_upper && n == upper * count / inputs))
                    all.add(((ScanMask{1} << length) - 1) << (begin + n));
            }
        }
    }
    return all;
}

constexpr std::array bound_events{
    EventSpec::of(EventType::thresh, EventDirection::rising, EventInfo::value, EventInfo::enable),
    EventSpec::of(EventType::thresh, EventDirection::falling, EventInfo::value, EventInfo::enable)};
/// The events that a part shows. kernel: The MAX11612 and MAX11613 show the events of the MAX1363
/// and can do nothing with them: EINVAL.
enum class Events { none, unable, monitor };

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
    const auto input = [&](const Channel &channel, unsigned ends) {
        return channel.at(SCAN_ONE | CS.place(static_cast<unsigned>(channel.channel)) | ends)
            .direct_raw()
            .direct_events()
            .by_type(Info::scale)
            .with_events(events);
    };
    return std::array{
        input(Channel::in(voltage, N), CONFIG_SGL).scan(N, straight)...,
        input(Channel::differential(voltage, N, N ^ 1), 0)
            .scan(inputs == 2 ? 2 + N : row_begins[1 + N % 2] + N / 2, difference)...,
        Channel::timestamp(2 * inputs),
    };
}
template <int inputs, std::uint8_t bits, Events events>
constexpr auto channels = make_channels(std::make_integer_sequence<int, inputs>{}, bits,
                                        events == Events::none ? std::span<const EventSpec>{}
                                                               : bound_events);

/// Of the parts that can watch their inputs. kernel: The second of the monitor's rates is listed as
/// 665000, a misspelt 66500.
constexpr std::array monitor_attributes{
    DeviceAttribute::of("sampling_frequency", ExtInfo::Access::read_write, 0,
                        DeviceAttribute::Group::events),
    DeviceAttribute::constant("sampling_frequency_available",
                              "133000 665000 33300 16600 8300 4200 2000 1000\n",
                              DeviceAttribute::Group::events)};

/// What several parts have in common.
struct Kind {
    ChannelTable channels;
    Few<ScanMask, 54> sequences;
    std::span<const DeviceAttribute> attributes;
};
template <int inputs, std::uint8_t bits, Events events = Events::none>
constexpr Kind kind{
    .channels = max1363::channels<inputs, bits, events>,
    .sequences = make_sequences<inputs>(events != Events::monitor),
    .attributes = std::span{monitor_attributes}.first(events == Events::monitor ? 2 : 0),
};

/// The two of a row are alike, for 5 V and for 3 V.
struct PairOfParts {
    std::array<std::string_view, 2> names;
    const Kind &kind;
    Few<std::uint8_t, 8> addresses;
};
constexpr std::array pairs_of_parts{
    PairOfParts{{"max1361", "max1362"}, kind<4, 10, Events::monitor>, {0x34, 0x35, 0x36, 0x37}},
    PairOfParts{{"max1363", "max1364"}, kind<4, 12, Events::monitor>, {0x34, 0x35, 0x36, 0x37}},
    PairOfParts{{"max1036", "max1037"}, kind<4, 8>, {0x60, 0x62, 0x64, 0x66}},
    PairOfParts{{"max1038", "max1039"}, kind<12, 8>, {0x61, 0x63, 0x65, 0x67}},
    PairOfParts{{"max1136", "max1137"}, kind<4, 10>, {0x30, 0x32, 0x34, 0x36}},
    PairOfParts{{"max1138", "max1139"}, kind<12, 10>, {0x31, 0x33, 0x35, 0x37}},
    PairOfParts{{"max1236", "max1237"}, kind<4, 12>, {0x30, 0x32, 0x34, 0x36}},
    PairOfParts{{"max1238", "max1239"}, kind<12, 12>, {0x31, 0x33, 0x35, 0x37}},
    PairOfParts{{"max11600", "max11601"}, kind<4, 8>, {0x64}},
    PairOfParts{{"max11602", "max11603"}, kind<8, 8>, {0x6d}},
    PairOfParts{{"max11604", "max11605"}, kind<12, 8>, {0x65}},
    PairOfParts{{"max11606", "max11607"}, kind<4, 10>, {0x34}},
    PairOfParts{{"max11608", "max11609"}, kind<8, 10>, {0x33}},
    PairOfParts{{"max11610", "max11611"}, kind<12, 10>, {0x35}},
    PairOfParts{{"max11612", "max11613"}, kind<4, 12, Events::unable>, {0x34}},
    PairOfParts{{"max11614", "max11615"}, kind<8, 12>, {0x33}},
    PairOfParts{{"max11616", "max11617"}, kind<12, 12>, {0x35}},
    PairOfParts{{"max11644", "max11645"}, kind<2, 12>, {0x36}},
    PairOfParts{{"max11646", "max11647"}, kind<2, 10>, {0x36}},
};
constexpr auto parts = [] {
    std::array<Part, 2 * pairs_of_parts.size()> all;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const PairOfParts &pair = pairs_of_parts[i / 2];
        all[i] = {.name = pair.names[i % 2],
                  .addresses = pair.addresses,
                  .supplies = {"vref"},
                  .data = pair.kind,
                  .recognised = Untold{"a byte that is written to it is its configuration"}};
    }
    return all;
}();

} // namespace iio::max1363
