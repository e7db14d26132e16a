// SPDX-License-Identifier: MIT
//
// Avago (Broadcom) APDS-9960: proximity, ambient light, colour and gestures,
// I2C at 0x39.
// Datasheet: AV02-4191EN (2015-11-13).
//
// Light and proximity are measured all the time while the part is used. The
// buffer is of gestures: datasets of four photodiodes, which the chip collects in
// a FIFO while something is near.
#include "channels.hpp"

#include <chrono>
#include <iio/driver/bits.hpp>
#include <iio/driver/guarded.hpp>
#include <iio/driver/idle_timer.hpp>
#include <iio/driver/module.hpp>
#include <iio/driver/register_bus.hpp>
#include <optional>

namespace {

using namespace iio;
using namespace iio::apds9960;
using namespace std::chrono_literals;

// What the kernel's driver chooses.
constexpr std::uint8_t pers = 0x33;   // an event after 3 values beyond a threshold
constexpr std::uint8_t gpenth = 0x50; // proximity at which a gesture begins
constexpr std::uint8_t gexth = 0x40;  // and value at which it ends
constexpr std::uint8_t gconf1 = 0x40; // GFIFOTH: an interrupt after 4 datasets
constexpr auto idle_time = 5s;

class Apds9960 {
public:
    explicit Apds9960(const Hardware &hardware)
        : bus_{hardware},
          host_{hardware.host()},
          has_interrupt_{hardware.interrupt() != nullptr},
          idle_{idle_time, [this] { sleep_unless_watching(); }}
    {
    }
    Apds9960(const Apds9960 &) = delete;
    Apds9960 &operator=(const Apds9960 &) = delete;
    ~Apds9960()
    {
        const auto state = state_.lock();
        if (state->enable)
            (void)write_enable(*state, 0);
    }

    /// Errors: EINVAL: no interrupt line; the kernel's driver insists on one.
    Result<void> probe()
    {
        if (!has_interrupt_)
            return fail(EINVAL);
        const auto state = state_.lock();
        IIO_TRY(bus_.write_u8(ENABLE, 0));
        IIO_TRY(bus_.write_u8(ATIME, atimes[state->integration_time]));
        IIO_TRY(bus_.update_u8(CONTROL, CONTROL_AGAIN | CONTROL_PGAIN, 0));
        IIO_TRY(bus_.write_u8(PERS, pers));
        IIO_TRY(bus_.update_u8(GCONF2, GCONF2_GGAIN, 0));
        IIO_TRY(bus_.write_u8(GCONF1, gconf1));
        IIO_TRY(bus_.write_u8(GPENTH, gpenth));
        IIO_TRY(bus_.write_u8(GEXTH, gexth));
        IIO_TRY(bus_.write_u8(GCONF4, 0));
        IIO_TRY(write_enable(*state, ENABLE_PON | ENABLE_AEN | ENABLE_PEN));
        idle_.touch();
        return {};
    }

    ChannelTable channels() const { return channel_table; }
    unsigned modes() const { return IIO_MODE_BUFFER_SOFTWARE; }
    std::span<const DeviceAttribute> attributes() const { return own_attributes; }

    Result<void> read_attribute(const DeviceAttribute &attribute, Text &text) const
    {
        text += attribute_texts[attribute.id];
        return {};
    }

    /// Errors: EBUSY: the FIFO is being read, as in the kernel's driver.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        const auto state = state_.lock();
        if (state->draining)
            return fail(EBUSY);
        switch (info) {
        case Info::raw:
            if (!(state->enable & ENABLE_PON))
                IIO_TRY(write_enable(*state, state->enable | ENABLE_PON));
            idle_.touch();
            return Int{IIO_TRY(read_number(channel, static_cast<std::uint8_t>(channel.address)))};
        case Info::scale:
            return is_proximity(channel) ? proximity_gains[state->proximity_gain]
                                         : intensity_gains[state->intensity_gain];
        case Info::integration_time:
            return integration_times[state->integration_time];
        default:
            return fail(EINVAL);
        }
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        const auto state = state_.lock();
        switch (info) {
        case Info::scale:
            return set_gain(*state, is_proximity(channel), written);
        case Info::integration_time:
            return set_integration_time(*state, written);
        default:
            return fail(EINVAL);
        }
    }

