// SPDX-License-Identifier: MIT
//
// TI TMP117: temperature, 16 bits of 1/128 degree Celsius. I2C at 0x48 to 0x4b.
// Datasheet: SNOSD82D.
#include <algorithm>
#include <iio/driver.hpp>
#include <limits>

namespace iio::tmp117 {
namespace {

constexpr std::uint8_t Temp_Result = 0x00;
constexpr std::uint8_t Temp_Offset = 0x07; // in the steps of the result
constexpr Field DID{0x0f, 0x0fff};         // Device_ID

constexpr Value millidegrees_per_step = IntPlusMicro{7, 812'500};

constexpr std::array channel_list{
    Channel::in(ChannelType::temp)
        .at(Temp_Result)
        .separate(Info::raw, Info::calibbias)
        .constant(Info::scale, millidegrees_per_step)
        .sample(ScanType::of_signed(16, 16, 0, Endian::big)),
};
constexpr Layout layout{
    .format = {.word_bytes = 2},
    .identity = {DID, {0x117}},
};

class Tmp117 : public RegisterDriver {
public:
    explicit Tmp117(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::calibbias)
            return RegisterDriver::read_raw(channel, info);
        return Int{static_cast<std::int16_t>(IIO_TRY(registers().read(Temp_Offset)))};
    }

    // kernel: A written `calibbias` out of range is cut to it, where EINVAL would be right.
    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        if (info != Info::calibbias)
            return RegisterDriver::write_raw(channel, info, written);
        using Limits = std::numeric_limits<std::int16_t>;
        const int offset = std::clamp<int>(written.integer, Limits::min(), Limits::max());
        return registers().write(Temp_Offset, static_cast<std::uint16_t>(offset));
    }
};

} // namespace

IIO_MODULE(tmp117, Tmp117,
           Part{.name = "tmp117", .addresses = {0x48, 0x49, 0x4a, 0x4b}, .recognised = layout});

} // namespace iio::tmp117
