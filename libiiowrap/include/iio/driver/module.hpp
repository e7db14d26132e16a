// SPDX-License-Identifier: MIT
//
// Module: a driver family and its parts, by the kernel's names; and how its classes
// become the iio_driver that the core binds.
#pragma once

#include <algorithm>
#include <iio/driver/operations.hpp>
#include <iio/driver/promises.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace iio {

class BoundChip;
class Registry;
struct DeviceOptions;

/// A family. Lifetime: `parts` and what `driver` points to are static.
struct Module {
    std::string_view name;
    std::span<const Part> parts;
    iio_driver driver;

    /// Probes the part and registers its devices. iio/host/bound_chip.hpp has BoundChip.
    /// Threads: any; no other thread uses the hardware. Blocks: as long as the part's reset takes.
    /// Errors: those of ProbedChip's probe and register_on; EINVAL: the hardware is none of
    /// the parts.
    [[nodiscard]] Result<std::unique_ptr<BoundChip>>
    bind(const Hardware &hardware, Registry &registry, const DeviceOptions &options) const;

    /// Null: it is none of the parts.
    [[nodiscard]] const Part *find(std::string_view part) const
    {
        const auto found = std::ranges::find(parts, part, &Part::name);
        return found == parts.end() ? nullptr : &*found;
    }
};

/// A family whose parts need several classes, each but the last with
/// `static bool drives(std::string_view part)`.
template <Driver... D> struct ByPart {
};

/// A family whose chips are several devices: the chip's class, which is made from the
/// Hardware and has `Result<void> probe()`, and the devices' drivers, each constructible
/// from (const Hardware &, Chip &) and probed after the chip. The interrupt line is the
/// first one's, whose driver may push into all.
template <class Chip, Driver... D> struct SharedChip {
};

namespace detail {

/// What an iio_driver's chip is for a family in C++.
class ChipDriver {
public:
    explicit ChipDriver(const Hardware &hardware) : part_{hardware.part()} {}
    ChipDriver(const ChipDriver &) = delete;
    ChipDriver &operator=(const ChipDriver &) = delete;
    virtual ~ChipDriver() = default;

