// SPDX-License-Identifier: MIT
//
// TI LM75 and what is made like it: temperature, 9 to 16 bits of a word whose high byte is
// whole degrees. I2C at 0x48 to 0x4f, by the pins A0 to A2. Datasheets: SNOS808P (LM75),
// SCPS191 (LM75B), DS75, 19-6597 (MAX31725), DS21909 (MCP980x), PCT2075, SBOS854 (TMP1075),
// SBOS363 (TMP275), SBOS288 (TMP75).
#include <iio/driver.hpp>

namespace iio::lm75 {
namespace {

constexpr std::uint8_t TEMPERATURE = 0x00;
constexpr Field R{0x01, 3 << 5};        // resolution, 9 to 12 bits
constexpr Field SHUTDOWN{0x01, 1 << 0}; // of the configuration, which is one byte

/// Thousandths of a degree Celsius for a step of 9 bits and more.
constexpr std::array<Value, 8> scales{IntPlusMicro{500, 0},      IntPlusMicro{250, 0},
                                      IntPlusMicro{125, 0},      IntPlusMicro{62, 500'000},
                                      IntPlusMicro{31, 250'000}, IntPlusMicro{15, 625'000},
                                      IntPlusMicro{7, 812'500},  IntPlusMicro{3, 906'250}};

template <std::uint8_t bits>
constexpr std::array channels_of{
    Channel::in(ChannelType::temp)
        .at(TEMPERATURE)
        .separate(Info::raw)
        .constant(Info::scale, scales[bits - 9])
        .sample(ScanType::of_signed(bits, 16, 16 - bits, Endian::big)),
};
// A part that was switched off and on is in no other state: it runs.
constexpr PowerPlan power{.on = {SHUTDOWN, 0}, .off = {SHUTDOWN, 1}, .always_on = true};
constexpr Layout fixed{.proof = {SHUTDOWN, 0}, .power = power};
constexpr Layout chosen{.setup = {{R, 3}}, .proof = {R, 3}, .power = power}; // R: 0 after a reset

constexpr RegisterPart lm75{fixed, channels_of<9>};
constexpr RegisterPart lm75b{fixed, channels_of<11>};
constexpr RegisterPart tmp1075{fixed, channels_of<12>};
constexpr RegisterPart max31725{fixed, channels_of<16>};
constexpr RegisterPart tmp75{chosen, channels_of<12>};

class Lm75 : public RegisterDriver {
public:
    using RegisterDriver::RegisterDriver;
};

constexpr std::array<std::uint8_t, 8> addresses{0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f};

constexpr Field DIEID{0x0f, 0xffff}; // of a TMP1075

} // namespace

IIO_MODULE(lm75, Lm75, Part{.name = "lm75", .addresses = addresses, .data = lm75},
           Part{.name = "lm75b", .addresses = addresses, .data = lm75b},
           Part{.name = "pct2075", .addresses = addresses, .data = lm75b},
           Part{.name = "ds75", .addresses = addresses, .data = tmp75},
           Part{.name = "mcp980x", .addresses = addresses, .data = tmp75},
           Part{.name = "tmp75", .addresses = addresses, .data = tmp75},
           Part{.name = "tmp275", .addresses = addresses, .data = tmp75},
           Part{.name = "tmp1075",
                .addresses = addresses,
                .data = tmp1075,
                .recognised = {RegisterFormat{.word_bytes = 2}, {DIEID, {0x7500}}}},
           Part{.name = "max31725", .addresses = addresses, .data = max31725});

} // namespace iio::lm75
