// SPDX-License-Identifier: MIT
//
// Sensirion SHTC1 and SHTC3: temperature and relative humidity on command, each word with a
// check byte. I2C at 0x70. Datasheets: SHTC1, version 4; SHTC3, version 4.
//
// An SHTC3 sleeps between its measurements.
#include <iio/driver.hpp>

namespace iio::shtc1 {
namespace {

enum : std::uint16_t {
    WAKEUP = 0x3517,  // SHTC3
    MEASURE = 0x7866, // temperature first, normal mode, without clock stretching
    SLEEP = 0xb098,   // SHTC3
    READ_ID = 0xefc8,
};
/// Of the ID, the product's code.
struct Variant {
    unsigned mask, code;
    bool sleeps;
};
constexpr Variant shtc1{0x003f, 0x0007, false};
constexpr Variant shtc3{0x083f, 0x0807, true};

constexpr auto wakeup_time = 240us;
constexpr auto measurement_time = 15ms; // SHTC1: 14.4 ms, SHTC3: 12.1 ms

// -45 to 130 degrees Celsius: (raw + offset) * scale; 0 to 100 %.
constexpr Value temperature_scale = Fractional{175'000, 65'536};
constexpr Value temperature_offset = Fractional{-45 * 65'536, 175};
constexpr Value humidity_scale = Fractional{100'000, 65'536};

/// A channel's address is the place of its word in the answer.
constexpr std::array channel_list{
    Channel::in(ChannelType::temp)
        .at(0)
        .separate(Info::raw)
        .constant(Info::scale, temperature_scale)
        .constant(Info::offset, temperature_offset),
    Channel::in(ChannelType::humidityrelative)
        .at(1)
        .separate(Info::raw)
        .constant(Info::scale, humidity_scale),
};

class Shtc1 : public TableDriver {
public:
    explicit Shtc1(const Hardware &hardware)
        : TableDriver{hardware, channel_list},
          commands_{hardware},
          variant_{hardware.data<Variant>()},
          power_{hardware, [this](bool on) { return turn(on); }}
    {
    }

    /// Errors: ENODEV: another part.
    Result<void> probe() { return IIO_TRY(is_configured()) ? Result<void>{} : fail(ENODEV); }

    /// There is nothing to configure: it has to be this part.
    Result<bool> is_configured() const
    {
        const std::lock_guard lock{mutex_};
        auto awake = IIO_TRY(power_.use());
        const auto [id] = IIO_TRY(commands_.ask<1>(READ_ID));
        IIO_TRY(awake.end());
        return (id & variant_.mask) == variant_.code;
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::raw)
            return TableDriver::read_raw(channel, info);
        const std::lock_guard lock{mutex_};
        auto awake = IIO_TRY(power_.use());
        const auto words = IIO_TRY(commands_.ask<2>(MEASURE, measurement_time));
        IIO_TRY(awake.end());
        return Int{words[channel.index()]};
    }

private:
    Result<void> turn(bool on) const
    {
        if (!variant_.sleeps)
            return {};
        IIO_TRY(commands_.send(on ? WAKEUP : SLEEP));
        if (on)
            hardware().delay(wakeup_time);
        return {};
    }

    const Commands commands_;
    const Variant &variant_;
    mutable std::mutex mutex_; ///< a command and its answer
    const Power power_;
};

constexpr std::array<std::uint8_t, 1> addresses{0x70};

// xxxx 1xxx xx00 0111 of an SHTC3; it refuses while it sleeps.
template <std::uint16_t code>
constexpr IdentityCommand by_id{.command = READ_ID, .mask = 0x083f, .codes = {code}};

} // namespace

IIO_MODULE(
    shtc1, Shtc1,
    Part{.name = "shtc1", .addresses = addresses, .data = shtc1, .recognised = by_id<0x0007>},
    Part{.name = "shtc3", .addresses = addresses, .data = shtc3, .recognised = by_id<0x0807>});

} // namespace iio::shtc1