    [[nodiscard]] virtual Result<void> probe() = 0;
    virtual void describe(iio_dev *devices) = 0;
    /// False also where the class does not say.
    [[nodiscard]] virtual Result<bool> is_configured() const = 0;
    [[nodiscard]] const char *part() const { return part_.c_str(); }

private:
    const std::string part_;
};

// The functions of every iio_driver whose family is in C++.
int probe_chip(void *chip, iio_dev *described) noexcept;
int is_chip_configured(void *chip) noexcept;
void destroy_chip(void *chip) noexcept;

template <class D> Result<bool> is_configured(const D &driver)
{
    if constexpr (IIO_HAS_MEMBER(D, is_configured, Result<bool>() const))
        return driver.is_configured();
    else
        return false;
}

/// D's operations, which back what its channels promise if these are constant.
template <Driver D> consteval iio_info make_checked_info()
{
    constexpr iio_info info = make_info<D>();
    if constexpr (requires { typename std::integral_constant<std::size_t, D::channels().size()>; })
        check_promises(info, D::channels());
    return info;
}
template <Driver D> inline constexpr iio_info info_of = make_checked_info<D>();

/// The driver of one device.
template <Driver D> class DeviceDriver {
public:
    template <class... More>
    DeviceDriver(const Hardware &hardware, const iio_dev &dev, More &...more)
        : driver_{hardware.with_host(Host{dev}), more...}
    {
    }
    [[nodiscard]] D &operator*() { return driver_; }
    [[nodiscard]] const D &operator*() const { return driver_; }

    void describe(iio_dev &dev)
    {
        if constexpr (requires(const D d) { std::string_view{d.name()}; }) {
            name_ = std::string_view{driver_.name()};
            dev.name = name_.c_str();
        }
        if constexpr (requires(const D d) { std::string_view{d.note()}; }) {
            note_ = std::string_view{driver_.note()};
            dev.note = note_.empty() ? nullptr : note_.c_str();
        }
        dev.abi_version = IIO_WRAP_ABI_VERSION;
        dev.modes = IIO_MODE_DIRECT;
        dev.info = &info_of<D>;
        dev.priv = &driver_;
        set(dev.channels, dev.num_channels, std::span{driver_.channels()});
        if constexpr (IIO_HAS_MEMBER(D, modes, unsigned() const))
            dev.modes |= driver_.modes();
        if constexpr (IIO_HAS_MEMBER(D, attributes, std::span<const DeviceAttribute>() const))
            set(dev.attributes, dev.num_attributes, driver_.attributes());
        if constexpr (IIO_HAS_MEMBER(D, scan_masks, std::span<const ScanMask>() const))
            set(dev.scan_masks, dev.num_scan_masks, driver_.scan_masks());
        if constexpr (IIO_HAS_MEMBER(D, triggers, std::span<const OwnTrigger>() const))
            set(dev.triggers, dev.num_triggers, driver_.triggers());
        if constexpr (requires { D::one_hot_scan; })
            dev.one_hot_scan = D::one_hot_scan;
        if constexpr (requires { D::own_trigger_only; })
            dev.own_trigger_only = D::own_trigger_only;
    }

private:
    template <class C, class T>
    static void set(const C *&data, std::uint32_t &count, std::span<const T> items)
    {
        data = items.data();
        count = static_cast<std::uint32_t>(items.size());
    }
    D driver_;
    std::string name_;
    std::string note_;
};

template <Driver D> class OneDevice final : public ChipDriver {
public:
    OneDevice(const Hardware &hardware, iio_dev *const *devs)
        : ChipDriver{hardware}, driver_{hardware, *devs[0]}
    {
    }
    [[nodiscard]] Result<void> probe() override { return (*driver_).probe(); }
    void describe(iio_dev *devices) override { driver_.describe(devices[0]); }
    [[nodiscard]] Result<bool> is_configured() const override
    {
        return detail::is_configured(*driver_);
    }

private:
    DeviceDriver<D> driver_;
};

template <class Chip, Driver... D> class SeveralDevices final : public ChipDriver {
public:
    SeveralDevices(const Hardware &hardware, iio_dev *const *devs)
        : SeveralDevices{hardware, devs, std::index_sequence_for<D...>{}}
    {
    }
    [[nodiscard]] Result<void> probe() override
    {
        auto probed = chip_.probe();
        const auto next = [&](auto &driver) {
            if (probed)
                probed = (**driver).probe();
        };
        std::apply([&](auto &...driver) { (next(driver), ...); }, drivers_);
        return probed;
    }
    void describe(iio_dev *devices) override
    {
        std::apply([&](auto &...driver) { (driver->describe(*devices++), ...); }, drivers_);
    }
    [[nodiscard]] Result<bool> is_configured() const override
    {
        return detail::is_configured(chip_);
    }

private:
    template <std::size_t... i>
    SeveralDevices(const Hardware &hardware, iio_dev *const *devs, std::index_sequence<i...>)
        : ChipDriver{hardware},
          chip_{hardware},
          drivers_{std::make_unique<DeviceDriver<D>>(hardware, *devs[i], chip_)...}
    {
    }
    Chip chip_;
    std::tuple<std::unique_ptr<DeviceDriver<D>>...> drivers_; ///< they refer to the chip
};

template <class Class> struct MakerOf {
    static constexpr unsigned devices = 1;
    static std::unique_ptr<ChipDriver> make(const Hardware &hardware, iio_dev *const *devs)
    {
        return std::make_unique<OneDevice<Class>>(hardware, devs);
    }
};
template <class Chip, class... D> struct MakerOf<SharedChip<Chip, D...>> {
    static constexpr unsigned devices = sizeof...(D);
    static std::unique_ptr<ChipDriver> make(const Hardware &hardware, iio_dev *const *devs)
    {
        return std::make_unique<SeveralDevices<Chip, D...>>(hardware, devs);
    }
};
template <class D, class... Others> struct MakerOf<ByPart<D, Others...>> {
    static constexpr unsigned devices = 1;
    static std::unique_ptr<ChipDriver> make(const Hardware &hardware, iio_dev *const *devs)
    {
        if constexpr (sizeof...(Others) > 0) {
            if (!D::drives(hardware.part()))
                return MakerOf<ByPart<Others...>>::make(hardware, devs);
        }
        return MakerOf<D>::make(hardware, devs);
    }
};

/// iio_driver::create for a family in C++.
template <class Class, const auto &parts>
int create_chip(const iio_hardware *board, iio_dev *const *devs, void **chip) noexcept
{
    return guarded_call(board->part, "its constructor", [&] {
        const auto &hardware = *static_cast<const Hardware *>(board->core_priv);
        const auto part = std::ranges::find(parts, hardware.part(), &Part::name);
        *chip = MakerOf<Class>::make(
                    part == parts.end() ? hardware : hardware.with_data(part->data), devs)
                    .release();
        return 0;
    });
}

// Not constexpr on purpose: its name is what the compiler prints.
void a_part_has_another_number_of_devices_than_its_driver();

template <std::size_t N>
consteval std::array<iio_part, N> to_c(const std::array<Part, N> &parts, unsigned devices)
{
    std::array<iio_part, N> all{};
    std::ranges::transform(parts, all.begin(), [&](const Part &part) {
        if (part.devices != devices)
            a_part_has_another_number_of_devices_than_its_driver();
        iio_part c{};
        c.name = part.name.data();
        std::ranges::copy(part.addresses, c.addresses);
        c.num_addresses = static_cast<std::uint32_t>(part.addresses.size());
        if (const auto &spi = part.spi) {
            c.on_spi = 1;
            c.spi_mode = spi->mode;
            c.spi_speed_hz = spi->speed_hz;
            c.spi_bits_per_word = spi->bits_per_word;
        }
        std::ranges::transform(part.supplies, c.supplies,
                               [](std::string_view supply) { return supply.data(); });
        c.num_devices = part.devices;
        return c;
    });
    return all;
}

template <const auto &parts, unsigned devices>
inline constexpr auto parts_in_c = to_c(parts, devices);
inline constexpr std::array<Part, 0> no_parts{};

} // namespace detail

