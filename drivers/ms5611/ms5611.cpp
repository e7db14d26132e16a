// SPDX-License-Identifier: MIT
//
// TE Connectivity MS5607 and MS5611, MS5637, MS5803, MS5805, MS5837 and the pressure half of
// the MS8607: pressure and temperature on command, 24 bits each, with coefficients in a
// PROM. I2C at 0x76 or 0x77, by CSB; the first two on SPI as well.
// Datasheets: MS5607-02BA03, MS5611-01BA03, MS5637-02BA03.
#include <algorithm>
#include <iio/driver.hpp>

namespace iio::ms5611 {
namespace {

enum : std::uint8_t {
    ADC_READ = 0x00,
    RESET = 0x1e,
    CONVERT_D1 = 0x40, // pressure; + 2 for each step of oversampling
    CONVERT_D2 = 0x50, // temperature
    PROM_READ = 0xa0,  // + 2 for each word
};
constexpr auto reload_time = 3ms; // of the PROM after a reset: 2.8 ms
// The longest conversions, by oversampling ratios of 256, 512 … 8192.
constexpr std::array conversion_time{600us, 1170us, 2280us, 4540us, 9040us, 18080us};

/// The second order temperature compensation, in sixteenths.
struct SecondOrder {
    int T2_cold; ///< 1 / 2^33
    int OFF2_cold, SENS2_cold;
    int OFF2_very_cold, SENS2_very_cold;
    int T2_warm; ///< 1 / 2^38
};
struct Variant {
    ChannelTable channels;
    std::size_t prom_words; ///< 8: the check is in the last one; 7: in the first
    int doubled;            ///< OFF and SENS are twice (1) those of the MS5611
    SecondOrder second_order;
};

constexpr auto sample = ScanType::of_signed(32, 32);
constexpr Value kilopascals = IntPlusMicro{0, 1'000};
constexpr Value millidegrees = Int{10};
constexpr Choices ratios{.values = ints<256, 512, 1024, 2048, 4096>, .initial = 4};
// kernel: `sampling_frequency` of the MS5637 and its relatives chooses the oversampling, of which
// it is the highest rate.
constexpr Choices rates{.values = ints<960, 480, 240, 120, 60, 30>, .initial = 5};
constexpr Choices ms5803_rates{.values = ints<960, 480, 240, 120, 60>, .initial = 4};

constexpr Channel pressure = Channel::in(ChannelType::pressure).separate(Info::processed);
constexpr Channel temperature = Channel::in(ChannelType::temp).separate(Info::processed);

constexpr Channel oversampled(const Channel &channel)
{
    return channel.setting(Info::oversampling_ratio, ratios, Shared::separate, Shared::by_all);
}
constexpr std::array ms5611_channels{
    oversampled(pressure).constant(Info::scale, kilopascals).scan(0, sample),
    oversampled(temperature).constant(Info::scale, millidegrees).scan(1, sample),
    Channel::timestamp(2),
};
constexpr std::array ms5637_channels{
    pressure.setting(Info::sampling_frequency, rates, Shared::by_all), temperature};
constexpr std::array ms5803_channels{
    pressure.setting(Info::sampling_frequency, ms5803_rates, Shared::by_all), temperature};

constexpr Variant ms5607{ms5611_channels, 8, 1, {4, 61, 32, 240, 128, 0}};
constexpr Variant ms5611{ms5611_channels, 8, 0, {4, 40, 20, 112, 88, 0}};
// kernel: The second-order compensation of the MS5803, MS5805, MS5837 and MS8607 is that of the
// MS5637.
constexpr SecondOrder ms5637_second_order{3, 61, 29, 272, 144, 5};
constexpr Variant ms5637{ms5637_channels, 7, 1, ms5637_second_order};
constexpr Variant ms5803{ms5803_channels, 8, 1, ms5637_second_order};

constexpr Layout layout{.format = {.read_flag = 0}}; // commands, on SPI the same as on I2C

/// The PROM's check: of its words without the check itself. 7 words count as 8.
constexpr unsigned crc4(const std::array<unsigned, 8> &words)
{
    unsigned remainder = 0;
    for (const unsigned word : words) {
        for (const unsigned byte : {word >> 8, word & 0xff}) {
            remainder ^= byte;
            for (int bit = 0; bit < 8; ++bit)
                remainder =
                    (remainder & 0x8000 ? remainder << 1 ^ 0x3000 : remainder << 1) & 0xffff;
        }
    }
    return remainder >> 12;
}

struct Measurement {
    int pressure;    ///< Pa
    int temperature; ///< 0.01 degrees Celsius
};

class Ms5611 : public RegisterDriver {
public:
    explicit Ms5611(const Hardware &hardware)
        : RegisterDriver{hardware, layout, hardware.data<Variant>().channels},
          variant_{hardware.data<Variant>()}
    {
    }

    /// Errors: ENODEV: the PROM's check is wrong, or it is empty.
    Result<void> probe()
    {
        IIO_TRY(registers().write_burst(RESET, {}));
        hardware().delay(reload_time);
        std::array<unsigned, 8> words{};
        for (std::size_t i = 0; i < variant_.prom_words; ++i)
            words[i] = static_cast<unsigned>(
                int{IIO_TRY(registers().burst<BeU16>(static_cast<unsigned>(PROM_READ + 2 * i)))});
        std::ranges::copy(words, C_.begin());
        const bool is_last = variant_.prom_words == 8;
        const unsigned check = is_last ? words[7] & 0xf : words[0] >> 12;
        is_last ? words[7] &= 0xff00 : words[0] &= 0x0fff;
        // A bus without a part reads 0, which checks.
        const bool is_empty = std::ranges::all_of(words, [](unsigned word) { return word == 0; });
        return is_empty || crc4(words) != check ? fail(ENODEV) : Result<void>{};
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::processed)
            return RegisterDriver::read_raw(channel, info);
        const auto measured = IIO_TRY(measure());
        if (channel.channel_type() == ChannelType::temp)
            return Int{measured.temperature * 10};
        return IntPlusMicro{measured.pressure / 1000, measured.pressure % 1000 * 1000};
    }

    Result<void> scan(Scan &scan) const
    {
        const auto measured = IIO_TRY(measure());
        scan.put(ms5611_channels[0], measured.pressure);
        scan.put(ms5611_channels[1], measured.temperature);
        return {};
    }

private:
    bool has_rates() const { return variant_.channels.data() != ms5611_channels.data(); }
    unsigned oversampling(const Channel &channel) const
    {
        if (!has_rates())
            return chosen(ratios, &channel);
        return chosen(*channels().front().setting_of(Info::sampling_frequency));
    }

    Result<Measurement> measure() const
    {
        const auto quantities = channels();
        const std::lock_guard lock{converting_};
        const auto D2 = IIO_TRY(convert(CONVERT_D2, oversampling(quantities[1])));
        const auto D1 = IIO_TRY(convert(CONVERT_D1, oversampling(quantities[0])));
        return compensate(D1, D2);
    }

    /// kernel: Linux computes with a result of 0 as with any other.
    /// Errors: EIO: the part has not converted.
    Result<std::int64_t> convert(unsigned command, unsigned ratio) const
    {
        IIO_TRY(registers().write_burst(command + 2 * ratio, {}));
        hardware().delay(conversion_time[ratio]);
        const int adc = IIO_TRY(registers().burst<BeU24>(ADC_READ));
        return adc == 0 ? Result<std::int64_t>{fail(EIO)} : adc;
    }

    /// "Pressure and temperature calculation" and "second order temperature compensation".
    Measurement compensate(std::int64_t D1, std::int64_t D2) const
    {
        const auto &order = variant_.second_order;
        const int twice = variant_.doubled;
        const auto dT = D2 - (C_[5] << 8);
        auto TEMP = 2000 + (dT * C_[6] >> 23);
        auto OFF = (C_[2] << (16 + twice)) + (C_[4] * dT >> (7 - twice));
        auto SENS = (C_[1] << (15 + twice)) + (C_[3] * dT >> (8 - twice));
        const auto below_20 = (TEMP - 2000) * (TEMP - 2000);
        const auto below_minus_15 = (TEMP + 1500) * (TEMP + 1500);
        const bool is_very_cold = TEMP < -1500;
        if (TEMP >= 2000) {
            TEMP -= order.T2_warm * dT * dT >> 38;
        } else {
            TEMP -= order.T2_cold * dT * dT >> 33;
            OFF -= order.OFF2_cold * below_20 >> 4;
            SENS -= order.SENS2_cold * below_20 >> 4;
        }
        if (is_very_cold) {
            OFF -= order.OFF2_very_cold * below_minus_15 >> 4;
            SENS -= order.SENS2_very_cold * below_minus_15 >> 4;
        }
        return {static_cast<int>(((D1 * SENS >> 21) - OFF) >> 15), static_cast<int>(TEMP)};
    }

    const Variant &variant_;
    std::array<std::int64_t, 8> C_{};
    mutable std::mutex converting_; ///< the part holds the last conversion's result
};

constexpr std::array<std::uint8_t, 2> addresses{0x76, 0x77};
constexpr SpiSettings spi{.mode = 0, .speed_hz = 20'000'000};

} // namespace

IIO_MODULE(ms5611, Ms5611,
           Part{.name = "ms5607", .addresses = addresses, .spi = spi, .data = ms5607},
           Part{.name = "ms5611", .addresses = addresses, .spi = spi, .data = ms5611},
           Part{.name = "ms5637", .addresses = {0x76}, .data = ms5637},
           Part{.name = "ms5803", .addresses = addresses, .data = ms5803},
           Part{.name = "ms5805", .addresses = {0x76}, .data = ms5637},
           Part{.name = "ms5837", .addresses = {0x76}, .data = ms5637},
           Part{.name = "ms8607-temppressure", .addresses = {0x76}, .data = ms5637});

} // namespace iio::ms5611
