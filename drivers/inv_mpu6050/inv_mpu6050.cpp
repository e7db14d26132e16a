// SPDX-License-Identifier: MIT
//
// InvenSense MPU-6050 (I2C) and MPU-6000 (SPI), ICM-20602, ICM-20608-G:
// accelerometer, gyroscope and thermometer of 16 bits; MPU-9250: with an
// AK8963 magnetometer. I2C at 0x68 and 0x69, SPI.
// Datasheets: PS-MPU-6000A-00 3.4, PS-MPU-9250A-01 1.0, DS-000176 1.0,
// DS-000081 1.0; registers.hpp names the register maps.
//
// The sensors run while somebody reads them and sleep two seconds later. A
// buffer is filled from the chip's FIFO, where the interrupt line is wired.
#include "chip.hpp"
#include "magnetometer.hpp"
#include "registers.hpp"
#include "variants.hpp"

#include <algorithm>
#include <array>
#include <iio/driver/guarded.hpp>
#include <iio/driver/idle_timer.hpp>
#include <iio/driver/module.hpp>

namespace {

using namespace iio;
using namespace std::chrono_literals;
using mpu::Sensors;

constexpr auto idle_time = 2s; // as the kernel's driver

// Attributes of no channel. The matrices were board data once, and are zero.
enum : std::uint32_t { sampling_frequency, sampling_frequency_available, zero_matrix };
constexpr std::array own_attributes{
    DeviceAttribute::of("sampling_frequency", ExtInfo::Access::read_write, sampling_frequency),
    DeviceAttribute::of("sampling_frequency_available", ExtInfo::Access::read,
                        sampling_frequency_available),
    DeviceAttribute::of("in_accel_matrix", ExtInfo::Access::read, zero_matrix),
    DeviceAttribute::of("in_gyro_matrix", ExtInfo::Access::read, zero_matrix),
};
constexpr int lowest_hz = 4;
constexpr int highest_hz = 1000;

constexpr std::array own_triggers{OwnTrigger::numbered("-dev", true)};

class InvMpu6050 {
public:
    static constexpr bool own_trigger_only = true;

    explicit InvMpu6050(const Hardware &hardware)
        : variant_{mpu::variant_of(hardware.part())},
          host_{hardware.host()},
          has_interrupt_{hardware.interrupt() != nullptr},
          matrix_{hardware.mount_matrix()},
          magnetometer_matrix_{mpu::magnetometer_matrix(matrix_)},
          state_{hardware, variant_.chip},
          idle_{idle_time, [this] { sleep_unless_streaming(); }}
    {
    }
    InvMpu6050(const InvMpu6050 &) = delete;
    InvMpu6050 &operator=(const InvMpu6050 &) = delete;
    ~InvMpu6050()
    {
        if (probed_)
            (void)state_.lock()->chip.sleep();
    }

    Result<void> probe()
    {
        auto state = state_.lock();
        IIO_TRY(state->chip.start());
        if (variant_.chip.sensors & mpu::magnetometer)
            adjustment_ = IIO_TRY(mpu::start_magnetometer(state->chip));
        probed_ = true;
        idle_.touch();
        return {};
    }

    ChannelTable channels() const { return variant_.channels; }
    const MountMatrix &mount_matrix(const Channel &channel) const
    {
        return channel.channel_type() == ChannelType::magn ? magnetometer_matrix_ : matrix_;
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        switch (info) {
        case Info::raw:
            return read_sample(channel);
        case Info::calibbias:
            return Int{IIO_TRY(state_.lock()->chip.read_word(offset_register(channel)))};
        case Info::scale:
            return scale_of(channel);
        case Info::offset:
            return Int{variant_.thermometer.offset};
        default:
            return fail(EINVAL);
        }
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        const auto type = channel.channel_type();
        if (info == Info::calibbias)
            return write_offset(channel, written.integer);
        if (info != Info::scale)
            return fail(EINVAL);
        auto state = state_.lock();
        auto wanted = state->chip.settings();
        if (type == ChannelType::accel)
            wanted.accel_range = IIO_TRY(find_value(mpu::scales_of(type), written));
        else if (type == ChannelType::anglvel)
            wanted.gyro_range = IIO_TRY(find_value(mpu::scales_of(type), written));
        else
            return fail(EINVAL);
        return change(*state, wanted);
    }

    WriteFormat write_format(const Channel &channel, Info info) const
    {
        return info == Info::scale && channel.channel_type() == ChannelType::anglvel
                   ? WriteFormat::plus_nano
                   : WriteFormat::plus_micro;
    }

    Result<Available> read_avail(const Channel &channel, Info) const
    {
        return Available::list(mpu::scales_of(channel.channel_type()));
    }

