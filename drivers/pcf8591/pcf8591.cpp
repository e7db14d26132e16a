// SPDX-License-Identifier: MIT
//
// NXP PCF8591: four voltages, 8 bits, and one that it puts out. I2C at 0x48 to 0x4f, by the pins
// A0 to A2. Datasheet: PCF8591, rev. 7.
#include <iio/driver.hpp>

namespace iio::pcf8591 {
namespace {

/// The control byte, which begins each message.
constexpr Field analog_output_enable{0, 1 << 6};
constexpr Field channel_number{0, 3 << 0};

constexpr int most_steps = 256;
// kernel: Hwmon counts 10 mV a step, whatever the reference. So does this driver where the
// configuration names no `vref`; else it counts of that.
constexpr int unnamed_reference_millivolts = 10 * most_steps;

constexpr Channel input(int number)
{
    return Channel::in(ChannelType::voltage, number).separate(Info::raw).by_type(Info::scale);
}
constexpr std::array channel_list{
    input(0), input(1), input(2), input(3),
    Channel::out(ChannelType::voltage, 0).separate(Info::raw).by_type(Info::scale)};

class Pcf8591 : public TableDriver {
public:
    explicit Pcf8591(const Hardware &hardware)
        : TableDriver{hardware, channel_list},
          client_{*hardware.i2c()},
          millivolts_{hardware.supplies().names("vref")
                          ? hardware.supplies().microvolts("vref") / 1000
                          : unnamed_reference_millivolts}
    {
    }

    Result<void> probe() { return put_out(*output_.lock(), 0); }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::scale)
            return FractionalLog2{millivolts_, 8};
        const auto output = output_.lock();
        return channel.is_output() ? Result<Value>{Int{*output}} : convert(channel.channel);
    }

    WriteFormat write_format(const Channel &, Info) const { return WriteFormat::integer; }
    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        if (info != Info::raw || !channel.is_output() || written.integer < 0 ||
            written.integer >= most_steps)
            return fail(EINVAL);
        return put_out(*output_.lock(), written.integer);
    }

private:
    Result<void> put_out(int &output, int value) const
    {
        IIO_TRY(client_.write(std::array{static_cast<std::uint8_t>(analog_output_enable.place(1)),
                                         static_cast<std::uint8_t>(value)}));
        output = value;
        return {};
    }
    /// What is read first was converted before: at the end of the last read.
    Result<Value> convert(int number) const
    {
        const unsigned control =
            analog_output_enable.place(1) | channel_number.place(static_cast<unsigned>(number));
        std::array<std::uint8_t, 2> bytes{};
        IIO_TRY(client_.write(std::array{static_cast<std::uint8_t>(control)}));
        IIO_TRY(client_.read(bytes));
        return Int{bytes[1]};
    }

    const I2cClient &client_;
    const int millivolts_;
    Guarded<int> output_{0}; ///< held during a conversion
};

} // namespace

IIO_MODULE(pcf8591, Pcf8591,
           Part{.name = "pcf8591",
                .addresses = {0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f},
                .supplies = {"vref"},
                .recognised = Untold{"a byte that is written to it is its control byte"}});

} // namespace iio::pcf8591
