// SPDX-License-Identifier: MIT
//
// ST's accelerometers LIS3DH, LIS2DH12 and LIS331DLH, gyroscopes L3GD20 and
// L3G4200D, magnetometers LIS3MDL and that of the LSM303DLHC: three axes, each a
// word, and a register field for each setting. I2C, all but the last SPI, too.
// Datasheets: in the files of their kinds.
//
// A raw read wakes the part for one sample. A buffer keeps it awake, sampling the
// axes that are wanted.
#include "accel.hpp"
#include "gyro.hpp"
#include "magn.hpp"

#include <algorithm>
#include <chrono>
#include <iio/driver/bits.hpp>
#include <iio/driver/guarded.hpp>
#include <iio/driver/module.hpp>
#include <iio/driver/register_bus.hpp>
#include <thread>

namespace {

using namespace iio;
using namespace iio::st;

constexpr std::uint8_t STATUS_DA = 0x07; // an axis has a new sample
constexpr std::uint8_t spi_read = 0xc0;  // read, and the address moves on
constexpr int settling_samples = 2;      // after waking up, as the kernel's driver

constexpr std::array variants{
    make_lis3dh("lis3dh"),
    make_lis3dh("lis2dh12_accel"),
    lis331dlh,
    make_gyroscope("l3gd20", l3gd20_rates),
    make_gyroscope("l3g4200d", l3g4200d_rates),
    lis3mdl,
    lsm303dlhc_magn,
};

/// 32 bits that overflow, as in the kernel's driver: 4294.977102 is 0.009806.
constexpr std::uint32_t in_millionths(int integer, int fraction)
{
    return static_cast<std::uint32_t>(integer) * 1'000'000 + static_cast<std::uint32_t>(fraction);
}

bool is_written(Written written, const Value &value)
{
    if (const auto *scale = std::get_if<IntPlusMicro>(&value))
        return in_millionths(written.integer, written.fraction) ==
               in_millionths(scale->integer, scale->micro);
    return written.integer == std::get<Int>(value).value && written.fraction == 0;
}

class StSensor {
public:
    explicit StSensor(const Hardware &hardware)
        : variant_{*std::ranges::find(variants, hardware.part(), &Variant::part)},
          bus_{hardware, {.read_flag = spi_read, .i2c_read_flag = variant_.increment_flag}},
          matrix_{hardware.mount_matrix()},
          interrupt_{hardware.interrupt()},
          host_{hardware.host()}
    {
    }

    /// Only that a chip answers: any WHO_AM_I will do, as for the kernel's driver.
    Result<void> probe()
    {
        IIO_TRY(bus_.read_u8(WHO_AM_I));
        const State state;
        IIO_TRY(fall_asleep());
        IIO_TRY(update(variant_.range.field, variant_.range.bits(state.range)));
        if (variant_.power.on)
            IIO_TRY(update(variant_.rate.field, variant_.rate.bits(state.rate)));
        IIO_TRY(update(variant_.block_update, variant_.block_update.mask));
        IIO_TRY(update(variant_.data_ready.enable, 0));
        return interrupt_ ? choose_edge() : Result<void>{};
    }

    /// Its outputs may change in the midst of a sample after a reset.
    Result<bool> is_configured() const
    {
        const StField &field = variant_.block_update;
        return field.exists() && (IIO_TRY(bus_.read_u8(field.reg)) & field.mask) != 0;
    }

    ChannelTable channels() const { return variant_.channels; }
    unsigned modes() const { return IIO_MODE_BUFFER_TRIGGERED; }
    const MountMatrix &mount_matrix(const Channel &) const { return matrix_; }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        switch (info) {
        case Info::raw:
            return Int{IIO_TRY(take_sample(channel))};
        case Info::scale:
            return scales_of(channel)[state_.lock()->range];
        case Info::sampling_frequency:
            return variant_.rate.values[state_.lock()->rate];
        default:
            return fail(EINVAL);
        }
    }

