// SPDX-License-Identifier: MIT
//
// ST STTS751: temperature, 12 bits of 1/16 degree Celsius. I2C at 0x48 or 0x38 (STTS751-0), 0x4a
// or 0x3a (STTS751-1), and one more of each, by the pin Addr/Therm. Datasheet: DocID16483.
//
// The part measures once a second.
#include <iio/driver.hpp>

namespace iio::stts751 {
namespace {

constexpr std::uint8_t TEMPERATURE_HIGH = 0x00;
constexpr std::uint8_t TEMPERATURE_LOW = 0x02;
constexpr Field Tres{0x03, 3 << 2};     // 3: 12 bits
constexpr Field RUN_STOP{0x03, 1 << 6}; // 1: stops
constexpr Field MANUFACTURER_ID{0xfe, 0xff};
constexpr int most_tries = 3;

constexpr Value millidegrees_per_step = IntPlusMicro{62, 500'000};

constexpr std::array channel_list{
    Channel::in(ChannelType::temp)
        .separate(Info::raw)
        .constant(Info::scale, millidegrees_per_step)
        .sample(ScanType::of_signed(12, 16, 4, Endian::big)),
};
constexpr Layout layout{
    .identity = {MANUFACTURER_ID, {0x53}},
    .setup = {{Tres, 3}},
    .proof = {Tres, 3}, // 0 after a reset
    .power = {.on = {RUN_STOP, 0}, .off = {RUN_STOP, 1}, .always_on = true},
};

class Stts751 : public RegisterDriver {
public:
    explicit Stts751(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}

    /// The high byte does not hold the low one: both are of one measurement if it is the same
    /// behind that. Errors: EAGAIN: it never was.
    Result<int> read_sample(const Channel &channel) const override
    {
        unsigned high = IIO_TRY(registers().read(TEMPERATURE_HIGH));
        for (int tries = 0; tries < most_tries; ++tries) {
            const std::array bytes{
                static_cast<std::uint8_t>(high),
                static_cast<std::uint8_t>(IIO_TRY(registers().read(TEMPERATURE_LOW)))};
            const unsigned before =
                std::exchange(high, IIO_TRY(registers().read(TEMPERATURE_HIGH)));
            if (before == high)
                return sample_of(channel.scan_type, bytes);
        }
        return fail(EAGAIN);
    }
};

} // namespace

IIO_MODULE(stts751, Stts751,
           Part{.name = "stts751",
                .addresses = {0x48, 0x49, 0x38, 0x39, 0x4a, 0x4b, 0x3a, 0x3b},
                .recognised = layout});

} // namespace iio::stts751
