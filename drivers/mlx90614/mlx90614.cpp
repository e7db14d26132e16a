// SPDX-License-Identifier: MIT
//
// Melexis MLX90614: temperature of the part and, by infrared, of an object. SMBus at 0x5a.
// Settings are cells of an EEPROM. Datasheet: 3901090614, section 8.4.6.
#include <algorithm>
#include <iio/driver.hpp>

namespace iio::mlx90614 {
namespace {

enum : std::uint8_t {
    TA = 0x06, // RAM
    TOBJ1 = 0x07,
    Emissivity = 0x24, // EEPROM
    ConfigRegister1 = 0x25,
};
constexpr Field IIR{ConfigRegister1, 7 << 0};
constexpr unsigned error_flag = 0x8000; // of the temperatures
constexpr int emissivity_of_1 = 0xffff;
constexpr std::int64_t billion = 1'000'000'000;

constexpr std::uint8_t address = 0x5a;
constexpr Crc8 pec{.polynomial = 0x07, .initial = 0}; // of a whole message, its address too
constexpr auto cell_time = 10ms;                      // an erasure or a write: 5 ms, typical

// 0.02 K a step.
constexpr Value millikelvins = Int{20};
constexpr Value kelvin_offset = IntPlusMicro{-13'657, 500'000};
constexpr Choices cut_offs{
    .values = micros<150'000, 200'000, 310'000, 770'000, 860'000, 1'100'000, 1'530'000, 7'230'000>,
    .field = IIR,
    .codes = {3, 2, 1, 0, 7, 6, 5, 4},
    .kept = true}; // as the EEPROM has it

constexpr Channel temperature(Modifier of, std::uint8_t reg)
{
    return Channel::in(ChannelType::temp)
        .modifier(of)
        .at(reg)
        .separate(Info::raw)
        .constant(Info::scale, millikelvins, Shared::by_type)
        .constant(Info::offset, kelvin_offset, Shared::by_type);
}
constexpr std::array channel_list{
    temperature(Modifier::temp_ambient, TA),
    temperature(Modifier::temp_object, TOBJ1)
        .separate(Info::calibemissivity)
        .setting(Info::low_pass_filter_3db_frequency, cut_offs, Shared::separate),
};
constexpr Layout layout{.format = {.word_bytes = 2, .order = Endian::little}};

class Mlx90614 : public RegisterDriver {
public:
    explicit Mlx90614(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}

    /// Errors: EIO: the part says that a temperature is wrong.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::raw) {
            const auto raw = IIO_TRY(registers().read(static_cast<unsigned>(channel.address)));
            return raw & error_flag ? Result<Value>{fail(EIO)} : Int{static_cast<int>(raw)};
        }
        if (info == Info::calibemissivity) {
            const auto cell = std::int64_t{IIO_TRY(registers().read(Emissivity))};
            const auto billionths = cell * billion / emissivity_of_1;
            return IntPlusNano{static_cast<int>(billionths / billion),
                               static_cast<int>(billionths % billion)};
        }
        return RegisterDriver::read_raw(channel, info);
    }

    WriteFormat write_format(const Channel &channel, Info info) const
    {
        return info == Info::calibemissivity ? WriteFormat::plus_nano
                                             : RegisterDriver::write_format(channel, info);
    }

    // kernel: A written emissivity below 1 overflows 32 bits and is stored as 0, 1, 0xfffe or
    // 0xffff, where the datasheet has fraction * 65535.
    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        if (info != Info::calibemissivity)
            return RegisterDriver::write_raw(channel, info, written);
        if (written.integer < 0 || written.fraction < 0 || written.integer > 1 ||
            (written.integer == 1 && written.fraction != 0))
            return fail(EINVAL);
        const auto product =
            static_cast<std::int32_t>(std::int64_t{written.fraction} * emissivity_of_1);
        const auto cell = written.integer * emissivity_of_1 + product / static_cast<int>(billion);
        const std::lock_guard lock{writing_};
        return write_cell(Emissivity, static_cast<unsigned>(cell));
    }

    Result<void> choose(const Choices &setting, const Channel &channel,
                        unsigned index) const override
    {
        return choose_by(setting, channel, index, [&](unsigned code) -> Result<void> {
            const std::lock_guard lock{writing_};
            const unsigned word = IIO_TRY(registers().read(IIR.reg));
            return write_cell(IIR.reg, (word & ~IIR.mask) | IIR.place(code));
        });
    }

private:
    /// A cell is erased before it is written.
    Result<void> write_cell(unsigned cell, unsigned word) const
    {
        const unsigned before = IIO_TRY(registers().read(cell));
        IIO_TRY(write_erased(cell, 0));
        const auto written = write_erased(cell, word);
        if (!written) // it was erased, and only the cell knew its word
            (void)write_erased(cell, before);
        return written;
    }
    Result<void> write_erased(unsigned cell, unsigned word) const
    {
        const std::array<std::uint8_t, 4> message{address << 1, static_cast<std::uint8_t>(cell),
                                                  static_cast<std::uint8_t>(word),
                                                  static_cast<std::uint8_t>(word >> 8)};
        const std::array<std::uint8_t, 3> bytes{message[2], message[3], pec.of(message)};
        IIO_TRY(registers().write_burst(cell, bytes));
        hardware().delay(cell_time);
        return {};
    }

    mutable std::mutex writing_;
};

} // namespace

IIO_MODULE(mlx90614, Mlx90614, Part{.name = "mlx90614", .addresses = {address}});

} // namespace iio::mlx90614
