// SPDX-License-Identifier: MIT
//
// Microchip MCP4725 and MCP4726: 12-bit DACs that load their output from an EEPROM at
// power-up. I2C at 0x60 to 0x67.
// Datasheets: DS22039D (MCP4725), DS22272C (MCP4706/4716/4726).
//
// Messages have no register number. A write begins with its command, a read
// gives status, DAC register, and what the EEPROM holds.
#include <iio/driver.hpp>

namespace iio::mcp4725 {
namespace {

// Commands. The first is two bytes: 0, 0, PD1, PD0 and the code. The others are
// three: the command with the configuration below, and the code left-justified.
constexpr unsigned WRITE_DAC = 0x00;
constexpr unsigned WRITE_MEMORY = 0x40;     // DAC register and configuration
constexpr unsigned WRITE_ALL_MEMORY = 0x60; // these and the EEPROM

// Configuration, in the first byte written and read. The MCP4725 has PD only.
constexpr Field RDY{0, 1 << 7};
constexpr Field VREF{0, 3 << 3}; // 0: VDD, 2: the pin, not buffered
constexpr Field PD{0, 3 << 1};   // 0: on, else what pulls the output down
constexpr Field G{0, 1 << 0};    // twice the reference

// The EEPROM is written in 50 ms at most (section 1 of both).
constexpr auto eeprom_poll_interval = 10ms;
constexpr int eeprom_polls = 6;

enum : std::uint32_t { powerdown, store_eeprom };

constexpr std::array mcp4725_modes{"1kohm_to_gnd", "100kohm_to_gnd", "500kohm_to_gnd"};
constexpr std::array mcp4726_modes{"1kohm_to_gnd", "125kohm_to_gnd", "640kohm_to_gnd"};
constexpr Choices pull_down{.codes = codes_from(1), .initial = 2};

template <const auto &modes>
constexpr std::array ext_infos{
    ExtInfo::text("powerdown", Shared::separate, ExtInfo::Access::read_write, powerdown),
    ExtInfo::choice("powerdown_mode", Shared::separate, modes, pull_down),
    ExtInfo::choice_available("powerdown_mode_available", Shared::by_type, modes),
    ExtInfo::text("store_eeprom", Shared::by_all, ExtInfo::Access::order, store_eeprom)};
template <const auto &modes>
constexpr std::array channel_list{Channel::out(ChannelType::voltage, 0)
                                      .separate(Info::raw)
                                      .by_type(Info::scale)
                                      .with_ext_info(ext_infos<modes>)};

struct Variant {
    ChannelTable channels;
    unsigned reference_bits; ///< of the configuration; 0: VDD is the reference
};
constexpr Variant mcp4725{channel_list<mcp4725_modes>, 0};
constexpr Variant mcp4726{channel_list<mcp4726_modes>, VREF.mask | G.mask};

class Mcp4725 : public TableDriver {
public:
    explicit Mcp4725(const Hardware &hardware)
        : TableDriver{hardware, hardware.data<Variant>().channels}
    {
    }

    /// Keeps the output as it is, and sets only the reference.
    Result<void> probe()
    {
        // Configuration, code, and an MCP4726's configuration in the EEPROM.
        const auto held = IIO_TRY(hardware().i2c()->read<4>());
        const auto output = output_.lock();
        output->code = output->shown_code = held[1] << 4 | held[2] >> 4;
        output->power_down = PD.extract(held[0]);
        if (output->power_down != 0)
            remember(pull_down, channels().front(), output->power_down - 1);
        const unsigned wanted = configuration(*output);
        const unsigned differs = (held[0] ^ wanted) | (held[3] ^ wanted);
        if (differs & hardware().data<Variant>().reference_bits)
            return write_memory(WRITE_MEMORY, *output);
        return {};
    }

    // kernel: The scale is computed of a reference in whole mV.
    Result<Value> read_raw(const Channel &, Info info) const
    {
        if (info == Info::raw)
            return Int{output_.lock()->shown_code};
        return hardware().supplies().step(uses_pin() ? "vref" : "vdd", 12);
    }

    // kernel: After a write that is refused with EINVAL, `out_voltage0_raw` shows its low 16 bits.
    // The part does not get them.
    Result<void> write_raw(const Channel &, Info info, Written written) const
    {
        if (info != Info::raw)
            return fail(EINVAL);
        const auto output = output_.lock();
        output->shown_code = static_cast<std::uint16_t>(written.integer);
        output->code = IIO_TRY(written.within(0, 0xfff));
        return put_out(*output);
    }

    Result<void> read_ext(const Channel &, const ExtInfo &, Text &text) const
    {
        text += output_.lock()->power_down != 0 ? "1\n" : "0\n";
        return {};
    }

    Result<std::size_t> write_ext(const Channel &, const ExtInfo &ext, std::string_view text) const
    {
        const bool on = IIO_TRY(parse_bool(text));
        const auto output = output_.lock();
        if (ext.id == store_eeprom) {
            IIO_TRY(on ? store(*output) : Result<void>{});
            // kernel: Writing 0 to `store_eeprom` counts as 0 bytes written.
            return on ? text.size() : 0;
        }
        output->power_down = on ? pull_down.code(chosen(pull_down)) : 0;
        IIO_TRY(put_out(*output));
        return text.size();
    }

    Result<void> write_enum(const Channel &channel, const ExtInfo &ext, unsigned item) const
    {
        const auto output = output_.lock();
        IIO_TRY(TableDriver::write_enum(channel, ext, item));
        if (output->power_down == 0)
            return {};
        output->power_down = pull_down.code(item);
        return put_out(*output);
    }

private:
    struct Output {
        int code = 0;
        int shown_code = 0;
        unsigned power_down = 0; ///< PD
    };

    [[nodiscard]] bool uses_pin() const { return hardware().supplies().names("vref"); }
    [[nodiscard]] unsigned configuration(const Output &output) const
    {
        return VREF.place(uses_pin() ? 2 : 0) | PD.place(output.power_down);
    }

    Result<void> write_memory(unsigned command, const Output &output) const
    {
        const unsigned first = command | configuration(output);
        return hardware().i2c()->write_be16(static_cast<std::uint8_t>(first),
                                            static_cast<std::uint16_t>(output.code << 4));
    }

    /// A code that is written while the output is powered down waits there for the power-up.
    Result<void> put_out(const Output &output) const
    {
        const unsigned word = output.power_down << 12 | static_cast<unsigned>(output.code);
        return hardware().i2c()->write_u8(static_cast<std::uint8_t>(WRITE_DAC | word >> 8),
                                          static_cast<std::uint8_t>(word));
    }

    /// Errors: EIO: the chip is still writing after its longest time.
    Result<void> store(const Output &output) const
    {
        IIO_TRY(write_memory(WRITE_ALL_MEMORY, output));
        for (int poll = 0; poll < eeprom_polls; ++poll) {
            hardware().delay(eeprom_poll_interval);
            if (RDY.extract(IIO_TRY(hardware().i2c()->read<3>()).front()))
                return {};
        }
        return fail(EIO);
    }

    Guarded<Output> output_;
};

constexpr std::array<std::uint8_t, 8> addresses{0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67};

} // namespace

IIO_MODULE(
    mcp4725, Mcp4725,
    Part{.name = "mcp4725", .addresses = addresses, .supplies = {"vdd"}, .data = mcp4725},
    Part{.name = "mcp4726", .addresses = addresses, .supplies = {"vdd", "vref"}, .data = mcp4726});

} // namespace iio::mcp4725
