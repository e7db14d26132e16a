// SPDX-License-Identifier: MIT
//
// Analog Devices LTC2632, LTC2634 and LTC2636: two, four or eight DACs of 8, 10 or 12 bits, with
// a reference of 2.5 V (-L) or 4.096 V (-H), or one at the pin REF. SPI.
// Datasheets: LTC2632, LTC2634, LTC2636.
//
// The parts are written only, by 24 bits: a command, the output, the code left-justified in 16.
#include <iio/driver.hpp>

namespace iio::ltc2632 {
namespace {

enum : unsigned { update = 1, write_and_update = 3, power_down = 4 }; // update powers up
enum : unsigned { internal_reference = 6, external_reference = 7 };
// The least voltage that a configuration takes says that the pin REF is not wired.
constexpr int not_wired_mv = 1;

constexpr std::array ext_infos{
    ExtInfo::text("powerdown", Shared::separate, ExtInfo::Access::read_write)};
constexpr Channel output(int number)
{
    return Channel::out(ChannelType::voltage, number)
        .separate(Info::raw)
        .by_type(Info::scale)
        .with_ext_info(ext_infos);
}
constexpr std::array two{output(0), output(1)};
constexpr auto four = join(two, output(2), output(3));
constexpr auto eight = join(four, output(4), output(5), output(6), output(7));

struct Variant {
    ChannelTable channels;
    int bits;
    int reference_mv; ///< its own
};
template <int outputs, int bits, int reference_mv>
constexpr Variant variant{outputs == 2   ? ChannelTable{two}
                          : outputs == 4 ? ChannelTable{four}
                                         : ChannelTable{eight},
                          bits, reference_mv};

class Ltc2632 : public TableDriver {
public:
    explicit Ltc2632(const Hardware &hardware)
        : TableDriver{hardware, hardware.data<Variant>().channels},
          variant_{hardware.data<Variant>()},
          external_mv_{hardware.supplies().microvolts("vref") / 1000}
    {
    }

    Result<void> probe()
    {
        return send(has_external() ? external_reference : internal_reference, 0, 0);
    }

    /// What an output has cannot be read.
    Result<Value> read_raw(const Channel &, Info info) const
    {
        if (info == Info::raw)
            return fail(EINVAL);
        return FractionalLog2{has_external() ? external_mv_ : variant_.reference_mv,
                              *Log2::make(variant_.bits)};
    }
    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        if (info != Info::raw || written.integer < 0 || written.integer >= 1 << variant_.bits)
            return fail(EINVAL);
        const auto outputs = outputs_.lock();
        return send(write_and_update, channel.channel, written.integer << (16 - variant_.bits));
    }

    // kernel: An output that is written to while it is powered down works, and still shows
    // powerdown 1. In Linux writing 0 powers it down once more; here it powers it up.
    Result<void> read_ext(const Channel &channel, const ExtInfo &, Text &text) const
    {
        text.line(*outputs_.lock() >> channel.channel & 1U);
        return {};
    }
    Result<std::size_t> write_ext(const Channel &channel, const ExtInfo &,
                                  std::string_view text) const
    {
        const bool off = IIO_TRY(parse_bool(text));
        const auto outputs = outputs_.lock();
        IIO_TRY(send(off ? power_down : update, channel.channel, 0));
        *outputs = (*outputs & ~(1U << channel.channel)) | unsigned{off} << channel.channel;
        return text.size();
    }

private:
    bool has_external() const { return external_mv_ > not_wired_mv; }
    Result<void> send(unsigned command, int number, int code) const
    {
        const unsigned word = command << 20 | static_cast<unsigned>(number << 16 | code);
        return hardware().spi()->write(big_endian_bytes<3>(word));
    }

    const Variant &variant_;
    const int external_mv_;
    Guarded<unsigned> outputs_{0U}; ///< those that are powered down, bit by bit
};

template <int outputs, int bits, int reference_mv> constexpr Part part(std::string_view name)
{
    return {.name = name,
            .spi = SpiSettings{.mode = 0, .speed_hz = 10'000'000},
            .supplies = {"vref"},
            .data = variant<outputs, bits, reference_mv>};
}
constexpr std::array parts{
    part<2, 12, 2500>("ltc2632-l12"), part<2, 10, 2500>("ltc2632-l10"),
    part<2, 8, 2500>("ltc2632-l8"),   part<2, 12, 4096>("ltc2632-h12"),
    part<2, 10, 4096>("ltc2632-h10"), part<2, 8, 4096>("ltc2632-h8"),
    part<4, 12, 2500>("ltc2634-l12"), part<4, 10, 2500>("ltc2634-l10"),
    part<4, 8, 2500>("ltc2634-l8"),   part<4, 12, 4096>("ltc2634-h12"),
    part<4, 10, 4096>("ltc2634-h10"), part<4, 8, 4096>("ltc2634-h8"),
    part<8, 12, 2500>("ltc2636-l12"), part<8, 10, 2500>("ltc2636-l10"),
    part<8, 8, 2500>("ltc2636-l8"),   part<8, 12, 4096>("ltc2636-h12"),
    part<8, 10, 4096>("ltc2636-h10"), part<8, 8, 4096>("ltc2636-h8"),
};

} // namespace

IIO_MODULE(ltc2632, Ltc2632, parts);

} // namespace iio::ltc2632
