// SPDX-License-Identifier: MIT
//
// TI OPT4001: ambient light as a human eye sees it, over 28 bits: a mantissa and an exponent. I2C
// at 0x44 to 0x46, by the pin ADDR; in the PicoStar package at 0x45. Datasheet: SBOS993.
//
// The part measures all the time and chooses its range itself.
#include <iio/driver.hpp>

namespace iio::opt4001 {
namespace {

constexpr std::uint8_t RESULT = 0x00; // two words
constexpr Field QWAKE{0x0a, 1 << 15};
constexpr Field RANGE{0x0a, 0xf << 10}; // 12: automatic
constexpr Field CONVERSION_TIME{0x0a, 0xf << 6};
constexpr Field OPERATING_MODE{0x0a, 3 << 4}; // 0: power-down, 3: continuous
constexpr Field LATCH_to_FAULT_COUNT{0x0a, 0xf << 0};
constexpr Field DIDH{0x11, 0xfff};

/// Of the result.
constexpr Field EXPONENT{0, 0xfU << 28};
constexpr Field MANTISSA{0, 0xfffff << 8};
constexpr Field COUNTER{0, 0xf << 4};
constexpr Field CRC{0, 0xf << 0};

constexpr Choices times{.values = micros<600, 1000, 1800, 3400, 6500, 12'700, 25'000, 50'000,
                                         100'000, 200'000, 400'000, 800'000>,
                        .field = CONVERSION_TIME,
                        .initial = 11};

constexpr std::array channel_list{
    Channel::in(ChannelType::illuminance)
        .separate(Info::processed)
        .setting(Info::integration_time, times, Shared::by_all),
};
constexpr Layout layout{
    .format = {.word_bytes = 2},
    .identity = {DIDH, {0x121}},
    .setup = {{QWAKE, 0}, {RANGE, 12}, {LATCH_to_FAULT_COUNT, 0}},
    .proof = {OPERATING_MODE, 3}, // 0 after a reset
    .power = {.on = {OPERATING_MODE, 3}, .off = {OPERATING_MODE, 0}, .always_on = true},
};

/// Section 8.6.1.2: each bit is the parity of some bits of the rest.
constexpr bool is_intact(std::uint32_t result)
{
    const std::uint32_t mantissa = MANTISSA.extract(result);
    const auto parity = [&](unsigned exponent_bits, unsigned mantissa_bits, unsigned counter_bits) {
        const int ones = std::popcount(EXPONENT.extract(result) & exponent_bits) +
                         std::popcount(mantissa & mantissa_bits) +
                         std::popcount(COUNTER.extract(result) & counter_bits);
        return static_cast<unsigned>(ones) & 1;
    };
    const unsigned crc = parity(0xf, 0xfffff, 0xf) | parity(0xa, 0xaaaaa, 0xa) << 1 |
                         parity(0x8, 0x88888, 0x8) << 2 | parity(0, 0x80808, 0) << 3;
    return crc == CRC.extract(result);
}

/// Billionths of a lux for a step.
constexpr std::int64_t sot_5x3_nanolux = 437'500;
constexpr std::int64_t picostar_nanolux = 312'500;

class Opt4001 : public RegisterDriver {
public:
    explicit Opt4001(const Hardware &hardware)
        : RegisterDriver{hardware, layout, channel_list},
          nanolux_per_step_{hardware.data<std::int64_t>()}
    {
    }

    /// Errors: EIO, too: what was read does not agree with its check bits.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::processed)
            return RegisterDriver::read_raw(channel, info);
        const auto result =
            big_endian(IIO_TRY(registers().burst<std::array<std::uint8_t, 4>>(RESULT)));
        if (!is_intact(result))
            return fail(EIO);
        const std::int64_t nanolux =
            (std::int64_t{MANTISSA.extract(result)} << EXPONENT.extract(result)) *
            nanolux_per_step_;
        return IntPlusNano{static_cast<int>(nanolux / 1'000'000'000),
                           static_cast<int>(nanolux % 1'000'000'000)};
    }

private:
    const std::int64_t nanolux_per_step_;
};

} // namespace

IIO_MODULE(opt4001, Opt4001,
           Part{.name = "opt4001-sot-5x3",
                .addresses = {0x44, 0x45, 0x46},
                .data = sot_5x3_nanolux,
                .recognised = layout},
           Part{.name = "opt4001-picostar",
                .addresses = {0x45},
                .data = picostar_nanolux,
                .recognised = layout});

} // namespace iio::opt4001
