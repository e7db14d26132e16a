// SPDX-License-Identifier: MIT
//
// Honeywell HMC5843, HMC5883 and HMC5883L: three-axis magnetometers of 12 bits
// that measure continuously. I2C at 0x1e.
// Datasheets "3-Axis Digital Compass IC": HMC5843, HMC5883, HMC5883L (900405 Rev E).
#include <algorithm>
#include <array>
#include <chrono>
#include <iio/driver/bits.hpp>
#include <iio/driver/guarded.hpp>
#include <iio/driver/module.hpp>
#include <thread>
#include <utility>

namespace {

using namespace iio;
using namespace std::chrono_literals;

constexpr std::uint8_t CONFIG_A = 0x00;
constexpr std::uint8_t CONFIG_B = 0x01;
constexpr std::uint8_t MODE = 0x02;
constexpr std::uint8_t DATA = 0x03; // three words, high byte first
constexpr std::uint8_t STATUS = 0x09;
constexpr std::uint8_t IDENTIFICATION = 0x0a;

constexpr unsigned CONFIG_A_DO_SHIFT = 2; // output rate
constexpr unsigned CONFIG_A_DO = 7 << CONFIG_A_DO_SHIFT;
constexpr unsigned CONFIG_A_MS = 3; // normal, or with a field of the chip's own
constexpr unsigned CONFIG_B_GN_SHIFT = 5;
constexpr std::uint8_t MODE_CONTINUOUS = 0;
constexpr std::uint8_t MODE_SLEEP = 3; // idle in the HMC5883L
constexpr std::uint8_t STATUS_RDY = 1 << 0;
constexpr std::array<std::uint8_t, 3> identification{'H', '4', '3'};

constexpr unsigned default_rate = 4; // DO code
constexpr unsigned default_gain = 1; // GN code

// As the kernel's driver: some three seconds.
constexpr int ready_tries = 150;
constexpr auto ready_interval = 20ms;

/// Measurements per second by DO code; the eighth is not used.
using Rates = std::array<Value, 7>;
template <class... Ints> constexpr Rates make_rates(Ints... mhz)
{
    return {IntPlusMicro{mhz / 1000, mhz % 1000 * 1000}...};
}
constexpr Rates hmc5843_rates = make_rates(500, 1000, 2000, 5000, 10'000, 20'000, 50'000);
constexpr Rates hmc5883_rates = make_rates(750, 1500, 3000, 7500, 15'000, 30'000, 75'000);

/// By GN code. A step is 1 / steps_per_gauss gauss, but the kernel's driver says a
/// hundredth of that, to the nearest billionth, halves downwards. So do we.
using Scales = std::array<Value, 8>;
template <class... Ints> constexpr Scales make_scales(Ints... steps_per_gauss)
{
    return {IntPlusNano{0, (10'000'000 + (steps_per_gauss - 1) / 2) / steps_per_gauss}...};
}

constexpr std::array measurements{"normal", "positivebias", "negativebias"}; // by MS code
constexpr std::array ext_infos{
    ExtInfo::choice("meas_conf", Shared::by_type, measurements),
    ExtInfo::choice_available("meas_conf_available", Shared::by_type, measurements),
    ExtInfo::mount_matrix(Shared::by_direction),
};

/// An axis and the place of its word in DATA.
constexpr Channel make_axis(Modifier axis, int place)
{
    return Channel::in(ChannelType::magn)
        .modifier(axis)
        .separate(Info::raw)
        .by_type(Info::scale, Info::sampling_frequency)
        .available(Shared::by_all, Info::scale)
        .scan(place, ScanType::of_signed(16, 16, 0, Endian::big))
        .with_ext_info(ext_infos);
}
constexpr std::size_t axis_count = 3;
constexpr std::array hmc5843_channels{
    make_axis(Modifier::x, 0),
    make_axis(Modifier::y, 1),
    make_axis(Modifier::z, 2),
    Channel::timestamp(3),
};
constexpr std::array hmc5883_channels{
    make_axis(Modifier::x, 0),
    make_axis(Modifier::y, 2),
    make_axis(Modifier::z, 1),
    Channel::timestamp(3),
};

struct Variant {
    std::string_view part;
    Rates rates;
    Scales scales;
    ChannelTable channels;
};
constexpr std::array variants{
    Variant{"hmc5843", hmc5843_rates, make_scales(1620, 1300, 970, 780, 530, 460, 390, 280),
            ChannelTable{hmc5843_channels}},
    Variant{"hmc5883", hmc5883_rates, make_scales(1280, 1024, 768, 614, 415, 361, 307, 219),
            ChannelTable{hmc5883_channels}},
    Variant{"hmc5883l", hmc5883_rates, make_scales(1370, 1090, 820, 660, 440, 390, 330, 230),
            ChannelTable{hmc5883_channels}},
};

// Shown by the driver: the whole numbers are not padded.
constexpr std::array own_attributes{
    DeviceAttribute::of("sampling_frequency_available", ExtInfo::Access::read),
};

class Hmc5843 {
public:
    explicit Hmc5843(const Hardware &hardware)
        : client_{*hardware.i2c()},
          matrix_{hardware.mount_matrix()},
          variant_{*std::ranges::find(variants, hardware.part(), &Variant::part)}
    {
    }
    Hmc5843(const Hmc5843 &) = delete;
    Hmc5843 &operator=(const Hmc5843 &) = delete;
    ~Hmc5843()
    {
        if (probed_)
            (void)client_.write_u8(MODE, MODE_SLEEP);
    }

    /// All parts identify themselves alike. What CONFIG_A has beyond rate and
    /// measurement stays: the HMC5883L averages as it was told there.
    Result<void> probe()
    {
        std::array<std::uint8_t, identification.size()> id{};
        IIO_TRY(client_.read_registers(IDENTIFICATION, id));
        if (id != identification)
            return fail(ENODEV);
        auto state = state_.lock();
        state->config_a = IIO_TRY(client_.read_u8(CONFIG_A));
        IIO_TRY(
            update_config_a(*state, CONFIG_A_DO | CONFIG_A_MS, default_rate << CONFIG_A_DO_SHIFT));
        IIO_TRY(write_gain(*state, default_gain));
        IIO_TRY(client_.write_u8(MODE, MODE_CONTINUOUS));
        probed_ = true;
        return {};
    }

    /// After a reset it measures once, and then no more.
    Result<bool> is_configured() const { return IIO_TRY(client_.read_u8(MODE)) == MODE_CONTINUOUS; }

    ChannelTable channels() const { return variant_.channels; }
    unsigned modes() const { return IIO_MODE_BUFFER_TRIGGERED; }
    const MountMatrix &mount_matrix(const Channel &) const { return matrix_; }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        switch (info) {
        case Info::raw: {
            const auto data = IIO_TRY(read_data());
            return Int{sign_extend(big_endian(word_of(channel, data)), 16)};
        }
        case Info::scale:
            return variant_.scales[state_.lock()->gain];
        case Info::sampling_frequency:
            return variant_.rates[state_.lock()->rate()];
        default:
            return fail(EINVAL);
        }
    }

    Result<void> write_raw(const Channel &, Info info, Written written) const
    {
        auto state = state_.lock();
        switch (info) {
        case Info::scale:
            return write_gain(*state, IIO_TRY(find_value(variant_.scales, written)));
        case Info::sampling_frequency: {
            const auto rate = IIO_TRY(find_value(variant_.rates, written));
            return update_config_a(*state, CONFIG_A_DO, rate << CONFIG_A_DO_SHIFT);
        }
        default:
            return fail(EINVAL);
        }
    }

    WriteFormat write_format(const Channel &, Info info) const
    {
        return info == Info::scale ? WriteFormat::plus_nano : WriteFormat::plus_micro;
    }

    Result<Available> read_avail(const Channel &, Info) const
    {
        return Available::list(variant_.scales);
    }

    Result<unsigned> read_enum(const Channel &, const ExtInfo &) const
    {
        return state_.lock()->config_a & CONFIG_A_MS;
    }

    Result<void> write_enum(const Channel &, const ExtInfo &, unsigned item) const
    {
        return update_config_a(*state_.lock(), CONFIG_A_MS, item);
    }

    std::span<const DeviceAttribute> attributes() const { return own_attributes; }

    Result<void> read_attribute(const DeviceAttribute &, Text &text) const
    {
        for (std::string_view separator; const Value &rate : variant_.rates) {
            const auto [integer, micro] = std::get<IntPlusMicro>(rate);
            text += std::exchange(separator, " ");
            text += integer;
            text += ".";
            text += micro;
        }
        text += "\n";
        return {};
    }

    Result<void> scan(Scan &scan) const
    {
        const auto data = IIO_TRY(read_data());
        for (const Channel &axis : variant_.channels.channels().first(axis_count))
            scan.put(axis, word_of(axis, data));
        return {};
    }

private:
    using Data = std::array<std::uint8_t, 2 * axis_count>;

    struct State {
        unsigned config_a = 0;
        unsigned gain = 0; // GN code

        [[nodiscard]] unsigned rate() const
        {
            return (config_a & CONFIG_A_DO) >> CONFIG_A_DO_SHIFT;
        }
    };

    static std::span<const std::uint8_t> word_of(const Channel &axis, const Data &data)
    {
        return std::span{data}.subspan(2 * static_cast<std::size_t>(axis.scan_index), 2);
    }

    Result<void> update_config_a(State &state, unsigned mask, unsigned bits) const
    {
        const unsigned config_a = (state.config_a & ~mask) | bits;
        IIO_TRY(client_.write_u8(CONFIG_A, static_cast<std::uint8_t>(config_a)));
        state.config_a = config_a;
        return {};
    }

    Result<void> write_gain(State &state, unsigned gain) const
    {
        const auto config_b = static_cast<std::uint8_t>(gain << CONFIG_B_GN_SHIFT);
        IIO_TRY(client_.write_u8(CONFIG_B, config_b));
        state.gain = gain;
        return {};
    }

    /// All axes in one transaction: the chip places no new words until all of
    /// them were read.
    /// Errors: EIO: the chip gives no measurement.
    Result<Data> read_data() const
    {
        for (int i = 0; i < ready_tries; ++i) {
            if (IIO_TRY(client_.read_u8(STATUS)) & STATUS_RDY) {
                Data data{};
                IIO_TRY(client_.read_registers(DATA, data));
                return data;
            }
            std::this_thread::sleep_for(ready_interval);
        }
        return fail(EIO);
    }

    const I2cClient &client_;
    const MountMatrix &matrix_;
    const Variant &variant_;
    bool probed_ = false;
    Guarded<State> state_;
};

static_assert(Driver<Hmc5843>);

constexpr std::array<std::uint8_t, 1> addresses{0x1e};
constexpr std::array parts{
    Part{.name = "hmc5843", .addresses = addresses},
    Part{.name = "hmc5883", .addresses = addresses},
    Part{.name = "hmc5883l", .addresses = addresses},
};

} // namespace

extern "C" const Module hmc5843_module;
const Module hmc5843_module = module_of<Hmc5843, parts>("hmc5843");
