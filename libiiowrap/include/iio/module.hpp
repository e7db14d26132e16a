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

/// A registered device of any driver; dropping it is Device's teardown.
class AnyDevice {
public:
    virtual ~AnyDevice() = default;
    [[nodiscard]] virtual const std::shared_ptr<const DeviceView> &view() const = 0;
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
    [[nodiscard]] const std::shared_ptr<const DeviceView> &view() const override
    {
        return device_.shared_view();
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

} // namespace iio