    /// Both directions of a channel are one interrupt.
    Result<bool> read_event_config(const Channel &channel, Event) const
    {
        return (state_.lock()->enable & interrupt_enable(channel)) != 0;
    }

    /// Errors: EINVAL: it is so already, as in the kernel's driver.
    Result<void> write_event_config(const Channel &channel, Event, bool on) const
    {
        const auto state = state_.lock();
        const unsigned bit = interrupt_enable(channel);
        if (on == ((state->enable & bit) != 0))
            return fail(EINVAL);
        IIO_TRY(write_enable(*state, on ? state->enable | ENABLE_PON | bit : state->enable & ~bit));
        idle_.touch();
        return {};
    }

    Result<Value> read_event_value(const Channel &channel, Event event, EventInfo) const
    {
        const auto state = state_.lock(); // both bytes of one threshold
        return Int{IIO_TRY(read_number(channel, threshold_register(channel, event)))};
    }

    Result<void> write_event_value(const Channel &channel, Event event, EventInfo,
                                   Written written) const
    {
        const int highest = is_proximity(channel) ? UINT8_MAX : UINT16_MAX;
        if (written.integer < 0 || written.integer > highest)
            return fail(EINVAL);
        const auto state = state_.lock();
        const auto reg = threshold_register(channel, event);
        const auto number = static_cast<unsigned>(written.integer);
        if (is_proximity(channel))
            return bus_.write_u8(reg, static_cast<std::uint8_t>(number));
        return update_both({reg, 0xff, number & 0xff},
                           {static_cast<std::uint8_t>(reg + 1), 0xff, number >> 8});
    }

    Result<void> start_buffer(const BufferSetup &) const
    {
        const auto state = state_.lock();
        IIO_TRY(bus_.write_u8(GCONF4, GCONF4_GIEN));
        IIO_TRY(write_enable(*state, state->enable | ENABLE_PON | ENABLE_GEN));
        state->streaming = true;
        return {};
    }

    Result<void> stop_buffer() const
    {
        const auto state = state_.lock();
        state->streaming = false;
        IIO_TRY(write_enable(*state, state->enable & ~ENABLE_GEN));
        idle_.touch();
        return bus_.write_u8(GCONF4, 0);
    }

    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        const auto status = bus_.read_u8(STATUS);
        if (!status)
            return;
        const unsigned enable = state_.lock()->enable;
        if (*status & STATUS_AINT && enable & ENABLE_AIEN)
            report(clear, CICLEAR, timestamp_ns);
        if (*status & STATUS_PINT && enable & ENABLE_PIEN)
            report(proximity, PICLEAR, timestamp_ns);
        if (*status & STATUS_GINT)
            drain_fifo(timestamp_ns);
    }

