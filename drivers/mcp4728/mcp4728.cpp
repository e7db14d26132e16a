// SPDX-License-Identifier: MIT
//
// Microchip MCP4728: four DACs of 12 bits, each with VDD or 2.048 V as its reference, that load
// their outputs from an EEPROM at power-up. I2C at 0x60 to 0x67. Datasheet: DS22187E.
//
// Messages have no register number. A write begins with its command; a read gives for each
// channel what its input register holds, then what its EEPROM holds, three bytes each.
#include <iio/driver.hpp>

namespace iio::mcp4728 {
namespace {

// Commands (table 5-1). The channel stands in bits 1 and 2 of the first byte.
constexpr unsigned multi_write = 0x40;      // a channel's input register
constexpr unsigned sequential_write = 0x50; // all of them, and the EEPROM

constexpr Field RDY{0, 1 << 7}; // the first byte of a read
// The word of a channel.
constexpr Field VREF{0, 1 << 15}; // 1: the internal reference
constexpr Field PD{0, 3 << 13};   // 0: on, else what pulls the output down
constexpr Field GX{0, 1 << 12};   // twice the internal reference
constexpr Field code{0, 0xfff};

// The EEPROM is written in 50 ms at most.
constexpr auto eeprom_poll_interval = 10ms;
constexpr int eeprom_polls = 6;

enum : std::uint32_t { powerdown, store_eeprom };

constexpr std::array modes{"1kohm_to_gnd", "100kohm_to_gnd", "500kohm_to_gnd"};
constexpr Choices pull_down{.codes = codes_from(1)};
constexpr std::array ext_infos{
    ExtInfo::text("powerdown", Shared::separate, ExtInfo::Access::read_write, powerdown),
    ExtInfo::choice("powerdown_mode", Shared::separate, modes, pull_down),
    ExtInfo::choice_available("powerdown_mode_available", Shared::by_type, modes),
    ExtInfo::text("store_eeprom", Shared::by_all, ExtInfo::Access::order, store_eeprom),
};
constexpr Channel output(int number)
{
    return Channel::out(ChannelType::voltage, number)
        .separate(Info::raw, Info::scale)
        .available(Shared::by_type, Info::scale)
        .with_ext_info(ext_infos);
}
constexpr std::array channel_list{output(0), output(1), output(2), output(3)};

/// The references and gains that there are, as bits of a channel's word.
constexpr std::array ranges{0U, VREF.place(1), VREF.place(1) | GX.place(1)};
/// kernel: The scale is computed of a supply in whole mV, and cut to millionths.
constexpr Value step_of(int millivolts)
{
    return IntPlusMicro::of(std::int64_t{millivolts} * 1'000'000 >> 12);
}

class Mcp4728 : public TableDriver {
public:
    explicit Mcp4728(const Hardware &hardware)
        : TableDriver{hardware, channel_list},
          steps_{step_of(hardware.supplies().microvolts("vdd") / 1000), step_of(2048),
                 step_of(4096)}
    {
    }

    /// Keeps the outputs as they are.
    Result<void> probe()
    {
        const auto held = IIO_TRY(hardware().i2c()->read<24>());
        const auto outputs = outputs_.lock();
        for (std::size_t i = 0; i < outputs->words.size(); ++i) {
            const unsigned word = big_endian(std::span{held}.subspan(6 * i + 1, 2));
            outputs->words[i] = word & ~PD.mask;
            // kernel: An output that is off at first shows powerdown 0. In Linux it shows the
            // `powerdown_mode` after its own; here it shows its own.
            if (const unsigned mode = PD.extract(word); mode != 0)
                remember(pull_down, channel_list[i], mode - 1);
        }
        return {};
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        const unsigned word = outputs_.lock()->words[number_of(channel)];
        if (info == Info::raw)
            return Int{static_cast<int>(code.extract(word))};
        return steps_[VREF.extract(word) + (VREF.extract(word) & GX.extract(word))];
    }
    Result<Available> read_avail(const Channel &, Info) const { return Available::list(steps_); }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        const auto outputs = outputs_.lock();
        unsigned &word = outputs->words[number_of(channel)];
        if (info == Info::raw) {
            const int wanted = IIO_TRY(written.within(0, static_cast<int>(code.mask)));
            word = (word & ~code.mask) | static_cast<unsigned>(wanted);
        } else {
            const unsigned range = ranges[IIO_TRY(find_value(steps_, written))];
            word = (word & ~(VREF.mask | GX.mask)) | range;
        }
        return put_out(*outputs, channel);
    }

    // kernel: Powering one output down or up does so with all of them, although the part could do
    // each alone.
    Result<void> read_ext(const Channel &, const ExtInfo &, Text &text) const
    {
        text += outputs_.lock()->powered_down ? "1\n" : "0\n";
        return {};
    }
    Result<std::size_t> write_ext(const Channel &, const ExtInfo &ext, std::string_view text) const
    {
        const bool on = IIO_TRY(parse_bool(text));
        const auto outputs = outputs_.lock();
        if (ext.id == store_eeprom) {
            if (!on)
                // kernel: Writing 0 to `store_eeprom` counts as 0 bytes written.
                return 0;
            IIO_TRY(store(*outputs));
            return text.size();
        }
        outputs->powered_down = on;
        for (const Channel &channel : channel_list)
            IIO_TRY(put_out(*outputs, channel));
        return text.size();
    }

private:
    struct Outputs {
        std::array<unsigned, 4> words{}; ///< without PD
        bool powered_down = false;
    };

    static std::size_t number_of(const Channel &channel)
    {
        return static_cast<std::size_t>(channel.channel);
    }
    [[nodiscard]] unsigned word_of(const Outputs &outputs, const Channel &channel) const
    {
        const unsigned mode = pull_down.code(chosen(pull_down, &channel));
        return outputs.words[number_of(channel)] | PD.place(outputs.powered_down ? mode : 0);
    }

    Result<void> put_out(const Outputs &outputs, const Channel &channel) const
    {
        const std::size_t command = multi_write | number_of(channel) << 1;
        return hardware().i2c()->write_be16(static_cast<std::uint8_t>(command),
                                            static_cast<std::uint16_t>(word_of(outputs, channel)));
    }

    /// Errors: EIO: the chip is still writing after its longest time.
    Result<void> store(const Outputs &outputs) const
    {
        std::array<std::uint8_t, 9> message{sequential_write};
        for (std::size_t i = 0; i < channel_list.size(); ++i) {
            const unsigned word = word_of(outputs, channel_list[i]);
            message[2 * i + 1] = static_cast<std::uint8_t>(word >> 8);
            message[2 * i + 2] = static_cast<std::uint8_t>(word);
        }
        IIO_TRY(hardware().i2c()->write(message));
        for (int poll = 0; poll < eeprom_polls; ++poll) {
            hardware().delay(eeprom_poll_interval);
            if (RDY.extract(IIO_TRY(hardware().i2c()->read<3>()).front()))
                return {};
        }
        return fail(EIO);
    }

    const std::array<Value, 3> steps_;
    Guarded<Outputs> outputs_;
};

} // namespace

IIO_MODULE(mcp4728, Mcp4728,
           Part{.name = "mcp4728",
                .addresses = {0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67},
                .supplies = {"vdd"}});

} // namespace iio::mcp4728
