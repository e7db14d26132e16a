// SPDX-License-Identifier: MIT
//
// Aosong AHT10, AHT20 and DHT20: temperature and relative humidity on command, 20 bits each;
// the last two add a check byte. I2C at 0x38. Datasheets: AHT10 V1.1, AHT20 A0, DHT20 A0.
#include <iio/driver.hpp>

namespace iio::aht10 {
namespace {

constexpr std::array<std::uint8_t, 3> trigger_measurement{0xac, 0x33, 0x00};
constexpr unsigned busy = 1 << 7;       // of the status, the answer's first byte
constexpr unsigned calibrated = 1 << 3; // the part has loaded its calibration
constexpr std::size_t longest_answer = 7;
constexpr Crc8 check{};

struct Variant {
    std::array<std::uint8_t, 3> initialize;
    std::size_t answer_bytes; ///< 7: the last is a check
};
constexpr Variant aht10{{0xe1, 0x28, 0x00}, 6};
constexpr Variant aht20{{0xbe, 0x28, 0x00}, 7};
constexpr Variant dht20{{0x71, 0x28, 0x00}, 7};

constexpr auto start_up = 40ms;
constexpr auto initialization_time = 10ms;
constexpr auto measurement_time = 80ms;
constexpr int most_polls = 5;

constexpr std::array channel_list{
    Channel::in(ChannelType::temp).separate(Info::processed),
    Channel::in(ChannelType::humidityrelative).separate(Info::processed),
};

class Aht10 : public TableDriver {
public:
    explicit Aht10(const Hardware &hardware)
        : TableDriver{hardware, channel_list},
          client_{*hardware.i2c()},
          variant_{hardware.data<Variant>()}
    {
    }

    /// Errors: ENODEV: it has no calibration.
    Result<void> probe()
    {
        hardware().delay(start_up);
        IIO_TRY(client_.write(variant_.initialize));
        hardware().delay(initialization_time);
        return IIO_TRY(is_configured()) ? Result<void>{} : fail(ENODEV);
    }

    Result<bool> is_configured() const
    {
        std::array<std::uint8_t, 1> status{};
        const std::lock_guard lock{mutex_};
        IIO_TRY(client_.read(status));
        return (status.front() & calibrated) != 0;
    }

    /// 0 to 100 %, and -50 to 150 degrees Celsius, in 2^20 steps. kernel: Hwmon shows thousandths
    /// cut to two decimals of a degree and a percent; the parts give 20 bits.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::processed)
            return TableDriver::read_raw(channel, info);
        const auto answer = IIO_TRY(measure());
        if (channel.channel_type() == ChannelType::humidityrelative) {
            const auto raw = std::int64_t{big_endian(std::span{answer}.subspan(1, 3))} >> 4;
            return Int{static_cast<int>(raw * 10'000 >> 20) * 10};
        }
        const auto raw = std::int64_t{big_endian(std::span{answer}.subspan(3, 3))} & 0xf'ffff;
        return Int{static_cast<int>((raw * 20'000 >> 20) - 5'000) * 10};
    }

private:
    using Answer = std::array<std::uint8_t, longest_answer>;

    /// Errors: EIO: the check is wrong; ETIMEDOUT: the measurement does not end.
    Result<Answer> measure() const
    {
        const std::lock_guard lock{mutex_};
        IIO_TRY(client_.write(trigger_measurement));
        for (int polls = 0; polls < most_polls; ++polls) {
            hardware().delay(measurement_time);
            Answer answer{};
            IIO_TRY(client_.read(std::span{answer}.first(variant_.answer_bytes)));
            if (answer.front() & busy)
                continue;
            const bool checks =
                variant_.answer_bytes < longest_answer ||
                check.of(std::span{answer}.first(longest_answer - 1)) == answer.back();
            return checks ? Result<Answer>{answer} : fail(EIO);
        }
        return fail(ETIMEDOUT);
    }

    const I2cClient &client_;
    const Variant &variant_;
    mutable std::mutex mutex_; ///< a command and its answer
};

constexpr std::array<std::uint8_t, 1> addresses{0x38};

} // namespace

IIO_MODULE(aht10, Aht10, Part{.name = "aht10", .addresses = addresses, .data = aht10},
           Part{.name = "aht20", .addresses = addresses, .data = aht20},
           Part{.name = "dht20", .addresses = addresses, .data = dht20});

} // namespace iio::aht10
