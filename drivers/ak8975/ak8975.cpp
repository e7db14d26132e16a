// SPDX-License-Identifier: MIT
//
// Asahi Kasei AK8975, AK8963, AK09911, AK09912, AK09916 and AK09918: three-axis magnetometers
// of 13 to 16 bits that measure when they are told. I2C at 0x0c to 0x0f, by the pins CAD.
// Datasheets: AK8975, AK8963, AK09911 (MS1526-E-01), AK09912 (MS1547-E-02), AK09916,
// AK09918 (016014242-E-00).
#include <algorithm>
#include <iio/driver.hpp>

namespace iio::ak8975 {
namespace {

constexpr std::uint8_t WIA1 = 0x00;
constexpr unsigned company_id = 0x48;
constexpr std::uint8_t ASAX = 0x10;   // of the first two; 0x60 of the others that have it
constexpr unsigned power_down = 0x00; // modes
constexpr unsigned single_measurement = 0x01;
constexpr unsigned DRDY = 1 << 0;
constexpr unsigned DERR = 1 << 2; // of ST2; the AK8975 alone has it
constexpr unsigned HOFL = 1 << 3; // the field was too strong

// A measurement takes 9 ms at most on the AK8975, less on the others.
constexpr auto measurement_time = 9ms;
constexpr auto poll_interval = 5ms;
constexpr int most_polls = 20;

constexpr auto channel_list = axes_and_time(
    ChannelType::magn, 0, ScanType::of_signed(16, 16, 0, Endian::little), [](const Channel &axis) {
        return axis.separate(Info::raw, Info::scale)
            .with_ext_info(mount_matrix<Shared::by_direction>);
    });

struct Variant {
    Few<std::uint8_t, 1> id; ///< of WIA2; none: it means something else
    std::uint8_t st1;
    std::size_t bytes; ///< from ST1 on: the three words, and ST2 as the last
    std::uint8_t mode;
    unsigned fuse_access;     ///< the mode in which ASAX to ASAZ are read; 0: it has none
    std::uint8_t adjustments; ///< ASAX
    int nanotesla;            ///< a step, of a part that needs no adjustment
    int largest;
};
constexpr Variant ak8975{{}, 0x02, 8, 0x0a, 0x0f, ASAX, 300, 4096};
constexpr Variant ak8963{{}, 0x02, 8, 0x0a, 0x0f, ASAX, 600, 8190};
constexpr Variant ak09911{{0x05}, 0x10, 9, 0x31, 0x1f, 0x60, 600, 8192};
constexpr Variant ak09912{{0x04}, 0x10, 9, 0x31, 0x1f, 0x60, 150, 32'752};
constexpr Variant ak09916{{0x09}, 0x10, 9, 0x31, 0, 0, 150, 32'752};
constexpr Variant ak09918{{0x0c}, 0x10, 9, 0x31, 0, 0, 150, 32'752};

class Ak8975 : public TableDriver {
public:
    explicit Ak8975(const Hardware &hardware)
        : TableDriver{hardware, channel_list},
          variant_{hardware.data<Variant>()},
          registers_{hardware}
    {
    }

    Result<void> probe()
    {
        const auto id = IIO_TRY(registers_.burst<std::array<std::uint8_t, 2>>(WIA1));
        if (id[0] != company_id || (!variant_.id.empty() && id[1] != variant_.id.front()))
            return fail(ENODEV);
        if (variant_.fuse_access) {
            IIO_TRY(registers_.poke(variant_.mode, variant_.fuse_access));
            adjustments_ =
                IIO_TRY(registers_.burst<std::array<std::uint8_t, 3>>(variant_.adjustments));
        }
        IIO_TRY(registers_.poke(variant_.mode, power_down));
        hardware().delay(100us); // before the next mode
        return {};
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        const auto axis = static_cast<std::size_t>(channel.scan_index);
        if (info == Info::raw)
            return Int{IIO_TRY(measure())[axis]};
        // H (ASA + 128) / 256, in millionths of a gauss: 100 nT are 1000.
        // kernel: The scales of the AK09916 and AK09918, which have no adjustment values, are half
        // of what the datasheets give: the driver counts the missing values as 0. top: ak09916 magn
        // * 2, ak09918 magn * 2
        return IntPlusMicro{0, variant_.nanotesla * 10 * (adjustments_[axis] + 128) / 256};
    }

    Result<void> scan(Scan &scan) const
    {
        scan.put_numbers(channels().first(3), IIO_TRY(measure()));
        return {};
    }

private:
    struct Sample {
        std::uint8_t st1;
        std::array<LeS16, 3> words;
        std::array<std::uint8_t, 2> after;
    };

    /// Errors: ETIMEDOUT: the part does not measure; EINVAL: the field is too strong.
    Result<std::array<int, 3>> measure() const
    {
        const auto measuring = measuring_.lock();
        IIO_TRY(registers_.poke(variant_.mode, single_measurement));
        hardware().delay(measurement_time);
        for (int poll = 0; poll < most_polls; ++poll) {
            const auto sample = IIO_TRY(registers_.burst<Sample>(variant_.st1, variant_.bytes));
            if (sample.st1 & DRDY) {
                if (sample.after[variant_.bytes - 8] & (DERR | HOFL))
                    return fail(EINVAL);
                std::array<int, 3> words{};
                std::ranges::transform(sample.words, words.begin(), [&](int word) {
                    return std::clamp(word, -variant_.largest, variant_.largest);
                });
                return words;
            }
            hardware().delay(poll_interval);
        }
        return fail(ETIMEDOUT);
    }

    struct Measuring {};

    const Variant &variant_;
    const Registers registers_;
    std::array<std::uint8_t, 3> adjustments_{};
    Guarded<Measuring> measuring_; ///< one measurement at a time
};

constexpr std::array<std::uint8_t, 4> addresses{0x0c, 0x0d, 0x0e, 0x0f};

/// By both registers, or by the company alone.
constexpr Recognition by_device(const Variant &variant)
{
    constexpr RegisterFormat both{.word_bytes = 2};
    if (variant.id.empty())
        return {both, with_code({WIA1, 0xff << 8}, company_id)};
    return {both, with_code({WIA1, 0xffff}, company_id << 8 | variant.id.front())};
}

} // namespace

IIO_MODULE(
    ak8975, Ak8975,
    Part{.name = "ak8975", .addresses = addresses, .data = ak8975, .recognised = by_device(ak8975)},
    Part{.name = "ak8963", .addresses = addresses, .data = ak8963, .recognised = by_device(ak8963)},
    Part{.name = "ak09911",
         .addresses = {0x0c, 0x0d},
         .data = ak09911,
         .recognised = by_device(ak09911)},
    Part{.name = "ak09912",
         .addresses = addresses,
         .data = ak09912,
         .recognised = by_device(ak09912)},
    Part{.name = "ak09916", .addresses = {0x0c}, .data = ak09916, .recognised = by_device(ak09916)},
    Part{
        .name = "ak09918", .addresses = {0x0c}, .data = ak09918, .recognised = by_device(ak09918)});

} // namespace iio::ak8975
