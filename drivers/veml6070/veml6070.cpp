// SPDX-License-Identifier: MIT
//
// Vishay VEML6070: ultraviolet light, 16 bits, and its index. I2C at 0x38, where it takes its
// command and gives the low byte, and at 0x39, where it gives the high one. Datasheet: 84277;
// the index: application note 84310.
//
// The part sleeps between its measurements.
#include <algorithm>
#include <iio/driver.hpp>

namespace iio::veml6070 {
namespace {

constexpr std::uint8_t high_byte_at = 0x39;
/// The command, which is all that is written.
constexpr unsigned reserved = 1 << 1; // is to be 1
constexpr unsigned IT_1T = 1 << 2;
constexpr unsigned SD = 1 << 0; // sleeps

/// 1T with the usual resistor of 270 kOhm is 112.5 ms.
constexpr auto measurement_time = 140ms;
/// With 1T the index is below 3 up to 560 counts, below 6 up to 1120, 8 1494, 11 2054.
constexpr int indices = 3;
constexpr int counts_of_indices = 560;
constexpr int highest_index = 11;

constexpr std::array channel_list{
    Channel::in(ChannelType::intensity).modifier(Modifier::light_uv).separate(Info::raw),
    Channel::in(ChannelType::uvindex).separate(Info::processed),
};

class Veml6070 : public TableDriver {
public:
    explicit Veml6070(const Hardware &hardware)
        : TableDriver{hardware, channel_list},
          client_{*hardware.i2c()},
          high_byte_{client_.client_at(high_byte_at)}
    {
    }

    /// Errors: EOPNOTSUPP: the bus reaches no second address.
    Result<void> probe()
    {
        if (!high_byte_)
            return fail(EOPNOTSUPP);
        return command(IT_1T | SD);
    }

    Result<Value> read_raw(const Channel &channel, Info) const
    {
        const int counts = IIO_TRY(measure());
        if (channel.channel_type() == ChannelType::intensity)
            return Int{counts};
        return Int{std::min(std::max(counts - 1, 0) * indices / counts_of_indices, highest_index)};
    }

private:
    Result<void> command(unsigned bits) const
    {
        return client_.write(std::array{static_cast<std::uint8_t>(bits | reserved)});
    }
    Result<int> measure() const
    {
        const std::lock_guard lock{mutex_};
        IIO_TRY(command(IT_1T));
        hardware().delay(measurement_time);
        std::array<std::uint8_t, 1> high{};
        std::array<std::uint8_t, 1> low{};
        IIO_TRY(high_byte_->read(high));
        IIO_TRY(client_.read(low));
        IIO_TRY(command(IT_1T | SD));
        return high[0] << 8 | low[0];
    }

    const I2cClient &client_;
    const std::unique_ptr<const I2cClient> high_byte_;
    mutable std::mutex mutex_; ///< a measurement
};

} // namespace

IIO_MODULE(veml6070, Veml6070,
           Part{.name = "veml6070",
                .addresses = {0x38},
                .recognised = Untold{"a byte that is written to it is its command register"}});

} // namespace iio::veml6070