/// The C form of a driver class, a ByPart or a SharedChip. Without parts it drives any.
template <class Class, const auto &parts = detail::no_parts>
constexpr iio_driver driver_of(const char *name)
{
    using Maker = detail::MakerOf<Class>;
    const auto &c_parts = detail::parts_in_c<parts, Maker::devices>;
    return {IIO_WRAP_ABI_VERSION,
            name,
            c_parts.data(),
            static_cast<std::uint32_t>(c_parts.size()),
            detail::create_chip<Class, parts>,
            detail::probe_chip,
            detail::is_chip_configured,
            detail::destroy_chip};
}

/// `parts` is a static constexpr std::array of Part whose texts are literals.
template <class Class, const auto &parts> constexpr Module module_of(const char *name)
{
    return {name, parts, driver_of<Class, parts>(name)};
}

/// Makes the family known, at the end of its namespace: its folder's name, its driver
/// class (or a name for its ByPart or SharedChip) and its parts. The symbol has C linkage
/// and is the same in any namespace.
///
///     IIO_MODULE(as5600, As5600, Part{.name = "as5600", .addresses = {0x36}});
#define IIO_MODULE(family, Class, ...)                                                             \
    constexpr std::array family##_parts{__VA_ARGS__};                                              \
    extern "C" {                                                                                   \
    extern const ::iio::Module family##_module;                                                    \
    const ::iio::Module family##_module = ::iio::module_of<Class, family##_parts>(#family);        \
    }                                                                                              \
    static_assert(::iio::detail::MakerOf<Class>::devices > 0)

/// Which classes and functions these headers declare. A driver in C++ works with a program of
/// the same version only; one in C needs no more than the version of the C ABI.
#define IIO_CPP_INTERFACE "0.1"
#define IIO_CPP_SYMBOL "iio_driver_cpp"

/// In a family that is a shared object of its own: exports it under the versioned name.
#define IIO_PLUGIN(family)                                                                         \
    extern "C" {                                                                                   \
    extern const iio_driver iio_driver_v5 __attribute__((visibility("default")));                  \
    const iio_driver iio_driver_v5 = family##_module.driver;                                       \
    extern const char iio_driver_cpp[] __attribute__((visibility("default")));                     \
    const char iio_driver_cpp[] = IIO_CPP_INTERFACE;                                               \
    }                                                                                              \
    static_assert(true)

} // namespace iio
