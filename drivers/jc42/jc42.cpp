// SPDX-License-Identifier: MIT
//
// Microchip MCP9808, and all sensors after JEDEC's JC-42.4, as on memory modules:
// temperature, 13 bits of 1/16 degree Celsius. I2C at 0x18 to 0x1f, by the pins A0 to A2.
// Datasheet: DS25095 (MCP9808).
#include <iio/driver.hpp>

namespace iio::jc42 {
namespace {

constexpr std::uint8_t AMBIENT_TEMPERATURE = 0x05; // three flags are above it
constexpr Field SHDN{0x01, 1 << 8};                // CONFIG; 1: sleeps
constexpr Field DEVICE_ID{0x07, 0xff << 8};

constexpr Value millidegrees_per_step = IntPlusMicro{62, 500'000};

constexpr std::array channel_list{
    Channel::in(ChannelType::temp)
        .at(AMBIENT_TEMPERATURE)
        .separate(Info::raw)
        .constant(Info::scale, millidegrees_per_step)
        .sample(ScanType::of_signed(13, 16, 0, Endian::big)),
};
constexpr RegisterFormat format{.word_bytes = 2};
constexpr PowerPlan power{.on = {SHDN, 0}, .off = {SHDN, 1}, .always_on = true};
constexpr RegisterPart jc42{{.format = format, .proof = {SHDN, 0}, .power = power}, channel_list};
constexpr RegisterPart mcp9808{
    {.format = format, .identity = {DEVICE_ID, {0x04}}, .proof = {SHDN, 0}, .power = power},
    channel_list};

class Jc42 : public RegisterDriver {
public:
    using RegisterDriver::RegisterDriver;
};

constexpr std::array<std::uint8_t, 8> addresses{0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f};

} // namespace

// An MCP9808 may be driven as either; what other parts of the JEDEC's answer is not known.
IIO_MODULE(jc42, Jc42,
           Part{.name = "jc42", .addresses = addresses, .data = jc42, .recognised = mcp9808},
           Part{.name = "mcp9808", .addresses = addresses, .data = mcp9808});

} // namespace iio::jc42
