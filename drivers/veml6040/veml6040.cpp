// SPDX-License-Identifier: MIT
//
// Vishay VEML6040: red, green, blue and white light, 16 bits each. I2C at 0x10.
// Datasheet: 84276.
//
// The part measures all the time.
#include <iio/driver.hpp>

namespace iio::veml6040 {
namespace {

enum : std::uint8_t { R_DATA = 0x08, G_DATA, B_DATA, W_DATA };
constexpr Field IT{0x00, 7 << 4}; // CONF
constexpr Field AF{0x00, 1 << 1}; // 1: measures when it is told to
constexpr Field SD{0x00, 1 << 0}; // 1: sleeps

constexpr Choices times{.values = ints<40, 80, 160, 320, 640, 1280>, .field = IT}; // ms

constexpr Channel light(Modifier colour, std::uint8_t data)
{
    return Channel::in(ChannelType::intensity)
        .modifier(colour)
        .at(data)
        .separate(Info::raw)
        .sample(ScanType::of_unsigned(16, 16, 0, Endian::little))
        .setting(Info::integration_time, times, Shared::by_type);
}
constexpr std::array channel_list{
    light(Modifier::light_red, R_DATA),
    light(Modifier::light_green, G_DATA),
    light(Modifier::light_blue, B_DATA),
    light(Modifier::light_clear, W_DATA),
};
constexpr Layout layout{
    .format = {.word_bytes = 2, .order = Endian::little},
    .setup = {{AF, 0}},
    .proof = {SD, 0}, // 1 after a reset
    .power = {.on = {SD, 0}, .off = {SD, 1}, .always_on = true},
};

class Veml6040 : public RegisterDriver {
public:
    explicit Veml6040(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}
};

} // namespace

IIO_MODULE(veml6040, Veml6040, Part{.name = "veml6040", .addresses = {0x10}});

} // namespace iio::veml6040
