// SPDX-License-Identifier: MIT
//
// Microchip MCP4725 and MCP4726: 12-bit DACs with an EEPROM that they come up
// from, I2C at 0x60 to 0x67.
// Datasheets: DS22039D (MCP4725), DS22272C (MCP4706/4716/4726).
//
// Messages have no register number. A write begins with its command, a read
// gives status, DAC register, and what the EEPROM holds.
#include <algorithm>
#include <array>
#include <chrono>
#include <iio/driver/guarded.hpp>
#include <iio/driver/module.hpp>
#include <thread>

namespace {

using namespace iio;
using namespace std::chrono_literals;

// Commands. The first is two bytes: 0, 0, PD1, PD0 and the code. The others are
// three: the command with the configuration below, and the code left-justified.
constexpr unsigned WRITE_DAC = 0x00;
constexpr unsigned WRITE_MEMORY = 0x40;     // DAC register and configuration
constexpr unsigned WRITE_ALL_MEMORY = 0x60; // these and the EEPROM

// Configuration, in the first byte written and read. The MCP4725 has PD only.
constexpr unsigned VREF_PIN = 2 << 3; // 0: VDD; the pin, not buffered
constexpr unsigned VREF_MASK = 3 << 3;
constexpr unsigned PD_SHIFT = 1;
constexpr unsigned GAIN = 1; // twice the reference
constexpr unsigned RDY = 1 << 7;

constexpr int highest_code = 4095;
constexpr Log2 code_bits = 12;

// The EEPROM is written in 50 ms at most (DS22039D and DS22272C section 1).
constexpr auto eeprom_poll_interval = 10ms;
constexpr int eeprom_polls = 6;

enum Attribute : std::uint32_t { powerdown, powerdown_mode, store_eeprom };

/// What pulls the output down, in the order of PD codes 1 to 3.
using Modes = std::array<const char *, 3>;
constexpr Modes mcp4725_modes{"1kohm_to_gnd", "100kohm_to_gnd", "500kohm_to_gnd"};
constexpr Modes mcp4726_modes{"1kohm_to_gnd", "125kohm_to_gnd", "640kohm_to_gnd"};
constexpr unsigned weakest_mode = 2;

constexpr auto make_attributes(const Modes &modes)
{
    return std::array{
        ExtInfo::text("powerdown", Shared::separate, ExtInfo::Access::read_write, powerdown),
        ExtInfo::choice("powerdown_mode", Shared::separate, modes, powerdown_mode),
        ExtInfo::choice_available("powerdown_mode_available", Shared::by_type, modes),
        ExtInfo::text("store_eeprom", Shared::by_all, ExtInfo::Access::order, store_eeprom),
    };
}
constexpr auto mcp4725_attributes = make_attributes(mcp4725_modes);
constexpr auto mcp4726_attributes = make_attributes(mcp4726_modes);

constexpr auto make_channels(std::span<const ExtInfo> attributes)
{
    return std::array{Channel::out(ChannelType::voltage, 0)
                          .separate(Info::raw)
                          .by_type(Info::scale)
                          .with_ext_info(attributes)};
}
constexpr auto mcp4725_channels = make_channels(mcp4725_attributes);
constexpr auto mcp4726_channels = make_channels(mcp4726_attributes);

struct Variant {
    std::string_view part;
    std::size_t probed_bytes;
    bool has_reference_pin;
    ChannelTable channels;
};
constexpr std::array variants{
    Variant{"mcp4725", 3, false, ChannelTable{mcp4725_channels}},
    Variant{"mcp4726", 4, true, ChannelTable{mcp4726_channels}},
};

class Mcp4725 {
public:
    explicit Mcp4725(const Hardware &hardware)
        : client_{*hardware.i2c()},
          variant_{*std::ranges::find(variants, hardware.part(), &Variant::part)},
          uses_pin_{variant_.has_reference_pin &&
                    hardware.supplies().microvolts("vref") != Supplies::default_microvolts},
          reference_mv_{hardware.supplies().microvolts(uses_pin_ ? "vref" : "vdd") / 1000}
    {
    }

    /// Takes over what the output is; only the reference is chosen anew.
    Result<void> probe()
    {
        std::array<std::uint8_t, 4> answer{};
        IIO_TRY(client_.read(std::span{answer}.first(variant_.probed_bytes)));
        const unsigned power_down = answer[0] >> PD_SHIFT & 3U;
        auto state = state_.lock();
        state->output = {.code = answer[1] << 4 | answer[2] >> 4,
                         .powered_down = power_down != 0,
                         .mode = power_down == 0 ? weakest_mode : power_down - 1};
        state->shown_code = state->output.code;
        // The first byte has the configuration that counts, the fourth the one
        // of the EEPROM, which the kernel's driver looks at.
        const auto differs = (answer[0] ^ reference()) | (answer[3] ^ reference());
        if (variant_.has_reference_pin && (differs & (VREF_MASK | GAIN)) != 0)
            return write_memory(WRITE_MEMORY, state->output);
        return {};
    }

