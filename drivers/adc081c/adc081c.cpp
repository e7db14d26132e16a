// SPDX-License-Identifier: MIT
//
// TI ADC081C021, ADC101C021 and ADC121C021 (and their ..C027): one input of 8, 10 or 12 bits,
// converted whenever it is read. I2C at 0x50 to 0x59, by the pins ADR.
// Datasheets: SNAS447, SNAS446, SNAS415.
#include <iio/driver.hpp>

namespace iio::adc081c {
namespace {

constexpr std::uint8_t Conversion_Result = 0x00; // the code, left-justified below four bits
constexpr unsigned code = 0x0fff;

template <std::uint8_t bits>
constexpr std::array channel_list{
    Channel::in(ChannelType::voltage)
        .separate(Info::raw, Info::scale)
        .scan(0, ScanType::of_unsigned(bits, 16, 12 - bits)),
    Channel::timestamp(1),
};
struct Variant {
    ChannelTable channels;
};
constexpr Variant adc081c{channel_list<8>};
constexpr Variant adc101c{channel_list<10>};
constexpr Variant adc121c{channel_list<12>};

class Adc081c : public TableDriver {
public:
    explicit Adc081c(const Hardware &hardware)
        : TableDriver{hardware, hardware.data<Variant>().channels},
          registers_{hardware, {.word_bytes = 2}}
    {
    }

    // kernel: The file `name` shows the chip's bus and address, such as 1-0040, not the part.
    std::string_view name() const { return hardware().location(); }

    /// It has no identification, and needs no setup.
    Result<void> probe() { return {}; }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::raw) {
            const unsigned word = IIO_TRY(registers_.read(Conversion_Result));
            return Int{static_cast<int>((word & code) >> channel.scan_type.shift)};
        }
        return hardware().supplies().step("vref", channel.scan_type.realbits);
    }

    Result<void> scan(Scan &scan) const
    {
        scan.put(channels().front(), IIO_TRY(registers_.read(Conversion_Result)));
        return {};
    }

private:
    const Registers registers_;
};

constexpr std::array<std::uint8_t, 8> addresses{0x50, 0x51, 0x52, 0x54, 0x55, 0x56, 0x58, 0x59};

} // namespace

IIO_MODULE(adc081c, Adc081c,
           Part{.name = "adc081c", .addresses = addresses, .supplies = {"vref"}, .data = adc081c},
           Part{.name = "adc101c", .addresses = addresses, .supplies = {"vref"}, .data = adc101c},
           Part{.name = "adc121c", .addresses = addresses, .supplies = {"vref"}, .data = adc121c});

} // namespace iio::adc081c
