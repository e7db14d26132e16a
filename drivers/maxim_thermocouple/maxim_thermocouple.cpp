// SPDX-License-Identifier: MIT
//
// Maxim MAX6675 (type K) and MAX31855 (one type for each suffix): thermocouple to digital
// converters on SPI. Datasheets: 19-2235 (MAX6675), 19-5793 (MAX31855).
//
// The parts convert while the chip select is high, a MAX6675 for 220 ms at most, a MAX31855
// for 100 ms. A read stops a conversion, so that faster reads give the last result again.
#include <iio/driver.hpp>

namespace iio::maxim_thermocouple {
namespace {

struct Variant {
    ChannelTable channels;
    std::size_t bytes;  ///< of a frame
    std::uint32_t open; ///< in a frame: no thermocouple, or a short circuit
};

constexpr Value quarter_degree = Int{250};
constexpr Value sixteenth_of_degree = IntPlusMicro{62, 500'000};
constexpr Value type_k = Char{'K'};
constexpr Value any_type = Char{'?'};

/// A channel's address is the place of its word in the frame.
constexpr Channel thermocouple(const ScanType &sample, const Value &type)
{
    return Channel::in(ChannelType::temp)
        .at(0)
        .direct_raw()
        .constant(Info::scale, quarter_degree)
        .constant(Info::thermocouple_type, type)
        .scan(0, sample);
}
constexpr auto cold_junction = Channel::in(ChannelType::temp)
                                   .modifier(Modifier::temp_ambient)
                                   .at(2)
                                   .direct_raw()
                                   .constant(Info::scale, sixteenth_of_degree)
                                   .scan(1, ScanType::of_signed(12, 16, 4, Endian::big));

constexpr std::array max6675_channels{
    thermocouple(ScanType::of_signed(13, 16, 3, Endian::big), type_k),
    Channel::timestamp(1),
};
template <const Value &type>
constexpr std::array max31855_channels{
    thermocouple(ScanType::of_signed(14, 16, 2, Endian::big), type),
    cold_junction,
    Channel::timestamp(2),
};

constexpr Variant max6675{max6675_channels, 2, 1 << 2};
template <const Value &type> constexpr Variant max31855{max31855_channels<type>, 4, 1 << 16};

class MaximThermocouple : public TableDriver {
public:
    explicit MaximThermocouple(const Hardware &hardware)
        : TableDriver{hardware, hardware.data<Variant>().channels},
          variant_{hardware.data<Variant>()}
    {
    }

    // kernel: The file `name` shows the driver's name, not the part.
    std::string_view name() const { return "maxim_thermocouple"; }

    /// No part can be recognised, and there is nothing to configure.
    Result<void> probe() { return {}; }
    Result<bool> is_configured() const { return true; }

    /// kernel: A read is EINVAL while the thermocouple is open, that of the cold junction as well,
    /// which the part still gives.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::raw)
            return TableDriver::read_raw(channel, info);
        const auto frame = IIO_TRY(read_frame());
        if (big_endian(std::span{frame}.first(variant_.bytes)) & variant_.open)
            return fail(EINVAL);
        return Int{sample_of(channel.scan_type, word_of(channel, frame))};
    }

    // kernel: The buffer holds the part's words as they are, with the bits that report faults.
    Result<void> scan(Scan &scan) const
    {
        const auto frame = IIO_TRY(read_frame());
        for (const Channel &channel : channels()) {
            if (channel.channel_type() == ChannelType::temp)
                scan.put(channel, word_of(channel, frame));
        }
        return {};
    }

private:
    using Frame = std::array<std::uint8_t, 4>;

    Result<Frame> read_frame() const
    {
        Frame frame{};
        const std::array<SpiTransfer, 1> read{{{.in = std::span{frame}.first(variant_.bytes)}}};
        IIO_TRY(hardware().spi()->transfer(read));
        return frame;
    }
    static std::span<const std::uint8_t> word_of(const Channel &channel, const Frame &frame)
    {
        return std::span{frame}.subspan(channel.index(), 2);
    }

    const Variant &variant_;
};

constexpr Part make_part(std::string_view name, std::uint32_t speed_hz, const PartData &data)
{
    return {.name = name, .spi = SpiSettings{.mode = 0, .speed_hz = speed_hz}, .data = data};
}

} // namespace

IIO_MODULE(maxim_thermocouple, MaximThermocouple, make_part("max6675", 4'300'000, max6675),
           make_part("max31855", 5'000'000, max31855<any_type>),
           make_part("max31855k", 5'000'000, max31855<type_k>));

} // namespace iio::maxim_thermocouple