    Result<void> write_raw(const Channel &, Info info, Written written) const
    {
        const auto state = state_.lock();
        switch (info) {
        case Info::scale: {
            const auto range = IIO_TRY(find(variant_.range, written));
            IIO_TRY(update(variant_.range.field, variant_.range.bits(range)));
            state->range = range;
            return {};
        }
        case Info::sampling_frequency: {
            const auto rate = IIO_TRY(find(variant_.rate, written));
            if (variant_.power.on || state->awake)
                IIO_TRY(update(variant_.rate.field, variant_.rate.bits(rate)));
            state->rate = rate;
            return {};
        }
        default:
            return fail(EINVAL);
        }
    }

    Result<Available> read_avail(const Channel &, Info info) const
    {
        return Available::list((info == Info::scale ? variant_.range : variant_.rate).values);
    }

    /// Numbers are cut to a byte, as in the kernel's driver.
    Result<unsigned> read_register(unsigned reg) const
    {
        return IIO_TRY(bus_.read_u8(static_cast<std::uint8_t>(reg)));
    }
    Result<void> write_register(unsigned reg, unsigned value) const
    {
        return bus_.write_u8(static_cast<std::uint8_t>(reg), static_cast<std::uint8_t>(value));
    }

    /// All outputs in one transaction: what they hold belongs together.
    Result<void> scan(Scan &scan) const
    {
        const auto bytes = IIO_TRY(bus_.read<2 * axis_count>(variant_.first_output));
        for (const Channel &axis : variant_.channels.channels().first(axis_count))
            scan.put(axis, std::span{bytes}.subspan(axis.address - variant_.first_output, 2));
        return {};
    }

    Result<void> start_buffer(const BufferSetup &setup) const
    {
        return wake_up(static_cast<unsigned>(setup.active));
    }
    Result<void> stop_buffer() const { return fall_asleep(); }

    std::span<const OwnTrigger> triggers() const
    {
        return interrupt_ ? std::span<const OwnTrigger>{own_triggers}
                          : std::span<const OwnTrigger>{};
    }
    Result<void> set_trigger(std::uint32_t, bool on) const
    {
        const auto state = state_.lock();
        const StField &enable = variant_.data_ready.enable;
        return update(enable, on ? enable.mask : std::uint8_t{0});
    }
    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        if (has_sample())
            host_.fire(own_triggers.front().id, timestamp_ns);
    }
    /// The output stays active if a sample came while the last one was read:
    /// then there is no further edge.
    void reenable_trigger(std::uint32_t id) const
    {
        if (has_sample())
            host_.fire(id, host_.now());
    }

