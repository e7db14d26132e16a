// SPDX-License-Identifier: MIT
//
// Bosch BMA023, BMA150 and SMB380 (10 bits, +-2 to 8 g), BMA180 (14 bits, +-1
// to 16 g) and BMA250 (10 bits, +-2 to 16 g): three axes, with a bandwidth and
// a range to choose. I2C.
// Datasheets: BST-BMA150-DS000, BST-BMA180-DS000, BST-BMA250-DS002.
//
// They have the same data registers. All else a family member has somewhere
// else: its table tells where.
#include "variants.hpp"

#include <algorithm>
#include <chrono>
#include <iio/driver/bits.hpp>
#include <iio/driver/guarded.hpp>
#include <iio/driver/module.hpp>
#include <thread>

namespace {

using namespace iio;
using namespace iio::bma180;
using namespace std::chrono_literals;

constexpr std::uint8_t CHIP_ID = 0x00;
constexpr std::uint8_t ACC_X_LSB = 0x02; // x, y, z; low byte first, left-justified
constexpr std::uint8_t TEMP = 0x08;

constexpr auto start_up_time = 20ms; // long enough for all of them

constexpr std::array own_triggers{OwnTrigger::numbered("-dev", true)};

class Bma180 {
public:
    explicit Bma180(const Hardware &hardware)
        : client_{*hardware.i2c()},
          variant_{*std::ranges::find(variants, hardware.part(), &Variant::part)},
          interrupt_{hardware.interrupt()},
          matrix_{hardware.mount_matrix()},
          host_{hardware.host()},
          state_{State{.bandwidth = 1, .scale = variant_.default_scale}}
    {
    }
    Bma180(const Bma180 &) = delete;
    Bma180 &operator=(const Bma180 &) = delete;
    ~Bma180()
    {
        if (probed_)
            (void)update(variant_.sleep.field, variant_.sleep.code);
    }

    Result<void> probe()
    {
        if (IIO_TRY(client_.read_u8(CHIP_ID)) != variant_.chip_id)
            return fail(ENODEV);
        const FieldValue &reset = variant_.reset;
        IIO_TRY(client_.write_u8(reset.field.reg, reset.field.place(reset.code)));
        std::this_thread::sleep_for(start_up_time);
        for (const FieldValue &setting : variant_.setup)
            IIO_TRY(update(setting.field, setting.code));
        IIO_TRY(update(variant_.data_ready, 0));
        if (interrupt_ && variant_.interrupt_high)
            IIO_TRY(update(*variant_.interrupt_high, interrupt_->edge() == Edge::rising));
        const auto state = state_.lock();
        IIO_TRY(write_bandwidth(state->bandwidth));
        IIO_TRY(write_range(state->scale));
        probed_ = true;
        return {};
    }

    ChannelTable channels() const { return variant_.table; }
    unsigned modes() const { return IIO_MODE_BUFFER_TRIGGERED; }
    const MountMatrix &mount_matrix(const Channel &) const { return matrix_; }
    std::span<const OwnTrigger> triggers() const
    {
        return std::span{own_triggers}.first(interrupt_ ? own_triggers.size() : 0);
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        const bool temperature = channel.channel_type() == ChannelType::temp;
        switch (info) {
        case Info::raw:
            return temperature ? read_temperature(channel) : read_axis(channel);
        case Info::scale:
            return temperature ? Value{Int{500}} : variant_.scales[state_.lock()->scale];
        case Info::offset:
            return Int{variant_.temperature_offset};
        case Info::low_pass_filter_3db_frequency:
            return variant_.bandwidths[state_.lock()->bandwidth];
        default:
            return fail(EINVAL);
        }
    }

    /// The temperature's scale is the acceleration's when it is written, as in
    /// the kernel's driver.
    Result<void> write_raw(const Channel &, Info info, Written written) const
    {
        const auto state = state_.lock();
        switch (info) {
        case Info::scale: {
            const auto scale = IIO_TRY(find_value(variant_.scales, written));
            IIO_TRY(write_range(scale));
            state->scale = scale;
            return {};
        }
        case Info::low_pass_filter_3db_frequency: {
            const auto bandwidth = IIO_TRY(find_value(variant_.bandwidths, written));
            IIO_TRY(write_bandwidth(bandwidth));
            state->bandwidth = bandwidth;
            return {};
        }
        default:
            return fail(EINVAL);
        }
    }