    /// It comes up from its EEPROM.
    Result<bool> is_configured() const
    {
        std::array<std::uint8_t, 3> answer{};
        IIO_TRY(client_.read(answer));
        const auto state = state_.lock();
        return (answer[1] << 4 | answer[2] >> 4) == state->output.code &&
               (answer[0] >> PD_SHIFT & 3U) == state->output.power_down() &&
               (!variant_.has_reference_pin || (answer[0] & (VREF_MASK | GAIN)) == reference());
    }

    ChannelTable channels() const { return variant_.channels; }

    Result<Value> read_raw(const Channel &, Info info) const
    {
        switch (info) {
        case Info::raw:
            return Int{state_.lock()->shown_code};
        case Info::scale: // in mV; whole ones, as in the kernel's driver
            return FractionalLog2{reference_mv_, code_bits};
        default:
            return fail(EINVAL);
        }
    }

    Result<void> write_raw(const Channel &, Info info, Written written) const
    {
        if (info != Info::raw)
            return fail(EINVAL);
        auto state = state_.lock();
        if (written.integer < 0 || written.integer > highest_code) {
            // As the kernel's driver shows it. That one would also give the chip
            // the low bits with the next power-up or store; here it gets none.
            state->shown_code = static_cast<std::uint16_t>(written.integer);
            return fail(EINVAL);
        }
        Output wanted = state->output;
        wanted.code = written.integer;
        IIO_TRY(put_out(*state, wanted));
        state->shown_code = written.integer;
        return {};
    }

    Result<void> read_ext(const Channel &, const ExtInfo &, Text &text) const
    {
        text += state_.lock()->output.powered_down ? "1\n" : "0\n";
        return {};
    }

    Result<std::size_t> write_ext(const Channel &, const ExtInfo &attribute,
                                  std::string_view text) const
    {
        const bool on = IIO_TRY(parse_bool(text));
        auto state = state_.lock();
        if (attribute.id == store_eeprom) {
            if (!on)
                return 0; // not even the text is taken, as in the kernel's driver
            IIO_TRY(store(state->output));
            return text.size();
        }
        Output wanted = state->output;
        wanted.powered_down = on;
        IIO_TRY(put_out(*state, wanted));
        return text.size();
    }

    Result<unsigned> read_enum(const Channel &, const ExtInfo &) const
    {
        return state_.lock()->output.mode;
    }

    Result<void> write_enum(const Channel &, const ExtInfo &, unsigned item) const
    {
        auto state = state_.lock();
        Output wanted = state->output;
        wanted.mode = item;
        if (wanted.powered_down)
            return put_out(*state, wanted);
        state->output = wanted;
        return {};
    }

private:
    struct Output {
        int code;
        bool powered_down;
        unsigned mode; // of the power-down that is or will be

        [[nodiscard]] unsigned power_down() const { return powered_down ? mode + 1 : 0; }
    };

    struct State {
        Output output{}; // what the chip holds
        int shown_code = 0;
    };

    unsigned reference() const { return uses_pin_ ? VREF_PIN : 0; }

    /// The code always goes with the power-down bits, so that one that is
    /// written while the output is down waits there for the power-up.
    Result<void> put_out(State &state, const Output &wanted) const
    {
        const auto word =
            WRITE_DAC | wanted.power_down() << 12 | static_cast<unsigned>(wanted.code);
        IIO_TRY(client_.write(std::array{static_cast<std::uint8_t>(word >> 8),
                                         static_cast<std::uint8_t>(word & 0xff)}));
        state.output = wanted;
        return {};
    }

    Result<void> write_memory(unsigned command, const Output &output) const
    {
        const auto first = command | reference() | output.power_down() << PD_SHIFT;
        return client_.write(std::array{static_cast<std::uint8_t>(first),
                                        static_cast<std::uint8_t>(output.code >> 4),
                                        static_cast<std::uint8_t>((output.code & 0xf) << 4)});
    }

    /// Errors: EIO: the chip is still writing after its maximum time.
    Result<void> store(const Output &output) const
    {
        IIO_TRY(write_memory(WRITE_ALL_MEMORY, output));
        for (int poll = 0; poll < eeprom_polls; ++poll) {
            std::this_thread::sleep_for(eeprom_poll_interval);
            std::array<std::uint8_t, 3> answer{};
            IIO_TRY(client_.read(answer));
            if (answer[0] & RDY)
                return {};
        }
        return fail(EIO);
    }

    const I2cClient &client_;
    const Variant &variant_;
    // A reference of exactly the default voltage cannot be told from none.
    const bool uses_pin_;
    const int reference_mv_;
    Guarded<State> state_;
};

static_assert(Driver<Mcp4725>);

constexpr std::array<std::uint8_t, 8> addresses{0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67};
constexpr std::array<std::string_view, 1> mcp4725_supplies{"vdd"};
constexpr std::array<std::string_view, 2> mcp4726_supplies{"vdd", "vref"};
constexpr std::array parts{
    Part{.name = "mcp4725", .addresses = addresses, .supplies = mcp4725_supplies},
    Part{.name = "mcp4726", .addresses = addresses, .supplies = mcp4726_supplies},
};

} // namespace

extern "C" const Module mcp4725_module;
const Module mcp4725_module = module_of<Mcp4725, parts>("mcp4725");
