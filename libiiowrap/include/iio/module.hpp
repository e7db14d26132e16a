// SPDX-License-Identifier: MIT
//
// Module: a driver and the parts that it drives, by the kernel's names.
#pragma once

#include <iio/device.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace iio {

/// One part of a driver, as in the kernel's i2c and spi id tables.
struct Part {
    std::string_view name;
    /// The I2C addresses that its pins can choose; empty: it is not on I2C.
    std::span<const std::uint8_t> addresses{};
    /// Its SPI settings; none: it is not on SPI.
    std::optional<SpiSettings> spi{};
    /// Names of the supplies whose voltage matters.
    std::span<const std::string_view> supplies{};
    /// How many devices one chip is: a gyroscope and an accelerometer are two.
    unsigned devices = 1;

    [[nodiscard]] bool is_on(BusKind bus) const
    {
        return bus == BusKind::i2c ? !addresses.empty() : spi.has_value();
    }
    /// Its address where there is just one.
    [[nodiscard]] std::optional<std::uint8_t> default_address() const
    {
        return addresses.size() == 1 ? std::optional{addresses.front()} : std::nullopt;
    }
};

/// A chip with any driver, its devices registered; dropping it is Device's
/// teardown of each.
class AnyDevice {
public:
    virtual ~AnyDevice() = default;
    /// As many as Part::devices.
    [[nodiscard]] virtual std::span<const std::shared_ptr<const DeviceView>> views() const = 0;
    /// The first of them.
    [[nodiscard]] const std::shared_ptr<const DeviceView> &view() const { return views().front(); }
};

struct Module {
    std::string_view name;
    std::span<const Part> parts;
    /// Probes the part and registers it.
    /// Errors: those of Device's probe and register_on.
    Result<std::unique_ptr<AnyDevice>> (*bind)(const Hardware &, Registry &, const DeviceOptions &);

    [[nodiscard]] const Part *find(std::string_view part) const
    {
        const auto found = std::ranges::find(parts, part, &Part::name);
        return found == parts.end() ? nullptr : &*found;
    }
};

namespace detail {

template <Driver D> class BoundDevice final : public AnyDevice {
public:
    explicit BoundDevice(Device<D, Registered> device) : device_{std::move(device)} {}
    [[nodiscard]] std::span<const std::shared_ptr<const DeviceView>> views() const override
    {
        return {&device_.shared_view(), 1};
    }

private:
    Device<D, Registered> device_;
};

template <Driver D>
Result<std::unique_ptr<AnyDevice>> bind(const Hardware &hardware, Registry &registry,
                                        const DeviceOptions &options)
{
    auto device = IIO_TRY(Device<D, Unregistered>::probe(hardware));
    auto live = IIO_TRY(std::move(device).register_on(registry, options));
    return std::make_unique<BoundDevice<D>>(std::move(live));
}

/// Two devices and the chip that they share. The first has the interrupt line,
/// and its driver pushes into both: it goes before the second does.
template <class Chip, Driver First, Driver Second> class BoundPair final : public AnyDevice {
public:
    BoundPair(std::unique_ptr<Chip> chip, Device<First, Registered> first,
              Device<Second, Registered> second)
        : chip_{std::move(chip)},
          views_{first.shared_view(), second.shared_view()},
          second_{std::move(second)},
          first_{std::move(first)}
    {
    }
    [[nodiscard]] std::span<const std::shared_ptr<const DeviceView>> views() const override
    {
        return views_;
    }

private:
    std::unique_ptr<Chip> chip_;
    std::array<std::shared_ptr<const DeviceView>, 2> views_;
    Device<Second, Registered> second_;
    Device<First, Registered> first_; ///< last: it goes first
};

template <class Chip, Driver First, Driver Second>
Result<std::unique_ptr<AnyDevice>> bind_pair(const Hardware &hardware, Registry &registry,
                                             const DeviceOptions &options)
{
    auto chip = std::make_unique<Chip>(hardware);
    IIO_TRY(chip->probe());
    auto first = IIO_TRY(Device<First, Unregistered>::probe(hardware, *chip));
    auto second = IIO_TRY(Device<Second, Unregistered>::probe(hardware, *chip));
    DeviceOptions of_first = options;
    DeviceOptions of_second = options;
    if (options.numbers.size() == 2) {
        of_first.numbers = {options.numbers[0]};
        of_second.numbers = {options.numbers[1]};
    }
    if (options.settings.size() == 2) {
        of_first.settings = {options.settings[0]};
        of_second.settings = {options.settings[1]};
    }
    // The second is there before an interrupt can push into it.
    of_second.interrupt = nullptr;
    auto live_second = IIO_TRY(std::move(second).register_on(registry, of_second));
    auto live_first = IIO_TRY(std::move(first).register_on(registry, of_first));
    return std::make_unique<BoundPair<Chip, First, Second>>(std::move(chip), std::move(live_first),
                                                            std::move(live_second));
}

/// The first of the classes that drives the part; the last one drives the rest.
template <Driver D, Driver... Others>
Result<std::unique_ptr<AnyDevice>> bind_by_part(const Hardware &hardware, Registry &registry,
                                                const DeviceOptions &options)
{
    if constexpr (sizeof...(Others) > 0) {
        if (!D::drives(hardware.part()))
            return bind_by_part<Others...>(hardware, registry, options);
    }
    return bind<D>(hardware, registry, options);
}

} // namespace detail

/// `const Module as5600_module = module_of<As5600>("as5600", parts);`
/// The parts have static storage. Where they need several classes, each but the
/// last has `static bool drives(std::string_view part)`.
template <Driver... D>
constexpr Module module_of(std::string_view name, std::span<const Part> parts)
{
    return {name, parts, &detail::bind_by_part<D...>};
}

/// A chip that is two devices: its class, which is built once from the Hardware
/// and has `Result<void> probe()`, and the two drivers, each constructible from
/// (const Hardware &, Chip &). Part::devices is 2.
template <class Chip, Driver First, Driver Second>
constexpr Module module_of_pair(std::string_view name, std::span<const Part> parts)
{
    return {name, parts, &detail::bind_pair<Chip, First, Second>};
}

} // namespace iio
