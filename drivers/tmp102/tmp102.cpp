// SPDX-License-Identifier: MIT
//
// TI TMP102, TMP108 and TMP112: temperature, 12 bits of 1/16 degree Celsius. I2C at 0x48 to
// 0x4b, by the pin ADD0 or A0. Datasheets: SBOS397, SBOS663, SBOS473.
#include <iio/driver.hpp>

namespace iio::tmp102 {
namespace {

constexpr std::uint8_t TEMPERATURE = 0x00;
constexpr Field SD{0x01, 1 << 8}; // 1: sleeps
constexpr Field EM{0x01, 1 << 4}; // 1: 13 bits
constexpr Field M{0x01, 3 << 8};  // TMP108: 0: sleeps, 2: measures all the time
constexpr unsigned continuous = 2;

constexpr Value millidegrees_per_step = IntPlusMicro{62, 500'000};

constexpr std::array channel_list{
    Channel::in(ChannelType::temp)
        .at(TEMPERATURE)
        .separate(Info::raw)
        .constant(Info::scale, millidegrees_per_step)
        .sample(ScanType::of_signed(12, 16, 4, Endian::big)),
};
constexpr RegisterFormat format{.word_bytes = 2};
constexpr RegisterPart tmp102{{.format = format,
                               .setup = {{EM, 0}},
                               .proof = {EM, 0},
                               .power = {.on = {SD, 0}, .off = {SD, 1}, .always_on = true}},
                              channel_list};
constexpr RegisterPart tmp108{{.format = format,
                               .proof = {M, continuous},
                               .power = {.on = {M, continuous}, .off = {M, 0}, .always_on = true}},
                              channel_list};

class Tmp102 : public RegisterDriver {
public:
    using RegisterDriver::RegisterDriver;
};

constexpr std::array<std::uint8_t, 4> addresses{0x48, 0x49, 0x4a, 0x4b};

} // namespace

IIO_MODULE(tmp102, Tmp102, Part{.name = "tmp102", .addresses = addresses, .data = tmp102},
           Part{.name = "tmp108", .addresses = addresses, .data = tmp108},
           Part{.name = "tmp112", .addresses = addresses, .data = tmp102});

} // namespace iio::tmp102