private:
    struct State {
        std::size_t rate = 0; // in StChoices::values
        std::size_t range = 0;
        bool awake = false;
    };
    using Sample = std::array<std::uint8_t, 2>;

    static constexpr std::array own_triggers{OwnTrigger::named("-trigger", true)};
    static constexpr unsigned all_axes = (1 << axis_count) - 1;

    static Result<std::size_t> find(const StChoices &choices, Written written)
    {
        const auto found = std::ranges::find_if(
            choices.values, [&](const Value &value) { return is_written(written, value); });
        if (found == choices.values.end())
            return fail(EINVAL);
        return static_cast<std::size_t>(found - choices.values.begin());
    }

    std::span<const Value> scales_of(const Channel &channel) const
    {
        const bool has_own =
            channel.channel_modifier() == Modifier::z && !variant_.z_scales.empty();
        return has_own ? variant_.z_scales : variant_.range.values;
    }

    /// Errors: EINVAL: the part has no such output, or not of that edge.
    Result<void> choose_edge() const
    {
        const StDataReady &output = variant_.data_ready;
        const bool falling = interrupt_->edge() == Edge::falling;
        if (!output.exists || (falling && !output.active_low.exists()))
            return fail(EINVAL);
        return update(output.active_low, falling ? output.active_low.mask : std::uint8_t{0});
    }

    Result<int> take_sample(const Channel &channel) const
    {
        const auto sample = sample_.lock();
        const auto taken = wake_and_read(channel, *sample);
        const auto asleep = fall_asleep();
        IIO_TRY(taken);
        IIO_TRY(asleep);
        const auto word =
            channel.scan_type.endianness == IIO_BE ? big_endian(*sample) : little_endian(*sample);
        return sign_extend(word, 16) >> channel.scan_type.shift;
    }

    Result<void> wake_and_read(const Channel &channel, Sample &sample) const
    {
        IIO_TRY(wake_up(all_axes));
        const Value &rate = variant_.rate.values[state_.lock()->rate];
        std::this_thread::sleep_for(
            std::chrono::microseconds{settling_samples * 1'000'000 / std::get<Int>(rate).value});
        return bus_.read(static_cast<std::uint8_t>(channel.address), sample);
    }

    Result<void> wake_up(unsigned axes) const
    {
        const auto state = state_.lock();
        const StPower &power = variant_.power;
        const auto on = power.on ? power.field.place(*power.on) : variant_.rate.bits(state->rate);
        IIO_TRY(set_power(on, axes));
        state->awake = true;
        return {};
    }

    Result<void> fall_asleep() const
    {
        const auto state = state_.lock();
        state->awake = false;
        return set_power(variant_.power.field.place(variant_.power.off), all_axes);
    }

    /// Both are in one register, so there is no half of it.
    Result<void> set_power(std::uint8_t bits, unsigned axes) const
    {
        const StPower &power = variant_.power;
        const StField both{power.field.reg,
                           static_cast<std::uint8_t>(power.field.mask | power.axes)};
        return update(both, static_cast<std::uint8_t>(bits | (axes & power.axes)));
    }

    Result<bool> status_tells() const
    {
        return (IIO_TRY(bus_.read_u8(STATUS_REG)) & STATUS_DA) != 0;
    }
    bool has_sample() const { return status_tells().value_or(false); }

    /// Does nothing to a field that the part does not have.
    Result<void> update(StField field, std::uint8_t bits) const
    {
        if (field.exists())
            IIO_TRY(bus_.update_u8(field.reg, field.mask, bits));
        return {};
    }

    const Variant &variant_;
    const RegisterBus bus_;
    const MountMatrix &matrix_;
    const InterruptLine *interrupt_;
    const Host host_;
    Guarded<State> state_;
    Guarded<Sample> sample_; ///< of the one raw read that is under way
};

static_assert(Driver<StSensor>);

// By the pin SDO or SA1, low and high.
constexpr std::array<std::uint8_t, 2> accel_addresses{0x18, 0x19};
constexpr std::array<std::uint8_t, 2> l3gd20_addresses{0x6a, 0x6b};
constexpr std::array<std::uint8_t, 2> l3g4200d_addresses{0x68, 0x69};
constexpr std::array<std::uint8_t, 2> lis3mdl_addresses{0x1c, 0x1e};
constexpr std::array<std::uint8_t, 1> lsm303dlhc_address{0x1e};
constexpr SpiSettings spi{.mode = 3, .speed_hz = 10'000'000};

constexpr std::array parts{
    Part{.name = "lis3dh", .addresses = accel_addresses, .spi = spi},
    Part{.name = "lis2dh12_accel", .addresses = accel_addresses, .spi = spi},
    Part{.name = "lis331dlh", .addresses = accel_addresses, .spi = spi},
    Part{.name = "l3gd20", .addresses = l3gd20_addresses, .spi = spi},
    Part{.name = "l3g4200d", .addresses = l3g4200d_addresses, .spi = spi},
    Part{.name = "lis3mdl", .addresses = lis3mdl_addresses, .spi = spi},
    Part{.name = "lsm303dlhc_magn", .addresses = lsm303dlhc_address},
};

} // namespace

extern "C" const Module st_sensors_module;
const Module st_sensors_module = module_of<StSensor, parts>("st_sensors");