    std::span<const DeviceAttribute> attributes() const { return own_attributes; }

    Result<void> read_attribute(const DeviceAttribute &attribute, Text &text) const
    {
        switch (attribute.id) {
        case sampling_frequency:
            text += state_.lock()->chip.settings().hz();
            text += "\n";
            return {};
        case sampling_frequency_available:
            text += "10 20 50 100 200 500\n";
            return {};
        default:
            text += "0, 0, 0; 0, 0, 0; 0, 0, 0\n";
            return {};
        }
    }

    /// The nearest higher rate that the divider gives. Errors: EINVAL.
    Result<std::size_t> write_attribute(const DeviceAttribute &, std::string_view text) const
    {
        const int hz = parse_int(text, 10).value_or(0);
        if (hz < lowest_hz || hz > highest_hz)
            return fail(EINVAL);
        auto state = state_.lock();
        auto wanted = state->chip.settings();
        wanted.divider = static_cast<unsigned>(1000 / hz - 1);
        IIO_TRY(change(*state, wanted));
        return text.size();
    }

    Result<unsigned> read_register(unsigned reg) const
    {
        return IIO_TRY(state_.lock()->chip.bus().read_u8(static_cast<std::uint8_t>(reg)));
    }
    Result<void> write_register(unsigned reg, unsigned value) const
    {
        return state_.lock()->chip.write(static_cast<std::uint8_t>(reg), value);
    }

    unsigned modes() const { return has_interrupt_ ? IIO_MODE_BUFFER_TRIGGERED : 0; }
    std::span<const ScanMask> scan_masks() const { return variant_.masks; }
    std::span<const OwnTrigger> triggers() const
    {
        return has_interrupt_ ? own_triggers : std::span<const OwnTrigger>{};
    }

    Result<void> start_buffer(const BufferSetup &setup) const
    {
        auto state = state_.lock();
        idle_.touch(); // for the case that it fails
        const Sensors sensors = mpu::sensors_in(setup.active);
        IIO_TRY(state->chip.run(sensors));
        if (const auto started = state->chip.start_fifo(sensors); !started) {
            (void)state->chip.stop_fifo();
            return started;
        }
        // The magnetometer's first sample is of before.
        state->stream = {.running = true, .skip = sensors & mpu::magnetometer ? 1U : 0U};
        return {};
    }

    Result<void> stop_buffer() const
    {
        auto state = state_.lock();
        state->stream.running = false;
        idle_.touch();
        return state->chip.stop_fifo();
    }

    Result<void> set_trigger(std::uint32_t, bool on) const
    {
        return state_.lock()->chip.set(mpu::INT_ENABLE, on ? mpu::DATA_RDY : 0);
    }

    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        *interrupt_ns_.lock() = timestamp_ns;
        host_.fire(0, timestamp_ns);
    }

    /// Pushes what the FIFO holds, and has no sample beside that.
    /// The kernel's driver asks register 0 of an MPU-6050 or MPU-6000, which has
    /// other bits, whether there is a sample; here it is INT_STATUS for all.
    Result<void> scan(Scan &) const
    {
        auto state = state_.lock();
        auto &chip = state->chip;
        const std::size_t count = IIO_TRY(chip.count_fifo());
        const std::int64_t period_ns = std::chrono::nanoseconds{chip.sample_period()}.count();
        std::int64_t time_ns = state->stream.first_time_ns(count, *interrupt_ns_.lock(), period_ns);
        std::array<std::uint8_t, largest_sample> sample{};
        for (std::size_t i = 0; i < count; ++i, time_ns += period_ns) {
            IIO_TRY(chip.read_fifo(std::span{sample}.first(chip.sample_bytes())));
            state->stream.last_ns = time_ns;
            if (state->stream.skip > 0)
                --state->stream.skip;
            else
                push(sample, time_ns);
        }
        return fail(EAGAIN);
    }

private:
    static constexpr std::size_t largest_sample = 6 + 2 + 6 + 7;

    struct Stream {
        bool running = false;
        unsigned skip = 0; // samples to drop
        std::optional<std::int64_t> last_ns{};

        /// One sample is the interrupt's own; where several have gathered, they
        /// follow the last one, unless that leads away from the interrupt.
        [[nodiscard]] std::int64_t first_time_ns(std::size_t count, std::int64_t interrupt_ns,
                                                 std::int64_t period_ns) const
        {
            const auto span_ns = static_cast<std::int64_t>(count) * period_ns;
            const std::int64_t behind_ns = last_ns ? interrupt_ns - *last_ns : 0;
            if (count > 1 && last_ns && behind_ns >= 0 && behind_ns <= 2 * span_ns)
                return *last_ns + period_ns;
            return interrupt_ns - span_ns + period_ns;
        }
    };

