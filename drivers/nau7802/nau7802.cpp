// SPDX-License-Identifier: MIT
//
// Nuvoton NAU7802: 24-bit converter for two bridges, such as load cells, with a gain and a
// rate. I2C at 0x2a. Datasheet: NAU7802 Rev 1.7.
//
// The part converts all the time, one input at a time.
#include <iio/driver.hpp>

namespace iio::nau7802 {
namespace {

enum : std::uint8_t { ADCO_B2 = 0x12, OTP_B1 = 0x15 };
constexpr Field RR{0x00, 1 << 0}; // PU_CTRL: reset
constexpr Field PUD{0x00, 1 << 1};
constexpr Field PUA{0x00, 1 << 2};
constexpr Field PUR{0x00, 1 << 3};   // the part is up
constexpr Field CS{0x00, 1 << 4};    // conversions start
constexpr Field CR{0x00, 1 << 5};    // a conversion is there
constexpr Field AVDDS{0x00, 1 << 7}; // AVDD comes from the part's regulator
constexpr Field GAINS{0x01, 7 << 0}; // 1 << code
constexpr Field VLDO{0x01, 7 << 3};  // 4.5 V, and 0.3 V less for each code
constexpr Field CRS{0x02, 7 << 4};
constexpr Field CHS{0x02, 1 << 7};
constexpr unsigned chopper_off = 0x30; // in OTP_B1

constexpr auto power_up_time = 1ms; // 200 us
constexpr int settling = 4;         // conversions after another input was chosen
constexpr int polls = 20;

constexpr Choices rates{
    .values = ints<10, 40, 80, 320>, .field = CRS, .codes = {0, 2, 3, 7}, .initial = 3}; // Hz
constexpr std::array intervals{100ms, 25ms, 13ms, 4ms};

constexpr Channel input(int number)
{
    return Channel::in(ChannelType::voltage, number)
        .separate(Info::raw)
        .by_type(Info::scale)
        .available(Shared::by_type, Info::scale)
        .unlisted(Info::sampling_frequency, rates, Shared::by_type);
}
constexpr std::array channel_list{input(0), input(1)};
constexpr std::array attribute_list{
    DeviceAttribute::constant("sampling_frequency_available", "10 40 80 320\n")};

constexpr Layout layout{.proof = {CS, 1}};

class Nau7802 : public RegisterDriver {
public:
    explicit Nau7802(const Hardware &hardware)
        : RegisterDriver{hardware, layout, channel_list, attribute_list},
          // kernel: Without the regulator's voltage `vldo` there is no scale. One of exactly the
          // default 3.3 V looks like one that is not given.
          millivolts_{hardware.supplies().microvolts("vldo") == Supplies::default_microvolts
                          ? 0
                          : hardware.supplies().microvolts("vldo") / 1000}
    {
        for (int gain = 0; gain < static_cast<int>(scales_.size()); ++gain)
            scales_[static_cast<std::size_t>(gain)] = IntPlusNano{
                0, static_cast<int>(std::int64_t{millivolts_} * 1'000'000'000 >> (23 + gain))};
    }

    // kernel: The file `name` shows the chip's bus and address, such as 1-0040, not the part.
    std::string_view name() const { return hardware().location(); }

    /// Errors: ENODEV: the part does not start; EINVAL: the regulator has no such voltage.
    Result<void> probe()
    {
        if (millivolts_ != 0 && (millivolts_ < 2400 || millivolts_ > 4500))
            return fail(EINVAL);
        IIO_TRY(registers().write(RR.reg, RR.place(1)));
        IIO_TRY(registers().write(RR.reg, PUD.place(1)));
        registers().forget();
        hardware().delay(power_up_time);
        if (IIO_TRY(registers().get(PUR)) == 0)
            return fail(ENODEV);
        const bool regulates = millivolts_ != 0;
        IIO_TRY(registers().poke(CS.reg, PUD.place(1) | PUA.place(1) | CS.place(1) |
                                             AVDDS.place(regulates)));
        IIO_TRY(registers().poke(OTP_B1, chopper_off));
        if (regulates)
            IIO_TRY(registers().set(VLDO, static_cast<unsigned>(4500 - millivolts_) / 300));
        return RegisterDriver::probe();
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::raw)
            return convert(static_cast<unsigned>(channel.channel));
        if (info != Info::scale)
            return RegisterDriver::read_raw(channel, info);
        const unsigned gain = IIO_TRY(registers().get(GAINS));
        return FractionalLog2{millivolts_, *Log2::make(static_cast<int>(23 + gain))};
    }
    Result<Available> read_avail(const Channel &, Info) const { return Available::list(scales_); }

    WriteFormat write_format(const Channel &channel, Info info) const
    {
        return info == Info::scale ? WriteFormat::plus_nano
                                   : RegisterDriver::write_format(channel, info);
    }
    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        if (info != Info::scale)
            return RegisterDriver::write_raw(channel, info, written);
        // kernel: Of a written scale only what stands behind the point counts.
        return registers().set(GAINS, IIO_TRY(find_value(scales_, {0, written.fraction})));
    }

private:
    /// Errors: ETIMEDOUT: the part does not convert.
    Result<Value> convert(unsigned number) const
    {
        const auto input = input_.lock();
        int left = 1;
        if (*input != number) {
            IIO_TRY(registers().set(CHS, number));
            IIO_TRY(registers().order({CS, 1})); // begins at once
            *input = number;
            left += settling;
        }
        int sample = 0;
        for (int poll = 0; left > 0; ++poll) {
            if (poll == polls)
                return fail(ETIMEDOUT);
            if (IIO_TRY(registers().get(CR)) == 0) {
                hardware().delay(intervals[chosen(rates)]);
                continue;
            }
            sample = sign_extend(static_cast<std::uint32_t>(
                                     static_cast<int>(IIO_TRY(registers().burst<BeU24>(ADCO_B2)))),
                                 24);
            --left;
        }
        return Int{sample};
    }

    const int millivolts_;
    std::array<Value, 8> scales_;
    static constexpr unsigned unknown = 2;
    Guarded<unsigned> input_{unknown}; ///< held while the part converts
};

constexpr Field revision{0x1f, 0xf};

} // namespace

IIO_MODULE(nau7802, Nau7802,
           Part{.name = "nau7802",
                .addresses = {0x2a},
                .supplies = {"vldo"},
                .recognised = {RegisterFormat{}, {revision, {0xf}}}});

} // namespace iio::nau7802
