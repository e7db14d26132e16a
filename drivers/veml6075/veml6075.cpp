// SPDX-License-Identifier: MIT
//
// Vishay VEML6075: ultraviolet light A and B, and the UV index. I2C at 0x10.
// Datasheet: 84304; application note 84339.
//
// The part measures when it is told to, and sleeps between.
#include <algorithm>
#include <iio/driver.hpp>

namespace iio::veml6075 {
namespace {

enum : std::uint8_t {
    UV_CONF = 0x00,
    UVA_DATA = 0x07,
    UVB_DATA = 0x09,
    UVCOMP1_DATA = 0x0a, // visible
    UVCOMP2_DATA = 0x0b, // infrared
};
constexpr Field UV_IT{UV_CONF, 7 << 4};
constexpr Field UV_TRIG{UV_CONF, 1 << 2};
constexpr Field UV_AF{UV_CONF, 1 << 1}; // 1: measures when it is told to
constexpr Field SD{UV_CONF, 1 << 0};    // 1: sleeps

constexpr Choices times{.values = ints<50, 100, 200, 400, 800>, .field = UV_IT, .initial = 1}; // ms
// kernel: `in_uvindex_input` is half of what the application note has, and twice that at 50 ms:
// multiply by 2, or by 1 at 50 ms.
constexpr std::array index_divisors{1, 4, 8, 16, 32};

/// What of the other light is counted as ultraviolet, in hundredths, and what a count of
/// 100 ms gives of the index, in millionths.
struct Band {
    std::uint8_t data;
    int visible, infrared;
    int response;
};
constexpr Band uva{UVA_DATA, 222, 133, 1461};
constexpr Band uvb{UVB_DATA, 295, 174, 2591};
constexpr Value uva_scale = Fractional{100, 93}; // uW/cm^2
constexpr Value uvb_scale = Fractional{10, 21};

constexpr Channel timed(const Channel &channel)
{
    return channel.setting(Info::integration_time, times, Shared::by_all);
}
constexpr std::array channel_list{
    timed(Channel::in(ChannelType::intensity).modifier(Modifier::light_uva).at(UVA_DATA))
        .separate(Info::raw)
        .constant(Info::scale, uva_scale),
    timed(Channel::in(ChannelType::intensity).modifier(Modifier::light_uvb).at(UVB_DATA))
        .separate(Info::raw)
        .constant(Info::scale, uvb_scale),
    timed(Channel::in(ChannelType::uvindex)).separate(Info::processed),
};
constexpr Layout layout{
    .format = {.word_bytes = 2, .order = Endian::little},
    .identity = {{0x0c, 0xff}, {0x26}}, // ID
    .setup = {{UV_AF, 1}, {SD, 1}},
    .proof = {UV_AF, 1}, // 0 after a reset
};

class Veml6075 : public RegisterDriver {
public:
    explicit Veml6075(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::raw)
            return Int{IIO_TRY(measure({channel.address == UVA_DATA ? uva : uvb})).front()};
        if (info != Info::processed)
            return RegisterDriver::read_raw(channel, info);
        const auto counts = IIO_TRY(measure({uva, uvb}));
        const int index =
            (counts[0] * uva.response + counts[1] * uvb.response) / index_divisors[chosen(times)];
        return IntPlusMicro::of(index);
    }

private:
    /// Of these bands, without what other light adds.
    Result<std::array<int, 2>> measure(std::initializer_list<Band> bands) const
    {
        const std::lock_guard lock{measuring_};
        const unsigned time = chosen(times);
        const unsigned asleep = UV_IT.place(times.code(time)) | UV_AF.place(1) | SD.place(1);
        IIO_TRY(registers().poke(UV_CONF, (asleep & ~SD.mask) | UV_TRIG.place(1)));
        // One and a half integrations, as the kernel's driver.
        const int ms = std::get<Int>(times.values[time]).value;
        hardware().delay(std::chrono::milliseconds{ms + ms / 2});
        const auto visible = static_cast<int>(IIO_TRY(registers().read(UVCOMP1_DATA)));
        const auto infrared = static_cast<int>(IIO_TRY(registers().read(UVCOMP2_DATA)));
        std::array<int, 2> counts{};
        std::size_t n = 0;
        for (const Band &band : bands)
            counts[n++] =
                std::max(static_cast<int>(IIO_TRY(registers().read(band.data))) -
                             visible * band.visible / 100 - infrared * band.infrared / 100,
                         0);
        IIO_TRY(registers().poke(UV_CONF, asleep));
        return counts;
    }

    mutable std::mutex measuring_; ///< the part holds the last measurement
};

} // namespace

IIO_MODULE(veml6075, Veml6075, Part{.name = "veml6075", .addresses = {0x10}, .recognised = layout});

} // namespace iio::veml6075