    Result<Available> read_avail(const Channel &, Info info) const
    {
        if (info != Info::scale)
            return Available::list(variant_.bandwidths);
        const bool reserved = std::get<IntPlusMicro>(variant_.scales.front()).micro == 0;
        return Available::list(variant_.scales.subspan(reserved));
    }

    Result<unsigned> read_enum(const Channel &, const ExtInfo &) const
    {
        return state_.lock()->low_power;
    }

    Result<void> write_enum(const Channel &, const ExtInfo &, unsigned item) const
    {
        const auto state = state_.lock();
        const FieldValue &low_power = *variant_.low_power;
        IIO_TRY(update(low_power.field, item * low_power.code));
        state->low_power = item;
        return {};
    }

    Result<void> scan(Scan &scan) const
    {
        std::array<std::uint8_t, frame_size> bytes{};
        IIO_TRY(client_.read_registers(ACC_X_LSB, bytes));
        const auto channels = variant_.table.channels();
        for (std::size_t axis = 0; axis < axis_count; ++axis)
            scan.put(channels[axis], std::span{bytes}.subspan(2 * axis, 2));
        // A byte, also where it is signed.
        if (temperature_index < channels.size())
            scan.put(channels[temperature_index], bytes.back());
        return {};
    }

    Result<void> set_trigger(std::uint32_t, bool on) const
    {
        const auto state = state_.lock();
        if (on)
            IIO_TRY(update(variant_.reset_interrupt, 1));
        return update(variant_.data_ready, on);
    }

    void handle_interrupt(std::int64_t timestamp_ns) const { host_.fire(0, timestamp_ns); }

    void reenable_trigger(std::uint32_t) const
    {
        const auto state = state_.lock();
        (void)update(variant_.reset_interrupt, 1);
    }

private:
    struct State {
        unsigned bandwidth; // in Variant::bandwidths
        unsigned scale;     // in Variant::scales
        unsigned low_power = 0;
    };

    Result<void> write_bandwidth(unsigned bandwidth) const
    {
        return update(variant_.bandwidth, variant_.first_bandwidth_code + bandwidth);
    }
    Result<void> write_range(unsigned scale) const
    {
        return update(variant_.range, variant_.range_codes[scale]);
    }

    Result<Value> read_axis(const Channel &channel) const
    {
        std::array<std::uint8_t, 2> bytes{};
        IIO_TRY(client_.read_registers(
            static_cast<std::uint8_t>(ACC_X_LSB + 2 * channel.scan_index), bytes));
        return Int{sign_extend(little_endian(bytes), 16) >> (16 - variant_.bits)};
    }

    Result<Value> read_temperature(const Channel &channel) const
    {
        const auto byte = IIO_TRY(client_.read_u8(TEMP));
        return Int{channel.scan_type.sign == 's' ? sign_extend(byte, 8) : byte};
    }

    /// Writes in any case: some bits act by being written.
    Result<void> update(Field field, unsigned code) const
    {
        const auto before = IIO_TRY(client_.read_u8(field.reg));
        return client_.write_u8(
            field.reg, static_cast<std::uint8_t>((before & ~field.mask) | field.place(code)));
    }

    const I2cClient &client_;
    const Variant &variant_;
    const InterruptLine *interrupt_;
    const MountMatrix &matrix_;
    Host host_;
    bool probed_ = false;
    Guarded<State> state_; ///< locked while registers are updated
};

static_assert(Driver<Bma180>);

constexpr std::array<std::uint8_t, 1> bma150_address{0x38};
constexpr std::array<std::uint8_t, 2> bma180_addresses{0x40, 0x41}; // SDO low, high
constexpr std::array<std::uint8_t, 2> bma250_addresses{0x18, 0x19};

constexpr std::array parts{
    Part{.name = "bma023", .addresses = bma150_address},
    Part{.name = "bma150", .addresses = bma150_address},
    Part{.name = "bma180", .addresses = bma180_addresses},
    Part{.name = "bma250", .addresses = bma250_addresses},
    Part{.name = "smb380", .addresses = bma150_address},
};

} // namespace

extern const Module bma180_module;
const Module bma180_module = module_of<Bma180>("bma180", parts);