    struct State {
        State(const Hardware &hardware, const mpu::ChipVariant &variant) : chip{hardware, variant}
        {
        }
        mpu::Chip chip;
        Stream stream;
    };

    /// Errors: EBUSY: the temperature is asked for while neither accelerometer nor
    /// gyroscope run, without which there is none.
    Result<Value> read_sample(const Channel &channel) const
    {
        auto state = state_.lock();
        auto &chip = state->chip;
        const Sensors sensor = mpu::sensors_in(scan_bit(channel.scan_index));
        if (sensor == mpu::thermometer && !(chip.running() & (mpu::accelerometer | mpu::gyroscope)))
            return fail(EBUSY);
        idle_.touch();
        IIO_TRY(chip.run(chip.running() | sensor));
        const auto reg = static_cast<std::uint8_t>(channel.address);
        if (sensor == mpu::magnetometer)
            return Int{IIO_TRY(mpu::read_magnetometer(chip, reg))};
        return Int{IIO_TRY(chip.read_word(reg))};
    }

    Value scale_of(const Channel &channel) const
    {
        const auto type = channel.channel_type();
        switch (type) {
        case ChannelType::temp:
            return variant_.thermometer.scale;
        case ChannelType::accel:
            return mpu::scales_of(type)[state_.lock()->chip.settings().accel_range];
        case ChannelType::anglvel:
            return mpu::scales_of(type)[state_.lock()->chip.settings().gyro_range];
        default:
            // 1500 microgauss a step, adjusted by (ASA - 128) / 256 + 1; the
            // kernel's driver takes X's adjustment for all axes. So do we.
            return IntPlusMicro{0, 1500 * (adjustment_ + 128) / 256};
        }
    }

    /// The later parts' Y and Z are at 0x7a and 0x7d (RM-MPU-9250A-00 section
    /// 4.39); the kernel's driver has them at 0x79 and 0x7b. So do we.
    std::uint8_t offset_register(const Channel &channel) const
    {
        const auto first = channel.channel_type() == ChannelType::accel ? variant_.chip.accel_offset
                                                                        : mpu::XG_OFFS_USRH;
        return static_cast<std::uint8_t>(first + 2 * (channel.channel2 - IIO_MOD_X));
    }

    Result<void> write_offset(const Channel &channel, int offset) const
    {
        auto state = state_.lock();
        idle_.touch();
        IIO_TRY(state->chip.wake());
        return state->chip.write_word(offset_register(channel), offset);
    }

    Result<void> change(State &state, const mpu::Chip::Settings &wanted) const
    {
        idle_.touch();
        IIO_TRY(state.chip.wake());
        return state.chip.change(wanted);
    }

    /// A sample's words are the sampled channels', in order.
    void push(std::span<const std::uint8_t> sample, std::int64_t time_ns) const
    {
        host_.push(time_ns, [&](Scan &scan) {
            for (const Channel &channel : variant_.channels.channels()) {
                if (channel.channel_type() == ChannelType::timestamp || !scan.has(channel))
                    continue;
                scan.put(channel, sample.first(2));
                sample = sample.subspan(2);
            }
        });
    }

    void sleep_unless_streaming() const
    {
        auto state = state_.lock();
        if (!state->stream.running)
            (void)state->chip.sleep();
    }

    const mpu::Variant &variant_;
    const Host host_;
    const bool has_interrupt_;
    const MountMatrix matrix_;
    const MountMatrix magnetometer_matrix_;
    int adjustment_ = 0; // ASAX
    bool probed_ = false;
    Guarded<State> state_;
    Guarded<std::int64_t> interrupt_ns_;
    IdleTimer idle_; // last: its thread uses the others
};

static_assert(Driver<InvMpu6050>);

constexpr std::array<std::uint8_t, 2> addresses{0x68, 0x69}; // AD0 low, high
constexpr SpiSettings spi{.mode = 0, .speed_hz = 1'000'000};
constexpr std::array parts{
    Part{.name = "mpu6050", .addresses = addresses},
    Part{.name = "mpu6000", .spi = spi},
    Part{.name = "mpu9250", .addresses = addresses, .spi = spi},
    Part{.name = "icm20602", .addresses = addresses, .spi = spi},
    Part{.name = "icm20608", .addresses = addresses, .spi = spi},
};

} // namespace

extern "C" const Module inv_mpu6050_module;
const Module inv_mpu6050_module = module_of<InvMpu6050, parts>("inv_mpu6050");
