// SPDX-License-Identifier: MIT
//
// Barometer: what Bosch's pressure sensors have in common. One measurement gives all
// quantities, in the steps of their scales.
#pragma once

#include <iio/driver.hpp>
#include <iio/driver/wrapping.hpp>

namespace iio::bmp280 {

/// The quantities by their places in a scan.
enum Quantity : std::uint8_t { pressure, temperature, humidity };
using Measurement = std::array<int, 3>;

constexpr Value millidegrees = Fractional{10, 1}; // in a step of the newer parts

/// The scale is a Fractional.
constexpr Channel quantity(ChannelType type, Quantity place, const Value &scale,
                           const Choices &oversampling_ratios)
{
    constexpr auto as_signed = ScanType::of_signed(32, 32, 0, Endian::little);
    constexpr auto as_unsigned = ScanType::of_unsigned(32, 32, 0, Endian::little);
    return Channel::in(type)
        .separate(Info::raw, Info::processed)
        .constant(Info::scale, scale)
        .unlisted(Info::oversampling_ratio, oversampling_ratios, Shared::separate)
        .scan(place, place == temperature ? as_signed : as_unsigned);
}

class Barometer : public RegisterDriver {
public:
    using RegisterDriver::RegisterDriver;

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::raw && info != Info::processed)
            return RegisterDriver::read_raw(channel, info);
        const auto measured = IIO_TRY(measure(scan_bit(channel.scan_index)));
        const int raw = measured[static_cast<std::size_t>(channel.scan_index)];
        if (info == Info::raw)
            return Int{raw};
        const auto &scale = std::get<Fractional>(*channel.constant_of(Info::scale));
        return Fractional{static_cast<int>(Wrapping<std::int32_t>{raw} * scale.numerator),
                          scale.denominator};
    }

    // kernel: A scan of the buffer measures all quantities, those that nobody enabled as well, and
    // fails if one of them does.
    Result<void> scan(Scan &scan) const
    {
        const auto quantities = channels().first(channels().size() - 1);
        scan.put_numbers(quantities, IIO_TRY(measure((ScanMask{1} << quantities.size()) - 1)));
        return {};
    }

protected:
    /// Measures at least the wanted quantities.
    [[nodiscard]] virtual Result<Measurement> measure(ScanMask wanted) const = 0;

    /// The result where a part that measures by itself gave no reading. If it sleeps, it was
    /// reset: the core configures it again and repeats the read.
    /// Errors: EIO: it has not measured yet.
    [[nodiscard]] Result<Measurement> no_reading() const
    {
        if (!IIO_TRY(is_configured()))
            host().doubt();
        return fail(EIO);
    }
};

} // namespace iio::bmp280