private:
    using Dataset = std::array<std::uint8_t, photodiodes.size()>;

    struct State {
        unsigned enable = 0;           // ENABLE, as it was last written
        unsigned integration_time = 0; // in integration_times
        unsigned intensity_gain = 0;   // AGAIN
        unsigned proximity_gain = 0;   // PGAIN and GGAIN
        bool streaming = false;        // the buffer runs
        bool draining = false;         // the FIFO is being read
    };

    /// What a register's bits are to be.
    struct Bits {
        std::uint8_t reg;
        unsigned mask;
        unsigned value;
    };

    static std::uint8_t threshold_register(const Channel &channel, Event event)
    {
        const bool rising = event.direction == EventDirection::rising;
        if (is_proximity(channel))
            return rising ? PIHT : PILT;
        return rising ? AIHTL : AILTL;
    }

    /// A byte of proximity or a word of light. The high byte of a word is held
    /// when the low one is read.
    Result<int> read_number(const Channel &channel, std::uint8_t reg) const
    {
        std::array<std::uint8_t, 2> bytes{};
        IIO_TRY(bus_.read(reg, std::span{bytes}.first(is_proximity(channel) ? 1 : 2)));
        return static_cast<int>(little_endian(bytes));
    }

    Result<void> write_enable(State &state, unsigned enable) const
    {
        IIO_TRY(bus_.write_u8(ENABLE, static_cast<std::uint8_t>(enable)));
        state.enable = enable;
        return {};
    }

    /// Both or none.
    Result<void> update_both(Bits first, Bits second) const
    {
        const auto before = IIO_TRY(bus_.update_u8(first.reg, first.mask, first.value));
        if (const auto done = bus_.update_u8(second.reg, second.mask, second.value); !done) {
            (void)bus_.write_u8(first.reg, before);
            return fail(done.error());
        }
        return {};
    }

    Result<void> set_gain(State &state, bool of_proximity, Written written) const
    {
        const unsigned code =
            IIO_TRY(find_value(of_proximity ? proximity_gains : intensity_gains, written));
        if (of_proximity) {
            IIO_TRY(update_both({CONTROL, CONTROL_PGAIN, code << 2},
                                {GCONF2, GCONF2_GGAIN, code << 5}));
            state.proximity_gain = code;
        } else {
            IIO_TRY(bus_.update_u8(CONTROL, CONTROL_AGAIN, code));
            state.intensity_gain = code;
        }
        return {};
    }

    Result<void> set_integration_time(State &state, Written written) const
    {
        const unsigned wanted = IIO_TRY(find_value(integration_times, written));
        IIO_TRY(bus_.write_u8(ATIME, atimes[wanted]));
        state.integration_time = wanted;
        return {};
    }

    /// The kernel's driver tells neither the direction nor which intensity.
    void report(const Channel &channel, std::uint8_t clear_register,
                std::int64_t timestamp_ns) const
    {
        host_.push_event(
            event_code(channel, EventType::thresh, EventDirection::either, Modifier::none),
            timestamp_ns);
        (void)bus_.write_u8(clear_register, 1);
    }

    /// To its end, as only that ends the interrupt; it fills meanwhile.
    void drain_fifo(std::int64_t timestamp_ns) const
    {
        state_.lock()->draining = true;
        while (const auto dataset = next_dataset()) {
            host_.push(timestamp_ns, [&](Scan &scan) {
                for (std::size_t i = 0; i < photodiodes.size(); ++i)
                    scan.put(photodiodes[i], (*dataset)[i]);
            });
        }
        state_.lock()->draining = false;
    }

    /// None: the FIFO is empty, the buffer was stopped, or the bus failed.
    std::optional<Dataset> next_dataset() const
    {
        const auto state = state_.lock();
        if (!state->streaming || bus_.read_u8(GFLVL).value_or(0) == 0)
            return {};
        Dataset dataset{};
        if (!bus_.read(GFIFO_U, dataset))
            return {};
        return dataset;
    }

    void sleep_unless_watching() const
    {
        const auto state = state_.lock();
        if (state->enable & ENABLE_PON && !(state->enable & ENABLE_WATCHING))
            (void)write_enable(*state, state->enable & ~ENABLE_PON);
    }

    const RegisterBus bus_;
    const Host host_;
    const bool has_interrupt_;
    Guarded<State> state_;
    IdleTimer idle_; // last: its thread uses the others
};

static_assert(Driver<Apds9960>);

constexpr std::array<std::uint8_t, 1> addresses{0x39};
constexpr std::array parts{Part{.name = "apds9960", .addresses = addresses}};

} // namespace

extern "C" const Module apds9960_module;
const Module apds9960_module = module_of<Apds9960>("apds9960", parts);
