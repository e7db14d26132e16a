// SPDX-License-Identifier: MIT
//
// TE Connectivity TSYS01: temperature on command, 24 bits, with a polynomial in a PROM. I2C
// at 0x77 or 0x76, by CSB. Datasheet: TSYS01-FAMILY, 09/2017.
#include <iio/driver.hpp>

namespace iio::tsys01 {
namespace {

enum : std::uint8_t {
    ADC_READ = 0x00,
    RESET = 0x1e,
    START_CONVERSION = 0x48,
    PROM_READ = 0xa0, // + 2 for each word
};
constexpr auto reload_time = 3ms; // of the PROM after a reset: 2.8 ms
constexpr auto conversion_time = 9040us;

constexpr std::array channel_list{Channel::in(ChannelType::temp).separate(Info::processed)};
constexpr Layout layout{};

class Tsys01 : public RegisterDriver {
public:
    explicit Tsys01(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}

    /// Errors: ENODEV: the bytes of the PROM do not add up to 0 modulo 256.
    Result<void> probe()
    {
        IIO_TRY(registers().write_burst(RESET, {}));
        hardware().delay(reload_time);
        unsigned sum = 0;
        for (std::size_t i = 0; i < prom_.size(); ++i) {
            prom_[i] = IIO_TRY(registers().burst<BeU16>(static_cast<unsigned>(PROM_READ + 2 * i)));
            sum += static_cast<unsigned>(prom_[i] / 256 + prom_[i] % 256);
        }
        return sum % 256 == 0 ? Result<void>{} : fail(ENODEV);
    }

    /// Errors: EIO, too: the part has not converted.
    Result<Value> read_raw(const Channel &, Info) const
    {
        const std::lock_guard lock{converting_};
        IIO_TRY(registers().write_burst(START_CONVERSION, {}));
        hardware().delay(conversion_time);
        const int adc = IIO_TRY(registers().burst<BeU24>(ADC_READ));
        return adc == 0 ? Result<Value>{fail(EIO)} : Int{millidegrees(adc >> 8)};
    }

private:
    /// "Temperature polynomial" (page 9): -2 k4 10^-21 x^4 + 4 k3 10^-16 x^3 - 2 k2 10^-11 x^2 +
    /// k1 10^-6 x - 1.5 k0 10^-2, here in 10^-7 degrees and x in 10^5.
    int millidegrees(std::int64_t adc16) const
    {
        static constexpr std::array<std::int64_t, 5> factors{-2'000'000, 4'000'000, -2'000'000,
                                                             1'000'000, -150'000};
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < factors.size(); ++i) // prom_[1] is k4
            sum = sum * adc16 / 100'000 + factors[i] * prom_[i + 1];
        return static_cast<int>(sum / 10'000);
    }

    std::array<int, 8> prom_{};
    mutable std::mutex converting_; ///< the part holds the last conversion's result
};

} // namespace

IIO_MODULE(tsys01, Tsys01, Part{.name = "tsys01", .addresses = {0x76, 0x77}});

} // namespace iio::tsys01
