// SPDX-License-Identifier: MIT
//
// TI TMP102, TMP108 and TMP112, and ams' AS6200: temperature, 12 bits of 1/16 degree Celsius. I2C
// at 0x48 to 0x4b, by the pin ADD0 or A0. TI TMP103: whole degrees; I2C at 0x70 to 0x77, each of
// which is a part of its own. Datasheets: SBOS397, SBOS663, SBOS473, AS6200, SBOS545.
#include <iio/driver.hpp>

namespace iio::tmp102 {
namespace {

constexpr std::uint8_t TEMPERATURE = 0x00;
constexpr Field SD{0x01, 1 << 8};       // 1: sleeps
constexpr Field EM{0x01, 1 << 4};       // 1: 13 bits
constexpr Field M{0x01, 3 << 8};        // TMP108: 0: sleeps, 2: measures all the time
constexpr Field tmp103_M{0x01, 3 << 0}; // the same
constexpr unsigned continuous = 2;

constexpr Value millidegrees_per_step = IntPlusMicro{62, 500'000};
constexpr Value millidegrees_per_degree = Int{1000};

constexpr std::array channel_list{
    Channel::in(ChannelType::temp)
        .at(TEMPERATURE)
        .separate(Info::raw)
        .constant(Info::scale, millidegrees_per_step)
        .sample(ScanType::of_signed(12, 16, 4, Endian::big)),
};
constexpr std::array tmp103_channels{
    Channel::in(ChannelType::temp)
        .at(TEMPERATURE)
        .separate(Info::raw)
        .constant(Info::scale, millidegrees_per_degree)
        .sample(ScanType::of_signed(8, 8)),
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
constexpr RegisterPart tmp103{
    {.proof = {tmp103_M, continuous},
     .power = {.on = {tmp103_M, continuous}, .off = {tmp103_M, 0}, .always_on = true}},
    tmp103_channels};

class Tmp102 : public RegisterDriver {
public:
    using RegisterDriver::RegisterDriver;
};

constexpr std::array<std::uint8_t, 4> addresses{0x48, 0x49, 0x4a, 0x4b};
constexpr std::array<std::uint8_t, 8> tmp103_addresses{0x70, 0x71, 0x72, 0x73,
                                                       0x74, 0x75, 0x76, 0x77};

} // namespace

IIO_MODULE(tmp102, Tmp102, Part{.name = "tmp102", .addresses = addresses, .data = tmp102},
           Part{.name = "tmp108", .addresses = addresses, .data = tmp108},
           Part{.name = "tmp112", .addresses = addresses, .data = tmp102},
           Part{.name = "as6200", .addresses = addresses, .data = tmp102},
           Part{.name = "tmp103", .addresses = tmp103_addresses, .data = tmp103});

} // namespace iio::tmp102
